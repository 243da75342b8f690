from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pipelines", "0070_unusual_days"),
    ]

    operations = [
        migrations.AddField("toorder", "own_supplier", models.BigIntegerField(null=True)),
        migrations.AddConstraint(
            "toorder",
            models.UniqueConstraint(
                fields=["shop", "vendor", "own_supplier"], nulls_distinct=False, name="to_order_of_one"
            ),
        ),
        migrations.RemoveConstraint("toorder", "to_order_once"),
    ]
