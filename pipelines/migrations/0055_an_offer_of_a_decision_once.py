from django.db import migrations, models

# Built while others write, then taken as the constraint.
BUILD = "CREATE UNIQUE INDEX CONCURRENTLY offer_reserved_once ON pipelines_offerreservation (decision, offer_id)"
TAKE = """
    ALTER TABLE pipelines_offerreservation ADD CONSTRAINT offer_reserved_once UNIQUE USING INDEX offer_reserved_once
"""
DROP = "ALTER TABLE pipelines_offerreservation DROP CONSTRAINT offer_reserved_once"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("pipelines", "0054_blocks_of_offers")]

    operations = [
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(BUILD, migrations.RunSQL.noop),
                migrations.RunSQL(TAKE, DROP),
            ],
            [
                migrations.AddConstraint(
                    model_name="offerreservation",
                    constraint=models.UniqueConstraint(fields=("decision", "offer"), name="offer_reserved_once"),
                ),
            ],
        ),
        migrations.RemoveConstraint(model_name="offerreservation", name="reserved_once"),
    ]
