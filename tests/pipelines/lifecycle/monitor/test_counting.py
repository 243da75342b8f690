"""What is asked is counted once; what was measured and has not changed is not worked out again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from pipelines.lifecycle.monitor import counting, measure
from pipelines.lifecycle.monitor.hours import Period, zones
from pipelines.models import Release
from tests import exposing
from tests.pipelines.lifecycle.monitor import asked
from tests.pipelines.lifecycle.monitor.asked import NOON, OVER, log

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shown")]
shown = exposing.shown
HOUR = timedelta(hours=1)


@pytest.fixture
def release() -> Release:
    return asked.a_release()


def found_in(table: str, columns: str, now: datetime = OVER) -> list[tuple[Any, ...]]:
    """Read one of the tables of a pass."""
    period = Period.before(now, measure.LOOKS_BACK)
    with counting.counted(period, zones()), connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2")
        return list(cursor.fetchall())


def test_questions_are_counted_by_hour_and_signs_of_life_apart(release: Release) -> None:
    log(release, {}, {"at": NOON + HOUR / 2}, {"at": NOON - HOUR}, {"outcome": "alive", "unit": b""})
    assert found_in("counted", "starts_at, questions, beats") == [(NOON - HOUR, 1, 0), (NOON, 2, 1)]


def test_a_sign_of_life_alone_asks_for_no_figure(release: Release) -> None:
    log(release, {"outcome": "alive", "unit": b""})
    assert found_in("counted", "questions, beats") == [(0, 1)] and not found_in("wanted", "id, questions")


def test_only_hours_without_a_figure_or_with_more_answers_are_worked_out(release: Release) -> None:
    log(release, {"at": NOON - HOUR}, {})
    measure.measure(OVER)
    assert not found_in("wanted", "starts_at, questions")
    log(release, {}, {"at": NOON + HOUR})
    found = found_in("wanted", "starts_at, is_new, questions", OVER + HOUR)
    assert found == [(NOON, 0, 2), (NOON + HOUR, 1, 1)]


def test_the_tables_are_gone_when_the_pass_is(release: Release) -> None:
    found_in("hours", "id, shop_id")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname = ANY(%s)", [[*counting.TABLES]])
        assert cursor.fetchone() == (0,)
