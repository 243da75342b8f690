import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pipelines', '0064_shopifys_own_orders'),
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
