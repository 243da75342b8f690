"""A variant that sells on without stock, and a shop that weighs what being wrong costs."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pipelines', '0014_totals_of_advice'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='stockadvice',
            name='reorder_point',
        ),
        migrations.AddField(
            model_name='shopsettings',
            name='weighs_costs',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='variant',
            name='continues_selling',
            field=models.BooleanField(db_default=False),
        ),
    ]
