"""What shoppers did, as the web pixel tells it; what was not taken of it; and each shop's pixel."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pipelines', '0021_what_runs_is_measured'),
    ]

    operations = [
        migrations.CreateModel(
            name='IgnoredEvents',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('reason', models.CharField(choices=[('replay', 'Replay'), ('bot', 'Bot'), ('no_consent', 'No Consent'), ('forged', 'Forged'), ('too_many', 'Too Many'), ('future', 'Future'), ('old', 'Old'), ('clock', 'Clock'), ('unknown', 'Unknown'), ('unreadable', 'Unreadable')], max_length=12)),
                ('events', models.BigIntegerField()),
                ('shop', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pipelines.shop')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('shop', 'day', 'reason'), name='ignored_events_once')],
            },
        ),
        migrations.CreateModel(
            name='StorefrontEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.UUIDField()),
                ('kind', models.CharField(choices=[('page_viewed', 'Page Viewed'), ('product_viewed', 'Product Viewed'), ('product_added_to_cart', 'Added To Cart'), ('checkout_started', 'Checkout Started'), ('checkout_completed', 'Checkout Completed'), ('block_clicked', 'Block Clicked')], max_length=24)),
                ('at', models.DateTimeField()),
                ('unit', models.BinaryField(max_length=16)),
                ('product_id', models.BigIntegerField(null=True)),
                ('variant_id', models.BigIntegerField(null=True)),
                ('use_case', models.CharField(blank=True, max_length=40)),
                ('place', models.PositiveSmallIntegerField(null=True)),
                ('shop', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pipelines.shop')),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['at'], name='storefront_event_by_time'), models.Index(fields=['shop', 'at'], name='storefront_event_by_shop'), models.Index(fields=['unit'], name='storefront_event_by_unit')],
                'constraints': [models.UniqueConstraint(fields=('shop', 'event'), name='storefront_event_once')],
            },
        ),
        migrations.CreateModel(
            name='StorefrontPixel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('gid', models.CharField(max_length=80)),
                ('settings', models.JSONField(default=dict)),
                ('set_at', models.DateTimeField()),
                ('shop', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='pipelines.shop')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('shop',), name='storefront_pixel_once')],
            },
        ),
    ]
