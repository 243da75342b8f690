"""The log of answers is cut into weeks; what is in it becomes one piece, which is dropped when it is over.

While others write: first a bound for the rows that are there, looked through without a lock that stops anybody; then a
moment in which names change.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import migrations, transaction
from django.utils import timezone

TABLE = "pipelines_predictionlog"
INDEXES = {
    "prediction_by_time": "USING brin (at) WITH (autosummarize = on)",
    "prediction_by_shop": "(shop_id, at)",
    "prediction_by_unit": "(unit)",
}
WEEKS_AHEAD = 6


def monday_after(moment: datetime) -> date:
    day = moment.astimezone(UTC).date()
    return day + timedelta(days=7 - day.weekday())


def cut(apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(f"SELECT max(at) FROM {TABLE}")
        newest = cursor.fetchone()[0] or datetime.min.replace(tzinfo=UTC)
        until = monday_after(max(timezone.now(), newest))
        cursor.execute(f"ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS prediction_until")
        cursor.execute(f"ALTER TABLE {TABLE} ADD CONSTRAINT prediction_until CHECK (at < '{until}T00:00Z') NOT VALID")
        cursor.execute(f"ALTER TABLE {TABLE} VALIDATE CONSTRAINT prediction_until")
        with transaction.atomic():
            put_into_place(cursor, until)


def put_into_place(cursor: Any, until: date) -> None:
    """Let a table of pieces take the place of the log, with the log as its first piece."""
    before = f"{TABLE}_until_{until:%Y%m%d}"
    cursor.execute(f"ALTER TABLE {TABLE} RENAME TO {before}")
    cursor.execute(f"ALTER TABLE {before} ALTER COLUMN id DROP IDENTITY IF EXISTS")
    cursor.execute(f"CREATE SEQUENCE {TABLE}_number")
    cursor.execute(f"SELECT setval('{TABLE}_number', (SELECT coalesce(max(id), 0) + 1 FROM {before}), false)")
    cursor.execute(f"CREATE TABLE {TABLE} (LIKE {before} INCLUDING DEFAULTS) PARTITION BY RANGE (at)")
    cursor.execute(f"ALTER TABLE {TABLE} ALTER COLUMN id SET DEFAULT nextval('{TABLE}_number')")
    cursor.execute(f"ALTER SEQUENCE {TABLE}_number OWNED BY {TABLE}.id")
    for name, columns in INDEXES.items():
        cursor.execute(f"ALTER INDEX {name} RENAME TO {name}_before")
        cursor.execute(f"CREATE INDEX {name} ON {TABLE} {columns}")
    attach(cursor, before, "MINVALUE", f"'{until}T00:00Z'")
    for number in range(WEEKS_AHEAD):
        begins, ends = until + timedelta(days=7 * number), until + timedelta(days=7 * (number + 1))
        name = f"{TABLE}_until_{ends:%Y%m%d}"
        cursor.execute(f"CREATE TABLE {name} (LIKE {TABLE} INCLUDING DEFAULTS)")
        attach(cursor, name, f"'{begins}T00:00Z'", f"'{ends}T00:00Z'")
    cursor.execute(f"CREATE TABLE {TABLE}_rest PARTITION OF {TABLE} DEFAULT")


def attach(cursor: Any, name: str, begins: str, ends: str) -> None:
    cursor.execute(f"ALTER TABLE {TABLE} ATTACH PARTITION {name} FOR VALUES FROM ({begins}) TO ({ends})")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("pipelines", "0051_corrections")]

    operations = [migrations.RunPython(cut, migrations.RunPython.noop)]
