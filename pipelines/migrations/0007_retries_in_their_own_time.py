"""What is tried again has its time, pointers know what was served, and processes know their common storage."""

import uuid

from django.db import migrations, models

SERVED = """
UPDATE pipelines_deployment d SET served_revision = d.revision, served_origin = said.origin
FROM (SELECT shop_id, version_id, max(origin) AS origin FROM pipelines_stockadvice GROUP BY shop_id, version_id) said
WHERE said.shop_id = d.shop_id AND said.version_id IS NOT DISTINCT FROM d.active_id
"""


class Migration(migrations.Migration):
    dependencies = [("pipelines", "0012_barcodes_of_variants")]

    operations = [
        migrations.CreateModel(
            name="NextTry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("work", models.CharField(max_length=30)),
                ("subject", models.CharField(max_length=80)),
                ("tries", models.PositiveSmallIntegerField(default=1)),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("work", "subject"), name="next_try_once")],
            },
        ),
        migrations.CreateModel(
            name="StorageMark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=20, unique=True)),
                ("mark", models.UUIDField(default=uuid.uuid4)),
            ],
        ),
        migrations.AddField(model_name="deployment", name="served_origin", field=models.DateField(null=True)),
        migrations.AddField(
            model_name="deployment", name="served_revision", field=models.PositiveBigIntegerField(default=0)
        ),
        migrations.RunSQL(SERVED, migrations.RunSQL.noop),
    ]
