"""A day on which somebody answers for everything: did they, for how much, and on how old data."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pipelines.lifecycle.monitor import measure
from pipelines.models import Deployment, Measurement, Release, ServingWindow, Shop, SyncRun
from pipelines.stats import clock
from pipelines.strategies import Step
from tests import histories

pytestmark = pytest.mark.django_db
BATCH = "demand_forecast"
DAY = date(2026, 9, 15)


@pytest.fixture
def shop() -> Shop:
    shop = histories.a_shop(installed_at=datetime(2026, 7, 1, tzinfo=UTC))
    version = histories.a_version(shop)
    Deployment.objects.create(
        shop=shop, use_case=BATCH, active=version, revision=1, active_since=datetime(2026, 8, 1, tzinfo=UTC)
    )
    return shop


def midnight(shop: Shop, day: date = DAY) -> datetime:
    return clock.midnight(day, shop.zone)


def answered(shop: Shop, *, day: date = DAY, version: Any = None, arm: str = "stable", **changes: Any) -> None:
    """Note how a version answered on a day."""
    span = clock.day_window(day, shop.zone)
    version = version or Deployment.objects.get(shop=shop).active
    facts = {"expected": 100.0, "units": 100, "heartbeats": 1} | changes
    ServingWindow.objects.create(
        shop=shop, use_case=BATCH, version=version, arm=arm, starts_at=span.starts_at, ends_at=span.ends_at, **facts
    )


def figures(shop: Shop, **of: Any) -> dict[str, tuple[float | None, str]]:
    """Measure the day an hour after its end, and return its figures."""
    measure.measure(midnight(shop, DAY + timedelta(days=1)) + timedelta(hours=1))
    rows = Measurement.objects.for_shop(shop).filter(starts_at=midnight(shop), segment="all", **of)
    return {row.metric: (row.value, row.verdict) for row in rows}


def test_a_day_that_was_answered_in_full_on_fresh_data_is_green(shop: Shop) -> None:
    answered(shop)
    histories.pulled(shop, at=midnight(shop) + timedelta(hours=20))
    assert figures(shop) == {"answered": (1, "ok"), "completeness": (1, "ok"), "data_age_hours": (4, "ok")}


def test_an_answer_that_was_thrown_away_was_none(shop: Shop) -> None:
    answered(shop, broken="Totals are 9 times those of last month", errors=0)
    histories.pulled(shop, at=midnight(shop) + timedelta(hours=20))
    told = figures(shop)
    assert told["answered"] == (0, "breach") and told["completeness"] == (0, "breach")


@pytest.mark.parametrize(("missing", "verdict"), [(1, "ok"), (2, "breach")])
def test_units_without_a_sound_answer_are_missing(shop: Shop, missing: int, verdict: str) -> None:
    answered(shop, units=100, errors=missing)
    assert figures(shop)["completeness"] == (1 - missing / 100, verdict)


def test_nobody_answered(shop: Shop) -> None:
    histories.pulled(shop, at=midnight(shop) - timedelta(hours=3))
    told = figures(shop)
    assert told["answered"] == (0, "breach") and told["completeness"] == (None, "no_data")
    assert told["data_age_hours"] == (27, "breach")


def test_a_shop_of_which_nothing_was_read_yet_owes_nothing_and_is_not_green(shop: Shop) -> None:
    assert figures(shop) == dict.fromkeys(["answered", "completeness", "data_age_hours"], (None, "no_data"))


def test_a_young_shop_that_can_be_told_nothing_is_quiet(shop: Shop) -> None:
    answered(shop, expected=0.0, units=0)
    told = figures(shop)
    assert told["answered"] == (None, "quiet") and told["completeness"] == (None, "quiet")


def test_who_runs_alongside_is_measured_beside_what_runs(shop: Shop) -> None:
    version = histories.a_version(shop)
    Release.objects.create(
        shop=shop,
        use_case=BATCH,
        version=version,
        strategy="blue_green",
        phase=Release.Phase.SHADOW,
        steps=[Step("alongside", mirrors=True).as_dict()],
        entered_at=midnight(shop) - timedelta(days=2),
    )
    answered(shop)
    answered(shop, version=version, arm="canary", broken="NaN")
    assert figures(shop, version=version)["answered"] == (0, "breach")
    assert figures(shop, version=Deployment.objects.get().active)["answered"] == (1, "ok")


def test_what_was_read_after_the_day_does_not_make_its_data_fresh(shop: Shop) -> None:
    histories.pulled(shop, at=midnight(shop, DAY + timedelta(days=1)) + timedelta(minutes=5))
    assert SyncRun.objects.exists()
    assert figures(shop)["data_age_hours"] == (None, "no_data")


@pytest.mark.parametrize("zone", ["Australia/Lord_Howe", "Europe/London", "America/New_York", "Asia/Kolkata"])
def test_a_day_is_one_of_the_shops_own_calendar_also_when_the_clock_is_changed(shop: Shop, zone: str) -> None:
    Shop.objects.update(timezone=zone)
    shop.refresh_from_db()
    days = [first + timedelta(days=n) for first in (date(2026, 10, 3), date(2026, 10, 24)) for n in range(3)]
    for day in days:
        answered(shop, day=day)
        measure.measure(midnight(shop, day + timedelta(days=1)) + timedelta(minutes=20))
    rows = Measurement.objects.filter(metric="completeness")
    assert set(rows.values_list("starts_at", "ends_at")) == {clock.day_window(day, shop.zone) for day in days}


def test_a_day_that_goes_on_is_not_measured(shop: Shop) -> None:
    answered(shop)
    measure.measure(midnight(shop) + timedelta(hours=23))
    assert not Measurement.objects.filter(starts_at=midnight(shop)).exists()
