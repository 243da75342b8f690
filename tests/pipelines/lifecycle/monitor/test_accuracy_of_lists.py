"""Lists that lie there for a day are judged by what its baskets held, once, before the next ones take their place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines.lifecycle.monitor import accuracy
from pipelines.models import Measurement, Shop
from pipelines.models.usecases.recommendations import RecommendationList
from pipelines.usecases import USE_CASES
from pipelines.usecases.recommendations import USE_CASE
from tests import histories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
YESTERDAY = date(2026, 11, 19)


@pytest.fixture(autouse=True)
def both(one_family: None) -> Iterator[None]:
    with USE_CASES.also(USE_CASE):
        yield


@pytest.fixture
def shop() -> Shop:
    shop = histories.a_shop()
    histories.pulled(shop, NOW - timedelta(hours=1))
    lamp, shade = (histories.a_variant(shop, number, created=NOW - timedelta(days=90)) for number in (1, 2))
    for hour in range(3):
        histories.an_order(shop, NOW - timedelta(hours=8 + hour), [(lamp, 1), (shade, 1)])
    for kind, product, picks in (("page", lamp, [shade.product_id]), ("page", shade, [5])):
        wrote(shop, kind, product.product_id, picks, YESTERDAY - timedelta(days=1))
    return shop


def wrote(shop: Shop, kind: str, unit: int, picks: list[int], origin: date) -> None:
    facts = {"scores": [1.0] * len(picks), "reasons": [0] * len(picks), "details": [1] * len(picks)}
    RecommendationList.objects.create(
        shop=shop, kind=kind, unit_id=unit, picks=picks, origin=origin, updated_at=NOW, **facts
    )


def judged(shop: Shop) -> list[tuple[str, date, float | None, int]]:
    rows = Measurement.objects.for_shop(shop).filter(use_case=USE_CASE.slug)
    return [(row.metric, row.starts_at.astimezone(shop.zone).date(), row.value, row.n) for row in rows]


def test_the_day_after_their_origin_is_asked_and_told_once(shop: Shop) -> None:
    assert accuracy.judge_held(shop, USE_CASE.slug, NOW) == 1
    assert judged(shop) == [("hit_rate_1d", YESTERDAY, 0.5, 6)]
    accuracy.judge_held(shop, USE_CASE.slug, NOW)
    assert len(judged(shop)) == 1


def test_lists_of_last_night_wait_for_their_day(shop: Shop) -> None:
    RecommendationList.objects.update(origin=YESTERDAY)
    assert accuracy.judge_held(shop, USE_CASE.slug, NOW) == 0 and judged(shop) == []


def test_a_day_that_was_not_read_whole_waits(shop: Shop) -> None:
    histories.SyncRun.objects.update(finished_at=NOW - timedelta(days=1))
    assert accuracy.judge_held(shop, USE_CASE.slug, NOW) == 0


def test_who_holds_nothing_is_not_judged(shop: Shop) -> None:
    assert accuracy.judge_held(shop, "demand_forecast", NOW) == 0
