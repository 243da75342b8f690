from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pipelines', '0052_answers_in_weeks'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='offer',
            name='offer_once',
        ),
        migrations.AddConstraint(
            model_name='offer',
            constraint=models.UniqueConstraint(
                condition=models.Q(('state', 'stopped'), _negated=True), fields=('shop', 'name'), name='offer_once'
            ),
        ),
        migrations.AddField(
            model_name='offerreservation',
            name='paid_minor',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddIndex(
            model_name='offer',
            index=models.Index(fields=['shop'], name='offers_by_shop'),
        ),
        migrations.AddIndex(
            model_name='offerspend',
            index=models.Index(fields=['shop'], name='spends_by_shop'),
        ),
        migrations.AddIndex(
            model_name='offertally',
            index=models.Index(fields=['shop'], name='tallies_by_shop'),
        ),
    ]
