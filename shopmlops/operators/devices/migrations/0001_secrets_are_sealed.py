from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

BEFORE = "otp_totp_totpdevice"  # where they stood as they are, before


def take_over(apps: Any, schema_editor: Any) -> None:
    from shopmlops.operators.devices.models import sealed

    table, rows = apps.get_model("operators_devices", "Authenticator"), {}
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [BEFORE])
        if cursor.fetchone()[0] is None:
            return
        cursor.execute(f"SELECT user_id, key, last_t FROM {BEFORE} WHERE confirmed ORDER BY id")
        for user, key, last_step in cursor.fetchall():
            rows[user] = table(
                user_id=user, name="authenticator", secret=sealed(bytes.fromhex(key), user), last_step=last_step
            )
        table.objects.bulk_create(rows.values())
        cursor.execute(f"DELETE FROM {BEFORE}")


class Migration(migrations.Migration):
    initial = True

    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="Authenticator",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(help_text="The human-readable name of this device.", max_length=64),
                ),
                ("confirmed", models.BooleanField(default=True, help_text="Is this device ready for use?")),
                (
                    "throttling_failure_timestamp",
                    models.DateTimeField(
                        blank=True,
                        default=None,
                        help_text=(
                            "A timestamp of the last failed verification attempt. Null if last attempt succeeded."
                        ),
                        null=True,
                    ),
                ),
                (
                    "throttling_failure_count",
                    models.PositiveIntegerField(default=0, help_text="Number of successive failed attempts."),
                ),
                ("secret", models.BinaryField()),
                ("last_step", models.BigIntegerField(default=-1)),
                (
                    "user",
                    models.ForeignKey(
                        help_text="The user that this device belongs to.",
                        on_delete=django.db.models.deletion.CASCADE,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [models.UniqueConstraint(fields=("user",), name="one_authenticator")],
            },
        ),
        migrations.RunPython(take_over, migrations.RunPython.noop),
    ]
