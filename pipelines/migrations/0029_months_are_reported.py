"""What each month was worth is kept as it was claimed, and mailed to those who want it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("pipelines", "0028_false_alarms"),
    ]

    operations = [
        migrations.AddField(
            model_name='alertchannel',
            name='gets_report',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name='MonthReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField()),
                ('figures', models.JSONField()),
                ('digest', models.CharField(max_length=64)),
                ('is_final', models.BooleanField(default=False)),
                ('made_at', models.DateTimeField()),
                ('checked_at', models.DateTimeField()),
                ('restated', models.JSONField(default=list)),
                ('pdf', models.BinaryField(default=b'')),
                ('told_at', models.DateTimeField(null=True)),
                ('shop', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='pipelines.shop')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('shop', 'month'), name='month_report_once')],
            },
        ),
    ]
