"""A field in the test store outlives link and run: it waits, owned by the test store, until it was taken back."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("pipelines", "0007_when_we_rolled_back")]

    operations = [
        migrations.RemoveConstraint("stagingrun", "staging_once"),
        migrations.RemoveConstraint("stagedfield", "staged_field_once"),
        migrations.RemoveField("stagingrun", "unlinked_at"),
        migrations.AddField("stagedfield", "unlinked_at", models.DateTimeField(null=True)),
        migrations.AlterField(
            "stagedfield",
            "run",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="fields",
                to="pipelines.stagingrun",
            ),
        ),
        migrations.AddConstraint("stagingrun", models.UniqueConstraint(fields=["version"], name="staging_once")),
        migrations.AddConstraint(
            "stagedfield",
            models.UniqueConstraint(
                fields=["shop", "owner_id", "key"],
                condition=models.Q(unlinked_at=None),
                name="staged_field_once",
            ),
        ),
    ]
