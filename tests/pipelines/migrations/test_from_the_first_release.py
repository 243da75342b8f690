"""A database of the first release, with a row in every table, comes to today's schema with its rows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.apps import apps
from django.db import connection

ROOT = Path(__file__).resolve().parents[3]
FIRST = "0001"  # the first release
BEFORE_PIECES = "0051"  # the log of answers is one table
GOODS = ("pipelines_purchaseorder", "pipelines_purchaseline", "pipelines_goodsreceipt")
GONE = {"servedunit", "checkout"}  # the first is counted elsewhere since 0018, the second read again since 0007
RENAMED = {"teststorelink": "storelink"}
VALUES = {
    "bigint": 1, "integer": 1, "smallint": 1, "boolean": True, "double precision": 1.5, "numeric": 0.5,
    "character varying": "x", "text": "x", "date": "2026-01-01", "time without time zone": "03:00",
    "timestamp with time zone": "2026-01-01T12:00Z", "jsonb": "{}", "bytea": b"x", "uuid": "0" * 32,
    "interval": "1 day", "ARRAY": "{}",
}  # fmt: skip
COLUMNS = """
SELECT table_name, column_name, data_type FROM information_schema.columns
WHERE table_schema = 'public' AND table_name LIKE 'pipelines_%' AND is_nullable = 'NO' AND column_default IS NULL
    AND is_identity = 'NO' ORDER BY table_name, ordinal_position
"""
POINTERS = """
SELECT source.relname, place.attname, target.relname FROM pg_constraint rule
JOIN pg_class source ON source.oid = rule.conrelid JOIN pg_class target ON target.oid = rule.confrelid
JOIN pg_attribute place ON place.attrelid = rule.conrelid AND place.attnum = rule.conkey[1] WHERE rule.contype = 'f'
"""


@pytest.fixture
def url(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """Give an empty database beside the tests' own."""
    known = connection.settings_dict
    name = f"{known['NAME']}_first"
    server = f"postgresql://{known['USER']}@/postgres?host={known['HOST']}"
    with closing(psycopg2.connect(server)) as owner:
        owner.autocommit = True
        owner.cursor().execute(f'CREATE DATABASE "{name}"')
        yield f"postgresql://{known['USER']}@/{name}?host={known['HOST']}"
        owner.cursor().execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def migrate(url: str, *words: str) -> None:
    command = [sys.executable, "manage.py", "migrate", "--noinput", "-v", "0", "--skip-checks", *words]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"DATABASE_URL": url}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def fill(cursor: Any, *only: str) -> list[str]:
    """Write one row into every table, or these, and let what points somewhere point to the row there."""
    cursor.execute(POINTERS)
    pointers = {(source, column): target for source, column, target in cursor.fetchall()}
    cursor.execute(COLUMNS)
    tables: dict[str, dict[str, Any]] = {}
    for table, column, kind in cursor.fetchall():
        tables.setdefault(table, {})[column] = 1 if (table, column) in pointers else VALUES[kind]
    cursor.execute("SET session_replication_role = replica")
    tables = {table: row for table, row in tables.items() if not only or table in only}
    for table, row in tables.items():
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})", list(row.values())
        )
    cursor.execute("SET session_replication_role = DEFAULT")
    return sorted(tables)


def test_every_row_of_the_first_release_is_there_today(url: str) -> None:
    migrate(url, "pipelines", FIRST)
    with closing(psycopg2.connect(url)) as first, first, first.cursor() as cursor:
        tables = [name.removeprefix("pipelines_") for name in fill(cursor)]
    assert len(tables) > 25
    migrate(url, "pipelines", BEFORE_PIECES)
    with closing(psycopg2.connect(url)) as later, later, later.cursor() as cursor:
        for day in ("2026-01-01", "2040-01-01"):
            VALUES["timestamp with time zone"] = f"{day}T12:00Z"
            tables += [name.removeprefix("pipelines_") for name in fill(cursor, "pipelines_predictionlog")]
        fill(cursor, *GOODS)
    migrate(url)
    today = {table._meta.db_table for table in apps.get_app_config("pipelines").get_models()}
    with closing(psycopg2.connect(url)) as now, now.cursor() as cursor:
        for name in (RENAMED.get(table, table) for table in tables if table not in GONE):
            assert f"pipelines_{name}" in today
            cursor.execute(f"SELECT count(*) FROM pipelines_{name}")
            assert cursor.fetchone() == (tables.count(name) or 1,), name
        cursor.execute("SELECT delivery FROM pipelines_goodsreceipt")
        assert cursor.fetchone() == (None,)  # by which press it was written is not known
        for table in apps.get_app_config("pipelines").get_models():
            columns = ", ".join(f'"{field.column}"' for field in table._meta.concrete_fields)
            cursor.execute(f"SELECT {columns} FROM {table._meta.db_table} LIMIT 1")  # as the code of today asks
