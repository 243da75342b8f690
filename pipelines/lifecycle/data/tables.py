"""DataFrames into tables: one COPY, typed by the table's own columns."""

from __future__ import annotations

import tempfile
from typing import Any

import numpy as np
import orjson
import pandas as pd
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

from pipelines.lifecycle.data.frames import NULL, SPILL_BYTES

WHOLE = (models.IntegerField, models.BigIntegerField)


def copy_rows(table: type[models.Model], rows: pd.DataFrame, into: str | None = None) -> int:
    """Append rows to a table (or to a temporary one of its shape); columns carry the table's column names."""
    fields = {field.column: field for field in table._meta.concrete_fields}
    ready = pd.DataFrame({name: as_text(rows[name], fields[name]) for name in rows.columns})
    names = ", ".join(f'"{name}"' for name in ready.columns)
    with connection.cursor() as cursor, tempfile.SpooledTemporaryFile(SPILL_BYTES, "w+", encoding="utf-8") as file:
        ready.to_csv(file, index=False, header=False, na_rep=NULL, date_format="%Y-%m-%d")
        file.seek(0)
        with connection.wrap_database_errors:  # past Django's cursor, which would do that
            cursor.cursor.copy_expert(
                f"COPY {into or table._meta.db_table} ({names}) FROM STDIN WITH (FORMAT csv, NULL '{NULL}')", file
            )
    return len(ready)


def as_text(values: pd.Series, field: models.Field[Any, Any]) -> pd.Series:
    """Bring a column into the form in which PostgreSQL reads it."""
    if isinstance(field, models.JSONField):
        return values.map(lambda value: orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode())
    if isinstance(field, ArrayField):
        return values.map(array_text)
    if isinstance(field, WHOLE) and values.dtype.kind in "iuf":
        return as_whole(values, *connection.ops.integer_field_range(field.get_internal_type()))
    return values


def as_whole(values: pd.Series, lowest: int, highest: int) -> pd.Series:
    """Round to whole numbers; what a column cannot hold becomes the most that it can."""
    if values.dtype.kind != "f":
        return values.clip(lowest, highest)
    most = float(highest) if float(highest) <= highest else np.nextafter(float(highest), 0)
    return values.astype("float64").round().clip(float(lowest), most).astype("Int64")


def array_text(values: Any) -> str:
    """Write an array of numbers as PostgreSQL does.

    >>> array_text([1.0, 0.25])
    '{1.0,0.25}'
    """
    numbers = orjson.dumps(np.ascontiguousarray(values), option=orjson.OPT_SERIALIZE_NUMPY).decode()
    return "{" + numbers[1:-1] + "}"
