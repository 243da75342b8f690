"""Indexes for what is looked for every minute, and defaults that rows of the processes before a restart get."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pipelines', '0012_first_days_and_pictures'),
    ]

    operations = [
        migrations.AlterField(
            model_name='deployment',
            name='served_revision',
            field=models.PositiveBigIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name='pairedweek',
            name='bets',
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AlterField(
            model_name='release',
            name='lifted',
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.AlterField(
            model_name='stockadvice',
            name='demand_share',
            field=models.FloatField(db_default=1, default=1),
        ),
        migrations.AlterField(
            model_name='stockadvice',
            name='from_elsewhere',
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name='stockadvice',
            name='moved',
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddIndex(
            model_name='modelversion',
            index=models.Index(condition=models.Q(('state', 'trained')), fields=['created_at'], name='version_to_judge'),
        ),
        migrations.AddIndex(
            model_name='modelversion',
            index=models.Index(condition=models.Q(('state__in', ['validated', 'undecided'])), fields=['created_at'], name='version_ready'),
        ),
        migrations.AddIndex(
            model_name='release',
            index=models.Index(condition=models.Q(('phase__in', ['staged', 'shadow', 'awaiting_approval', 'scheduled', 'canary', 'live'])), fields=['evaluated_at'], name='release_to_look_at'),
        ),
        migrations.AddIndex(
            model_name='release',
            index=models.Index(condition=models.Q(('phase', 'expired'), ('scheduled_for__isnull', False)), fields=['scheduled_for'], name='release_outlasted'),
        ),
        migrations.AddIndex(
            model_name='syncrun',
            index=models.Index(condition=models.Q(('state', 'failed')), fields=['shop', 'kind', '-created_at'], name='sync_failed'),
        ),
    ]
