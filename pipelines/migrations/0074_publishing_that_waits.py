from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pipelines", "0073_steps_that_browsers_tell"),
    ]

    operations = [
        migrations.AddField("publication", "asked", models.PositiveBigIntegerField(default=0, db_default=0)),
    ]
