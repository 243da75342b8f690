"""Rows that take long to make are made for the first test of a module, and copied for the others.

What is copied is the same to the byte: keys, digests and the chain of the ledger stay true. Files stay where the first
test's rows say that they lie.
"""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model

from tests import histories

Row = TypeVar("Row", bound=Model)
WITH_ROWS = """
SELECT relname FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND NOT relname ~ '^(django|auth)_'
"""  # of a table that is cut into pieces its pieces have them


class Image:
    """The rows of all tables, as they were when the first test had made them."""

    def __init__(self) -> None:
        self.tables: dict[str, str] = {}
        self.found: tuple[type[Any], Any] | None = None

    def row(self, make: Callable[[], Row]) -> Row:
        """Return the row that was made, and everything that was made with it."""
        if self.found is None:
            made = make()
            self.found, self.tables = (type(made), made.pk), copied()
        else:
            put_back(self.tables)
        kind, key = self.found
        return kind.objects.get(pk=key)


def copied() -> dict[str, str]:
    """Read every table that has rows, as PostgreSQL writes them."""
    with connection.cursor() as cursor:
        cursor.execute(WITH_ROWS)
        tables = {name: StringIO() for (name,) in cursor.fetchall()}
        for name, rows in tables.items():
            cursor.copy_expert(f'COPY "{name}" TO STDOUT', rows)
    return {name: rows.getvalue() for name, rows in tables.items() if rows.getvalue()}


def put_back(tables: dict[str, str]) -> None:
    """Write the rows again, without asking the triggers that once let them in."""
    with histories.anything_goes(), connection.cursor() as cursor:
        for name, rows in tables.items():
            cursor.copy_expert(f'COPY "{name}" FROM STDIN', StringIO(rows))
