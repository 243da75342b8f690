from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pipelines', '0044_when_fields_were_refused'),
    ]

    operations = [
        migrations.AddField(
            model_name='offerreservation',
            name='order_id',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddIndex(
            model_name='offerreservation',
            index=models.Index(
                condition=models.Q(('state', 'accepted')), fields=['offer', 'checkout_key'], name='reservations_accepted'
            ),
        ),
        migrations.AddIndex(
            model_name='offerreservation',
            index=models.Index(condition=models.Q(('state', 'spent')), fields=['settled_at'], name='reservations_spent'),
        ),
        migrations.AddConstraint(
            model_name='offerreservation',
            constraint=models.UniqueConstraint(fields=('offer', 'order_id'), name='paid_once'),
        ),
        migrations.AddIndex(
            model_name='offerdecision',
            index=models.Index(
                condition=models.Q(('checkout_key__isnull', False)),
                fields=['shop', 'checkout_key'],
                name='decisions_by_checkout',
            ),
        ),
    ]
