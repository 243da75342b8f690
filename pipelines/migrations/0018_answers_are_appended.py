"""Answers on request are appended and summed later; who was counted in an hour is no longer a row of its own."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pipelines', '0017_one_word_for_the_link'),
    ]

    operations = [
        migrations.CreateModel(
            name='PredictionLog',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('use_case', models.CharField(max_length=40)),
                ('version_id', models.BigIntegerField(null=True)),
                ('release_id', models.BigIntegerField(null=True)),
                ('arm', models.CharField(max_length=7)),
                ('unit', models.BinaryField(max_length=16)),
                ('at', models.DateTimeField()),
                ('milliseconds', models.FloatField(default=0)),
                ('outcome', models.CharField(choices=[('answered', 'Answered'), ('fallback', 'Fallback'), ('error', 'Error'), ('late', 'Late'), ('alive', 'Alive')], max_length=8)),
                ('reason', models.CharField(blank=True, max_length=40)),
                ('is_shown', models.BooleanField(default=True)),
                ('score', models.FloatField(null=True)),
                ('features', models.JSONField(null=True)),
                ('shop', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pipelines.shop')),
            ],
        ),
        migrations.DeleteModel(
            name='ServedUnit',
        ),
        migrations.AddIndex(
            model_name='predictionlog',
            index=django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['at'], name='prediction_by_time'),
        ),
        migrations.AddIndex(
            model_name='predictionlog',
            index=models.Index(fields=['shop', 'at'], name='prediction_by_shop'),
        ),
        migrations.AddIndex(
            model_name='predictionlog',
            index=models.Index(fields=['unit'], name='prediction_by_unit'),
        ),
    ]
