"""Measurements are looked for by their time: what was measured of the last hours, and what has had its time."""

import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('pipelines', '0018_answers_are_appended'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='measurement',
            index=django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['starts_at'], name='measurement_by_time'),
        ),
    ]
