from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pipelines', '0004_freezes_lifted_for_one_release'),
    ]

    operations = [
        # Home and Forecasts sum up what to order out of the index alone.
        migrations.RemoveIndex(model_name='stockadvice', name='advice_to_order'),
        migrations.AddIndex(
            model_name='stockadvice',
            index=models.Index(condition=models.Q(('order_quantity__gt', 0), ('status__in', ['out_of_stock', 'order_today'])), fields=['shop', 'location_id', 'vendor', 'title'], include=('status', 'order_cost_minor'), name='advice_to_order'),
        ),
        migrations.AddField(
            model_name='stockadvice',
            name='demand_share',
            field=models.FloatField(default=1),
        ),
        migrations.AddField(
            model_name='stockadvice',
            name='from_elsewhere',
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name='stockadvice',
            name='moved',
            field=models.IntegerField(default=0),
        ),
        migrations.AddIndex(
            model_name='stockadvice',
            index=models.Index(condition=models.Q(('lost_units__gte', 0.5)), fields=['shop', 'location_id', '-at_risk_minor', 'variant_id'], include=('order_quantity',), name='advice_short'),
        ),
    ]
