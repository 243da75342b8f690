"""Checkouts by their token, orders that name theirs, what ends, and indexes for what is looked for often."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pipelines', '0006_customers_who_were_forgotten'),
    ]

    operations = [
        # Checkouts are known by their token from now on; the next pull brings those that still matter.
        migrations.RunSQL("DELETE FROM pipelines_checkout", migrations.RunSQL.noop),
        # … and that pull is whole, since no earlier one counts as good.
        migrations.RunSQL(
            "UPDATE pipelines_syncrun SET is_partial = true WHERE kind = 'checkouts'", migrations.RunSQL.noop
        ),
        migrations.AddField(
            model_name='order',
            name='checkout_key',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='shop',
            name='files_erased_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='syncrun',
            name='kind',
            field=models.CharField(choices=[('products', 'Products'), ('stock', 'Stock'), ('orders', 'Orders'), ('checkouts', 'Checkouts'), ('order_ids', 'List of orders'), ('reconcile', 'Reconcile')], max_length=12),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(condition=models.Q(('checkout_key__isnull', False)), fields=['shop', 'checkout_key'], name='order_by_checkout'),
        ),
        migrations.AddIndex(
            model_name='stocklevel',
            index=models.Index(condition=models.Q(('is_contested', True)), fields=['shop', 'inventory_item_id'], name='stocklevel_contested'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('state__in', ['applied', 'superseded', 'dead', 'kept'])), fields=['state', 'received_at'], name='delivery_over'),
        ),
    ]
