from django.db import migrations, models

# What was written at one moment was written by one press; numbers of later presses are higher than all of these.
NUMBER = """
    UPDATE pipelines_goodsreceipt AS receipt SET delivery = told.number
    FROM (
        SELECT r.id, dense_rank() OVER (PARTITION BY l.order_id ORDER BY r.at) AS number
        FROM pipelines_goodsreceipt r JOIN pipelines_purchaseline l ON l.id = r.line_id
        WHERE r.delivery IS NULL
    ) AS told
    WHERE told.id = receipt.id
"""


class Migration(migrations.Migration):
    atomic = False  # rows are numbered under no lock of the table

    dependencies = [
        ("pipelines", "0068_webhook_deliveries"),
    ]

    operations = [
        migrations.AddField("goodsreceipt", "delivery", models.PositiveIntegerField(null=True)),
        migrations.RunSQL(NUMBER, migrations.RunSQL.noop),
    ]
