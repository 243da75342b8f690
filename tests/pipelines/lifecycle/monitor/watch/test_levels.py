"""A version that says much more than else is to be expected is asked about once days deny it; nothing is taken back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from pipelines.lifecycle.monitor.watch import levels
from pipelines.models import Alert, Deployment, ModelVersion, OwnEvent, Release, Shop
from pipelines.models.usecases.demand_forecast import Forecast
from pipelines.usecases.contract import Frames
from tests import histories

pytestmark = pytest.mark.django_db
LAST = date(2026, 11, 22)
NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
USE_CASE = "demand_forecast"
DAY = timedelta(days=1)


@pytest.fixture
def shop() -> Shop:
    shop = histories.a_shop(timezone="UTC")
    histories.pulled(shop, at=NOW - timedelta(hours=3))
    return shop


@pytest.fixture
def versions(shop: Shop) -> tuple[ModelVersion, ModelVersion]:
    """Return the version before, and the one that runs now."""
    before, now = histories.a_version(shop), histories.a_version(shop)
    Deployment.objects.create(shop=shop, use_case=USE_CASE, active=now, standby=before)
    histories.a_live_release(now)
    return before, now


def facts(sold: float = 30.0) -> Frames:
    """Give 84 days of a shop that sells some 30 units a day."""
    days = pd.date_range(end=LAST, periods=84)
    rng = np.random.default_rng(1)
    rows = pd.DataFrame({"unique_id": 7, "ds": days, "y": rng.poisson(30, len(days)).astype(float)})
    rows.loc[rows["ds"] > pd.Timestamp(LAST - 2 * DAY), "y"] = sold
    return Frames({"daily_sales": rows.assign(stockout=np.uint8(0))}, asof=LAST)


def spoke(version: ModelVersion, daily: float, days: int = 3) -> None:
    Forecast.objects.bulk_create(
        Forecast(
            shop=version.shop,
            version=version,
            variant_id=7,
            origin=LAST - ago * DAY,
            mean=[daily] * 28,
            dispersion=1.0,
            model_error=0.1,
        )
        for ago in range(days)
    )


def look(shop: Shop, now: datetime = NOW, **changes: float) -> list[int]:
    return levels.look(shop, USE_CASE, facts(**changes), now)


def test_one_that_says_twice_as_much_as_the_one_before_is_asked_about_with_the_way_back(
    shop: Shop, versions: tuple[ModelVersion, ModelVersion]
) -> None:
    before, now = versions
    spoke(before, 31)
    spoke(now, 62)
    assert look(shop) == [now.number]
    alert = Alert.objects.get()
    assert alert.title == "Demand forecast: version 2 may expect 2.0 times too much"
    assert alert.text == (
        "It expects 1,736 units in the next 28 days; version 1 would have it 868. "
        "Of the last 2 days it had expected 124, version 1 62; it was 60."
    )
    assert alert.release == Release.objects.get() and "go back there with one press" in alert.next_step
    assert Deployment.objects.get().active == now, "nothing is taken back by itself"


def test_it_is_over_when_days_bear_it_out_or_another_version_runs(
    shop: Shop, versions: tuple[ModelVersion, ModelVersion]
) -> None:
    before, now = versions
    spoke(before, 31)
    spoke(now, 62)
    look(shop)
    assert look(shop, sold=60) == [] and not Alert.objects.open().exists()
    look(shop)
    Deployment.objects.update(active=before, standby=None)
    assert look(shop) == [] and not Alert.objects.open().exists()


@pytest.mark.parametrize(("daily", "days"), [(44, 3), (62, 1)], ids=["under half as much again", "no day is over"])
def test_little_more_or_a_first_night_is_no_matter(
    shop: Shop, versions: tuple[ModelVersion, ModelVersion], daily: float, days: int
) -> None:
    spoke(versions[0], 31, days)
    spoke(versions[1], daily, days)
    assert look(shop) == []


def test_where_both_say_so_as_before_a_season_nobody_is_asked(
    shop: Shop, versions: tuple[ModelVersion, ModelVersion]
) -> None:
    for version in versions:
        spoke(version, 80)
    assert look(shop) == []


def test_a_first_version_is_set_beside_the_last_weeks(shop: Shop, versions: tuple[ModelVersion, ModelVersion]) -> None:
    Deployment.objects.update(standby=None)
    spoke(versions[1], 80)
    assert look(shop) == [versions[1].number]
    assert "your last weeks would have it" in Alert.objects.get().text


def test_one_that_waits_for_a_yes_is_asked_about_before_it_runs(
    shop: Shop, versions: tuple[ModelVersion, ModelVersion]
) -> None:
    candidate = histories.a_version(shop)
    release = Release.objects.create(
        shop=shop, use_case=USE_CASE, version=candidate, strategy="shadow", phase="shadow", steps=[{"mirrors": True}]
    )
    spoke(versions[1], 31)
    spoke(candidate, 93)
    assert look(shop) == [candidate.number]
    alert = Alert.objects.get()
    assert alert.release == release and "turn it down there" in alert.next_step


def test_days_apart_deny_nothing_and_old_data_says_nothing(
    shop: Shop, versions: tuple[ModelVersion, ModelVersion]
) -> None:
    spoke(versions[0], 31)
    spoke(versions[1], 62)
    assert look(shop, now=NOW + timedelta(hours=30)) == []
    OwnEvent.objects.create(shop=shop, name="Fair", first_day=LAST - DAY, last_day=LAST)
    assert look(shop) == []
