"""A yes that a rollback made void may be said again, to the same evidence."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pipelines", "0008_staged_fields_outlive_their_link"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="approval",
            name="approval_once",
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.UniqueConstraint(
                condition=models.Q(("voided_because", "")),
                fields=("release", "sub", "evidence_digest"),
                name="approval_once",
            ),
        ),
    ]
