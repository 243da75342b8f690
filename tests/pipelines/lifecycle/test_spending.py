"""What it takes to compute is noted by day of the shop, work that failed included; answers once their day is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from pipelines.lifecycle import spending
from pipelines.models import ComputedDay, Shop
from tests import exposing, histories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shown")]
shown = exposing.shown
NIGHT = datetime(2026, 9, 14, 16, tzinfo=UTC)  # 1:00 of the next day in Tokyo
SLUG = exposing.SLUG


@pytest.fixture
def shop() -> Shop:
    return exposing.a_shop(timezone="Asia/Tokyo")


def work(shop: Shop) -> int:
    with time_machine.travel(NIGHT, tick=False), spending.noted(shop, SLUG, spending.What.REFRESH):
        return sum(range(200_000))


def test_work_is_added_to_the_day_of_the_shop(shop: Shop) -> None:
    work(shop)
    first = ComputedDay.objects.get()
    assert (first.day, first.times) == (date(2026, 9, 15), 1) and first.seconds > 0 and first.memory_mb > 10
    work(shop)
    both = ComputedDay.objects.get()
    assert both.times == 2 and both.seconds > first.seconds and both.memory_mb >= first.memory_mb


def test_work_that_fails_has_taken_its_time_too(shop: Shop) -> None:
    with pytest.raises(ZeroDivisionError), spending.noted(shop, SLUG, spending.What.WATCH):
        1 / 0  # noqa: B018
    assert ComputedDay.objects.get().what == "watch"


def answered(shop: Shop, at: datetime, times: int, **changes: object) -> None:
    version = histories.a_version(shop, use_case=SLUG)
    rows = [
        exposing.said(shop, version, "stable", bytes([each]) * 16, at, milliseconds=250.0, **changes)
        for each in range(times)
    ]
    exposing.append(exposing.answers.LOG, rows)


def test_answers_of_days_that_are_over_are_added_up_and_what_came_late_is_found(shop: Shop) -> None:
    answered(shop, NIGHT - timedelta(hours=2), 4)
    answered(shop, NIGHT - timedelta(hours=2), 9, outcome="alive")
    answered(shop, NIGHT, 8)
    assert spending.sum_up_answers(NIGHT) == 1
    row = ComputedDay.objects.get()
    assert (row.what, row.day, row.seconds, row.times) == ("answer", date(2026, 9, 14), 1.0, 4)
    assert spending.sum_up_answers(NIGHT) == 0
    answered(shop, NIGHT - timedelta(hours=3), 4)
    assert spending.sum_up_answers(NIGHT) == 1
    assert ComputedDay.objects.get().seconds == 2.0


def test_a_day_of_which_part_is_not_looked_at_any_more_stays_as_it_was(shop: Shop) -> None:
    answered(shop, NIGHT - timedelta(hours=2), 4)
    spending.sum_up_answers(NIGHT)
    assert spending.sum_up_answers(NIGHT + timedelta(days=4)) == 0
    assert ComputedDay.objects.get().times == 4
