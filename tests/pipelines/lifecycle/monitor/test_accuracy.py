"""How near every version came is worked out when the outcome is known for good, and once more for the reports."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pipelines.lifecycle.data import frames
from pipelines.lifecycle.monitor import accuracy
from pipelines.models import Measurement, ModelVersion, Shop
from pipelines.models.usecases.demand_forecast import Forecast
from pipelines.stats.clock import day_window
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Frames, Monitored
from tests import histories, toy_use_case
from tests.toy_use_case import SLUG

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 9, 15, 4, tzinfo=UTC)  # a Tuesday
TODAY = date(2026, 9, 15)
FACTS = Frames({}, TODAY - timedelta(days=1))
figures: dict[str, Any] = {}


@pytest.fixture(autouse=True)
def judging(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[date, int, int]]]:
    """Let the toy say how near it came; note which periods it was asked about."""
    seen: list[tuple[date, int, int]] = []

    def near(facts: Frames, said: Any, *, days: int) -> dict[str, Any]:
        (first_day,) = set(said["first_day"])
        seen.append((first_day, days, len(said)))
        return dict(figures)

    watched = Monitored(("y",), "mean", "y", timedelta(days=7), "here:near")
    monkeypatch.setitem(toy_use_case.FUNCTIONS, "near", near)
    figures.clear()
    figures.update(wape=0.25)
    with USE_CASES.also(dataclasses.replace(toy_use_case.TOY, monitored=watched)):
        yield seen


@pytest.fixture
def shop() -> Shop:
    shop = histories.a_shop(timezone="UTC")
    histories.pulled(shop, at=NOW)
    return shop


def spoke(shop: Shop, *ago: int, version: ModelVersion | None = None, variants: int = 2) -> None:
    """Let a version speak so many days ago."""
    Forecast.objects.bulk_create(
        Forecast(shop=shop, version=version, variant_id=number, origin=TODAY - timedelta(days=days), mean=[1.0] * 28)
        for days in ago
        for number in range(variants)
    )


def judge(shop: Shop, now: datetime = NOW) -> int:
    return accuracy.judge(shop, SLUG, FACTS, now)


def told(metric: str = "wape_1d") -> set[tuple[Any, ...]]:
    rows = Measurement.objects.filter(metric=metric)
    return {(row.starts_at.date(), row.version_id, row.value, row.restated) for row in rows}


def test_a_day_is_judged_for_every_version_that_spoke_and_for_the_simple_rule(shop: Shop) -> None:
    version = histories.a_version(shop)
    spoke(shop, 9)
    spoke(shop, 9, version=version)
    judge(shop)
    day = TODAY - timedelta(days=8)
    assert told() == {(day, None, 0.25, None), (day, version.pk, 0.25, None)}
    row = Measurement.objects.filter(metric="wape_1d").first()
    assert (row.n, row.starts_at, row.ends_at) == (2, *day_window(day, shop.zone))


def test_a_month_begins_after_each_origin_that_stays(shop: Shop) -> None:
    sunday = next(days for days in range(36, 44) if (TODAY - timedelta(days=days)).isoweekday() == 7)
    spoke(shop, sunday, sunday + 1)
    judge(shop)
    assert told("wape_28d") == {(TODAY - timedelta(days=sunday - 1), None, 0.25, None)}


def test_before_late_corrections_are_in_nothing_is_judged(shop: Shop) -> None:
    spoke(shop, 8)
    assert judge(shop) == 0 and not Measurement.objects.exists()


@pytest.mark.parametrize("pulled_days_ago", [None, 2])
def test_outcomes_that_never_come_are_waited_for_and_are_no_zeros(pulled_days_ago: int | None) -> None:
    shop = histories.a_shop(timezone="UTC")
    spoke(shop, 9)
    if pulled_days_ago is not None:
        histories.pulled(shop, at=NOW - timedelta(days=pulled_days_ago))
    assert judge(shop) == 0
    histories.pulled(shop, at=NOW)
    assert judge(shop) == 1


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_a_figure_that_is_no_number_is_stored_without_a_value(shop: Shop, value: float | None) -> None:
    figures.update(wape=value, bias=0.0)
    spoke(shop, 9)
    judge(shop)
    rows = dict(Measurement.objects.filter(metric__endswith="_1d").values_list("metric", "value"))
    assert rows == {"wape_1d": None, "bias_1d": 0.0}
    assert Measurement.objects.get(metric="wape_1d").verdict == "insufficient"


def test_judging_again_changes_nothing(shop: Shop) -> None:
    spoke(shop, 9, 10)
    judge(shop)
    figures.update(wape=9.0)
    before = list(Measurement.objects.values())
    assert judge(shop) == 0 and list(Measurement.objects.values()) == before


def test_after_thirty_days_it_is_said_once_more_beside_what_stood(shop: Shop) -> None:
    spoke(shop, 9)
    judge(shop)
    day = TODAY - timedelta(days=8)
    for later, figure, restated in ((22, 0.5, None), (23, 0.75, 0.75), (24, 1.0, 0.75)):
        figures.update(wape=figure)
        now = NOW + timedelta(days=later)
        histories.pulled(shop, at=now)
        judge(shop, now)
        assert (day, None, 0.25, restated) in told()


def test_a_backlog_is_read_a_few_periods_at_a_time(
    shop: Shop, judging: list[tuple[date, int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    spoke(shop, *range(9, 36))
    read, sizes = frames.said, []
    monkeypatch.setattr(frames, "said", lambda *args: sizes.append(len(args[4])) or read(*args))
    judge(shop)
    assert max(sizes) == accuracy.AT_ONCE and len(sizes) > 3
    assert {rows for *_, rows in judging} == {2} and len(judging) >= 27


def test_who_spoke_too_long_before_a_day_is_not_judged_by_it(shop: Shop, judging: list[tuple[date, int, int]]) -> None:
    spoke(shop, 35)
    judge(shop)
    assert max(day for day, days, _ in judging if days == 1) <= TODAY - timedelta(days=35 - 22)


def test_another_shops_words_are_not_judged_here(shop: Shop) -> None:
    spoke(histories.a_shop(timezone="UTC"), 9)
    assert judge(shop) == 0


def test_only_who_keeps_what_it_said_can_be_judged() -> None:
    assert accuracy.is_judged(SLUG)
    assert not any(accuracy.is_judged(slug) for slug, case in USE_CASES.items() if case.monitored is None)
