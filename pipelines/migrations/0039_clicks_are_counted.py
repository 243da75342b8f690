from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("pipelines", "0038_hold_outs")]

    operations = [
        migrations.AddIndex(
            model_name="storefrontevent",
            index=models.Index(
                condition=models.Q(kind="block_clicked"),
                fields=["shop", "use_case", "at"],
                include=["unit"],
                name="storefront_clicks",
            ),
        ),
    ]
