import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("pipelines", "0035_fields_of_products"),
    ]

    operations = [
        migrations.AddField(
            model_name='publication',
            name='fills_standard',
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name='StandardField',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('use_case', models.CharField(max_length=40)),
                ('owner_id', models.BigIntegerField()),
                ('state', models.CharField(choices=[('ours', 'Ours'), ('theirs', 'Theirs'), ('refused', 'Refused')], default='ours', max_length=8)),
                ('before', models.TextField(blank=True)),
                ('ours', models.CharField(blank=True, max_length=40)),
                ('coming', models.CharField(blank=True, max_length=40)),
                ('checked_at', models.DateTimeField()),
                ('shop', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='pipelines.shop')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('shop', 'use_case', 'owner_id'), name='standard_field_once')],
            },
        ),
    ]
