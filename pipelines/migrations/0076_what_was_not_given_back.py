from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pipelines", "0075_terms_of_an_offer"),
    ]

    operations = [
        migrations.AddField(
            "standardfield", "refused", models.CharField(blank=True, db_default="", default="", max_length=200)
        ),
    ]
