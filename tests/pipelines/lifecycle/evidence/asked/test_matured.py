"""What was said on matured days is kept in groups, with how many of each ordered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pipelines.lifecycle.evidence.asked import matured
from pipelines.models import ChanceDay, PredictionLog, Shop, ShopSettings
from pipelines.usecases import USE_CASES
from tests import histories
from tests.families.visits import SLUG, moments
from tests.pipelines.lifecycle.data.test_moments import bought, unit
from tests.pipelines.lifecycle.evidence.asked.test_asking import a_version, runs

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)  # a Wednesday; the shop is in London
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
NOW = NOON + 2 * DAY


@pytest.fixture(autouse=True)
def family() -> Iterator[None]:
    with USE_CASES.also(moments.USE_CASE):
        yield


@pytest.fixture
def shop() -> Shop:
    found = histories.a_shop()
    ShopSettings.objects.filter(shop=found).update(peak_hours={"weekday": [12], "weekend": [], "learned": "2026-11-01"})
    histories.pulled(found, NOW)
    runs(found, a_version(found))
    return found


def told(shop: Shop, score: float | None = 0.25, who: str = "ann", at: datetime = NOON, **changes: Any) -> None:
    facts: dict[str, Any] = {"use_case": SLUG, "arm": "stable", "outcome": "answered", "features": {"of": "session"}}
    PredictionLog.objects.create(shop=shop, unit=unit(who), at=at, score=score, **facts | changes)


def kept(shop: Shop, now: datetime = NOW) -> list[list[Any]]:
    matured.count(shop, SLUG, now)
    return ChanceDay.objects.get(day=date(2026, 11, 18)).groups


def test_units_of_like_chances_are_one_group_with_how_many_ordered_in_time(shop: Shop) -> None:
    for who in ("ann", "bob", "cy"):
        told(shop, who=who)
    bought(shop, NOON + HOUR, unit=unit("ann"))
    bought(shop, NOON + 25 * HOUR, unit=unit("bob"))
    assert kept(shop) == [["session", True, -11, 3, 0.75, 1]]


def test_visits_and_checkouts_peak_hours_and_others_are_apart(shop: Shop) -> None:
    told(shop)
    told(shop, who="bob", at=NOON + HOUR)
    told(shop, 0.5, features={"of": "checkout"})
    assert kept(shop) == [
        ["checkout", True, 0, 1, 0.5, 0],
        ["session", False, -11, 1, 0.25, 0],
        ["session", True, -11, 1, 0.25, 0],
    ]


def test_a_unit_counts_once_a_day_by_its_first_answer(shop: Shop) -> None:
    told(shop, 0.5)
    told(shop, 0.9, at=NOON + MINUTE)
    assert kept(shop) == [["session", True, 0, 1, 0.5, 0]]


@pytest.mark.parametrize(
    "changes", [{"is_shown": False}, {"score": None}, {"outcome": "late"}, {"use_case": "toy"}], ids=str
)
def test_what_nobody_was_shown_is_left_out(shop: Shop, changes: dict[str, Any]) -> None:
    told(shop, who="bob")
    told(shop, **changes)
    assert [row[3] for row in kept(shop)] == [1]


def test_chances_of_nothing_and_of_certainty_are_in_the_last_groups(shop: Shop) -> None:
    told(shop, 0.0, "ann")
    told(shop, 1.0, "bob")
    assert [row[2] for row in kept(shop)] == [-93, 92]


def test_a_day_waits_until_its_orders_are_read_and_is_counted_once(shop: Shop) -> None:
    told(shop)
    assert matured.count(shop, SLUG, NOON + DAY) == 0
    assert list(matured.due(NOW)) == [(shop.pk, SLUG)]
    assert matured.count(shop, SLUG, NOW) == 1 and list(matured.due(NOW)) == []
    histories.pulled(shop, NOW + 3 * DAY)
    assert matured.count(shop, SLUG, NOW + 3 * DAY) == 3


def test_nothing_is_due_before_anybody_answered_or_any_order_was_read(shop: Shop) -> None:
    assert list(matured.due(NOW)) == []
    other = histories.a_shop(domain="bob.myshopify.com")
    runs(other, a_version(other))
    told(other)
    assert list(matured.due(NOW)) == []
