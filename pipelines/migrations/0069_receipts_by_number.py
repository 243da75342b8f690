from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pipelines", "0068_webhook_deliveries"),
    ]

    operations = [
        # What came before has no number: which lines were written by one press is not known of it.
        migrations.AddField("goodsreceipt", "delivery", models.PositiveIntegerField(null=True)),
    ]
