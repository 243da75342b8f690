from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pipelines", "0064_shopifys_own_orders"),
    ]

    operations = [
        migrations.AddField("orderpaper", "undrawn", models.CharField(blank=True, db_default="", max_length=40)),
    ]
