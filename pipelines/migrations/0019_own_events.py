"""Days of the merchant's own that are no usual days."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pipelines', '0018_answers_are_appended'),
    ]

    operations = [
        migrations.CreateModel(
            name='OwnEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('first_day', models.DateField()),
                ('last_day', models.DateField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('shop', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='pipelines.shop')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('shop', 'name', 'first_day'), name='own_event_once'), models.CheckConstraint(condition=models.Q(('last_day__gte', models.F('first_day'))), name='own_event_ends_after_start')],
            },
        ),
    ]
