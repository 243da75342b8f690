from django.db import migrations, models


class Migration(migrations.Migration):
    """A release remembers which of the calendar's freezes somebody lifted for it."""

    dependencies = [
        ("pipelines", "0003_versions_never_change"),
    ]

    operations = [
        migrations.AddField(
            model_name="release",
            name="lifted",
            field=models.JSONField(default=list),
        ),
    ]
