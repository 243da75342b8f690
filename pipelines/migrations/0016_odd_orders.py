"""What a merchant says of an odd day of a variant."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pipelines', '0015_what_sells_on_and_what_an_order_weighs'),
    ]

    operations = [
        migrations.CreateModel(
            name='OddOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('variant_id', models.BigIntegerField()),
                ('day', models.DateField()),
                ('counts', models.BooleanField()),
                ('sub', models.CharField(max_length=40)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('shop', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='pipelines.shop')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('shop', 'variant_id', 'day'), name='odd_order_once')],
            },
        ),
    ]
