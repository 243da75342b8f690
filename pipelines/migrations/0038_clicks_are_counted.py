from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("pipelines", "0037_what_it_takes_to_compute")]

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
