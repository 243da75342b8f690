"""Measurements are looked for by their time; a training says which feature had drifted."""

import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pipelines', '0020_alerts_are_answered_and_sent'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='measurement',
            index=django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['starts_at'], name='measurement_by_time'),
        ),
        migrations.AlterField(
            model_name='trainingrun',
            name='trigger',
            field=models.CharField(max_length=60),
        ),
    ]
