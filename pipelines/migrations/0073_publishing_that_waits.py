from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pipelines", "0072_steps_of_a_checkout"),
    ]

    operations = [
        migrations.AddField("publication", "asked", models.PositiveBigIntegerField(default=0, db_default=0)),
    ]
