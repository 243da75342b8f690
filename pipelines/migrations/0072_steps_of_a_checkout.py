from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pipelines", "0071_to_order_of_own_suppliers"),
    ]

    operations = [
        migrations.AddField("checkout", "steps", models.JSONField(null=True)),
    ]
