"""Sums of the advice beside its rows, and indexes out of which the list is searched and a month is summed up.

What is searched is cut to what an entry of an index can hold, as the refresh does from now on.
"""

import django.db.models.deletion
from django.db import migrations, models

CUT = "UPDATE pipelines_stockadvice SET search = left(search, 500) WHERE length(search) > 500"
SUM_UP = """
INSERT INTO pipelines_stocktotals (shop_id, location_id, variants, to_order, to_order_out, to_order_minor, short,
    short_minor, late, late_minor, newest_at)
SELECT shop_id, location_id, jsonb_object_agg(status, variants), sum(to_order), sum(to_order_out),
    least(sum(to_order_minor), 9223372036854775807), sum(short), least(sum(short_minor), 9223372036854775807),
    sum(late), least(sum(late_minor), 9223372036854775807), max(newest_at)
FROM (
    SELECT shop_id, location_id, status, count(*) AS variants, max(updated_at) AS newest_at,
        count(*) FILTER (WHERE is_urgent) AS to_order,
        count(*) FILTER (WHERE is_urgent AND status = 'out_of_stock') AS to_order_out,
        coalesce(sum(order_cost_minor) FILTER (WHERE is_urgent), 0) AS to_order_minor,
        count(*) FILTER (WHERE is_short) AS short,
        coalesce(sum(at_risk_minor) FILTER (WHERE is_short), 0) AS short_minor,
        count(*) FILTER (WHERE is_short AND order_quantity = 0) AS late,
        coalesce(sum(at_risk_minor) FILTER (WHERE is_short AND order_quantity = 0), 0) AS late_minor
    FROM (SELECT *, status IN ('out_of_stock', 'order_today') AND order_quantity > 0 AS is_urgent,
        lost_units >= 0.5 AS is_short FROM pipelines_stockadvice) AS advice
    GROUP BY shop_id, location_id, status
) AS by_status
GROUP BY shop_id, location_id
"""


class Migration(migrations.Migration):

    dependencies = [
        ('pipelines', '0013_what_sweeps_look_for'),
    ]

    operations = [
        migrations.CreateModel(
            name='StockTotals',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('location_id', models.BigIntegerField(default=0)),
                ('variants', models.JSONField(default=dict)),
                ('to_order', models.IntegerField(default=0)),
                ('to_order_out', models.IntegerField(default=0)),
                ('to_order_minor', models.BigIntegerField(default=0)),
                ('short', models.IntegerField(default=0)),
                ('short_minor', models.BigIntegerField(default=0)),
                ('late', models.IntegerField(default=0)),
                ('late_minor', models.BigIntegerField(default=0)),
                ('newest_at', models.DateTimeField()),
                ('shop', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='pipelines.shop')),
            ],
        ),
        migrations.AddConstraint(
            model_name='stocktotals',
            constraint=models.UniqueConstraint(fields=('shop', 'location_id'), name='totals_once'),
        ),
        migrations.RunSQL(SUM_UP, migrations.RunSQL.noop),
        migrations.RunSQL(CUT, migrations.RunSQL.noop),
        migrations.RemoveIndex(
            model_name='stockadvice',
            name='advice_by_risk',
        ),
        migrations.RemoveIndex(
            model_name='stockadvice',
            name='advice_to_order',
        ),
        migrations.RemoveIndex(
            model_name='stockadvice',
            name='advice_short',
        ),
        migrations.AddIndex(
            model_name='stockadvice',
            index=models.Index(fields=['shop', 'location_id', '-at_risk_minor', 'variant_id'], include=('search', 'status', 'forecast_28', 'runs_out'), name='advice_by_risk'),
        ),
        migrations.RemoveIndex(
            model_name='order',
            name='order_by_day',
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(fields=['shop', 'processed_at'], include=('total_minor', 'refunded_minor', 'cancelled_at', 'deleted_at', 'is_test'), name='order_by_day'),
        ),
        migrations.AddIndex(
            model_name='stockadvice',
            index=models.Index(condition=models.Q(('order_quantity__gt', 0), ('status__in', ['out_of_stock', 'order_today'])), fields=['shop', 'location_id', 'vendor', 'title'], name='advice_to_order'),
        ),
    ]
