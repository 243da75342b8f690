import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pipelines', '0066_orders_of_thousands'),
    ]

    operations = [
        migrations.AddField(
            model_name='ownevent',
            name='product_ids',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), null=True, size=None),
        ),
        migrations.AddField(
            model_name='ownevent',
            name='vendor',
            field=models.CharField(db_default='', default='', max_length=255),
        ),
    ]
