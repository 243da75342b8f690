"""Seconds of one core: this process is kept there, and what PostgreSQL did for it is counted."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from django.db import connection


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process, and every library's threads in it, on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def copy(table: str, columns: dict[str, Any]) -> None:
    """Append rows to one of our tables."""
    text = io.StringIO()
    frame = pd.DataFrame(columns)
    frame.to_csv(text, index=False, header=False)
    text.seek(0)
    names = ", ".join(frame.columns)
    with connection.cursor() as cursor:
        cursor.cursor.copy_expert(f"COPY pipelines_{table} ({names}) FROM STDIN WITH (FORMAT csv, NULL '\\N')", text)


def database_seconds() -> float:
    """Return the seconds of a core that our connection's own PostgreSQL process has used."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")
