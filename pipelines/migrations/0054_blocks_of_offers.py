import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pipelines", "0053_what_an_offer_came_to"),
    ]

    operations = [
        migrations.CreateModel(
            name="OfferBlock",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                (
                    "shop",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="pipelines.shop",
                    ),
                ),
                (
                    "offer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="pipelines.offer",
                    ),
                ),
                ("week", models.DateField()),
                ("left_minor", models.PositiveBigIntegerField()),
                ("left_times", models.PositiveIntegerField()),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["shop"], name="blocks_by_shop"),
                    models.Index(fields=["offer"], name="blocks_by_offer"),
                    models.Index(fields=["expires_at"], name="blocks_that_end"),
                ],
            },
        ),
    ]
