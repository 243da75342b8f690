"""How a feature was spread in a window and usually is kept, so that a figure of drift can be looked into."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("pipelines", "0023_why_a_release_came"),
    ]

    operations = [
        migrations.CreateModel(
            name='DriftBins',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('use_case', models.CharField(max_length=40)),
                ('feature', models.CharField(max_length=40)),
                ('starts_at', models.DateTimeField()),
                ('bins', models.JSONField()),
                ('shop', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='pipelines.shop')),
                ('version', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='pipelines.modelversion')),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['starts_at'], name='drift_bins_by_time')],
                'constraints': [models.UniqueConstraint(fields=('shop', 'use_case', 'version', 'feature', 'starts_at'), name='drift_bins_once', nulls_distinct=False)],
            },
        ),
    ]
