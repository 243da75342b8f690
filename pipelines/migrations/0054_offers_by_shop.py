from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('pipelines', '0053_what_an_offer_came_to'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='offer',
            index=models.Index(fields=['shop'], name='offers_by_shop'),
        ),
        AddIndexConcurrently(
            model_name='offerspend',
            index=models.Index(fields=['shop'], name='spends_by_shop'),
        ),
        AddIndexConcurrently(
            model_name='offertally',
            index=models.Index(fields=['shop'], name='tallies_by_shop'),
        ),
    ]
