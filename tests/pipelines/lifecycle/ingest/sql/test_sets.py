"""Many keys go to PostgreSQL in one statement, and arrive as they are."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.lifecycle.ingest.sql.sets import among, array, arrays

pytestmark = pytest.mark.django_db
QUOTED = ["", "null", "NULL", '"', '""', "\\", '\\"', "\\n", "\\.", ",", "],["]
UNSEEN = ["\n", "\r\n", "\t", "\b", "\f", "\x01", "\x1f", "\x7f", "\u2028", "ß€\U0001f600"]
STORABLE = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
TEXTS = st.sampled_from(QUOTED + UNSEEN) | STORABLE
ROWS = st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), st.none() | TEXTS, st.booleans()), max_size=20)
quickly = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quickly
@given(texts=st.lists(st.none() | TEXTS), numbers=st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)))
def test_arrays_are_read_as_they_are(texts: list[str | None], numbers: list[int | None]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::text[], %s::bigint[]", [array(texts), array(numbers)])
        assert cursor.fetchone() == (texts, numbers)


def test_rows_become_an_array_a_column() -> None:
    assert arrays([(1, "a"), (2, None)]) == ["{1,2}", '{"a",NULL}']


def test_a_truth_is_no_number() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::boolean[]", [array([True, False, None])])
        assert cursor.fetchone() == ([True, False, None],)


def test_keys_are_pairs_never_a_shop_of_one_and_an_id_of_another() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT shop_id, mine FROM (VALUES (1, 10), (1, 20), (2, 10), (2, 20)) AS known(shop_id, mine)"
            f" WHERE {among('mine')} ORDER BY 1, 2",
            arrays([(1, 10), (2, 20)]),
        )
        assert cursor.fetchall() == [(1, 10), (2, 20)]


def test_the_column_of_the_shop_may_have_another_name() -> None:
    assert among("old.id", "old.shop").startswith("(old.shop, old.id) IN ")
