"""A compared week keeps what needs no scale: by how much further the new version's level was off."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("pipelines", "0007_retries_in_their_own_time")]

    operations = [migrations.AddField("pairedweek", "bets", models.JSONField(default=dict))]
