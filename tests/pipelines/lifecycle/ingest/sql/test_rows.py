"""What is handed to PostgreSQL by the thousand arrives there as it was."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.lifecycle.ingest.sql.rows import OPTIONS, as_csv

pytestmark = pytest.mark.django_db
QUOTED = ["", "null", "NULL", '"', '""', "\\", '\\"', "\\n", "\\.", ",", "],["]
UNSEEN = ["\n", "\r\n", "\t", "\b", "\f", "\x01", "\x1f", "\x7f", "\u2028", "ß€\U0001f600"]
STORABLE = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
TEXTS = st.sampled_from(QUOTED + UNSEEN) | STORABLE
ROWS = st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.none() | TEXTS, st.booleans()), max_size=20)
quickly = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def copied(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE told (place serial, number bigint, words text, truth boolean)")
        statement = f"COPY told (number, words, truth) FROM STDIN WITH ({OPTIONS})"
        cursor.cursor.copy_expert(statement, io.BytesIO(as_csv(rows)))
        cursor.execute("SELECT number, words, truth FROM told ORDER BY place")
        found = cursor.fetchall()
        cursor.execute("DROP TABLE told")
    return found


def test_odd_texts_are_copied_as_they_are() -> None:
    rows = [(number, text, True) for number, text in enumerate([*QUOTED, *UNSEEN, None])]
    assert copied(rows) == rows


@quickly
@given(rows=ROWS)
def test_whatever_the_rows_they_are_copied_as_they_are(rows: list[tuple[Any, ...]]) -> None:
    assert copied(rows) == rows
