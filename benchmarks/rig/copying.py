"""What the database itself takes for rows: COPY of the same rows from CSV into empty tables of the same shape."""

from __future__ import annotations

import io
import time
from typing import Any

from django.db import connection

PIECE = 1 << 20  # bytes that are sent at once: in small ones the client would be measured, too
Part = tuple[str, str]  # a table, and which of its rows


def seconds_to_copy(*parts: Part) -> float:
    """Copy rows of our tables out as CSV, and back into empty tables with the same indexes; time the way back."""
    taken = 0.0
    with connection.cursor() as cursor:
        for table, which in parts:
            names = columns_of(cursor, table)
            csv = io.BytesIO()
            cursor.cursor.copy_expert(f"COPY (SELECT {names} FROM {table} WHERE {which}) TO STDOUT (FORMAT csv)", csv)
            csv.seek(0)
            cursor.execute(f"CREATE TABLE reference (LIKE {table} INCLUDING ALL)")
            began = time.perf_counter()
            cursor.cursor.copy_expert(f"COPY reference ({names}) FROM STDIN (FORMAT csv)", csv, size=PIECE)
            taken += time.perf_counter() - began
            cursor.execute("DROP TABLE reference")
    return taken


def columns_of(cursor: Any, table: str) -> str:
    """Name the columns that a row brings with it; its number is given by the table."""
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name <> 'id'"
        " AND table_schema = current_schema() ORDER BY ordinal_position",
        [table],
    )
    return ", ".join(name for (name,) in cursor.fetchall())


def newest(table: str) -> int:
    """Return the number of the newest row."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
        return int(cursor.fetchone()[0])
