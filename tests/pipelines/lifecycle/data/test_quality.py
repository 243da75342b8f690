"""Whether data is fit to learn from: broken or half-empty stops, unusual is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from django.utils import timezone

from pipelines.lifecycle import due
from pipelines.lifecycle.data import quality
from pipelines.lifecycle.data.quality import Looked
from pipelines.lifecycle.errors import BadData
from pipelines.lifecycle.versions import train
from pipelines.models import DatasetSnapshot, ModelVersion, OrderLine, TrainingRun
from tests import histories

ASOF = date(2026, 11, 22)
DAYS = 140


def sales(**changes: object) -> pd.DataFrame:
    days = pd.date_range(end=ASOF, periods=DAYS, freq="D")
    rows = pd.DataFrame({"unique_id": np.repeat([1, 2, 3], DAYS), "ds": np.tile(days, 3)})
    facts = {"y": np.float32(2), "price": np.float32(1000), "discount": np.float32(0), "stockout": np.uint8(2)}
    return rows.assign(**facts | changes)


def lines(per_day: float = 40) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    days = pd.date_range(end=ASOF, periods=DAYS, freq="D")
    counts = rng.poisson(per_day, DAYS)
    return pd.DataFrame({"ds": days, "lines": counts, "without_product": 0, "foreign_currency": 0})


def series() -> pd.DataFrame:
    first = pd.Timestamp(ASOF) - timedelta(days=DAYS)
    return pd.DataFrame(
        {"unique_id": [1, 2, 3], "first_day": first, "price": 1000.0, "unit_cost": [500.0, np.nan, 1.0]}
    )


FACTS = {"currency": "GBP", "time zone": "Europe/London"}


def looked(**changes: object) -> Looked:
    tables = {"daily_sales": sales(), "series": series()}
    return replace(Looked(tables, ASOF, lines(), FACTS, FACTS, ASOF - timedelta(days=7)), **changes)


def with_sales(table: pd.DataFrame) -> Looked:
    return looked(tables={"daily_sales": table, "series": series()})


def found(given: Looked) -> dict[str, str]:
    return {finding.name: finding.verdict.value for finding in quality.look(given)}


def test_plain_data_is_fine_in_every_look():
    assert set(found(looked()).values()) == {"ok"}
    assert len(found(looked())) == 11


@pytest.mark.parametrize(
    "table",
    [
        sales().drop(columns="price"),
        sales().astype({"ds": str}),
        sales().astype({"y": str}),
        sales().astype({"unique_id": "float64"}),
    ],
)
def test_a_missing_column_or_another_kind_stops_before_anything_else(table):
    assert found(with_sales(table)) == {"Columns": "stop"}


@pytest.mark.parametrize(
    ("column", "value"),
    [("y", -1), ("y", np.nan), ("y", np.inf), ("price", -1), ("ds", pd.Timestamp(ASOF) + timedelta(days=1))],
)
def test_what_cannot_be_true_stops(column, value):
    table = sales()
    table.loc[7, column] = value
    assert found(with_sales(table))["Ranges"] == "stop"


def test_zero_sales_and_an_unknown_price_are_in_range():
    table = sales()
    table.loc[7, ["y", "price"]] = 0, np.nan
    assert found(with_sales(table))["Ranges"] == "ok"


def test_a_day_told_twice_stops():
    table = pd.concat([sales(), sales().tail(1)])
    assert found(with_sales(table))["Ranges"] == "stop"


@pytest.mark.parametrize(("y", "grade"), [(40, "ok"), (57, "ok"), (58, "warn"), (5000, "warn")])
def test_a_wholesale_order_is_told_and_does_not_stop(y, grade):
    table = sales()
    table.loc[7, "y"] = y
    assert found(with_sales(table))["Single days"] == grade


@pytest.mark.parametrize(("ahead", "grade"), [(1, "ok"), (2, "ok"), (3, "warn")])
def test_orders_of_the_future_are_told(ahead, grade):
    late = {"ds": pd.Timestamp(ASOF) + timedelta(days=ahead), "lines": 5, "without_product": 0, "foreign_currency": 0}
    assert found(looked(lines=pd.concat([lines(), pd.DataFrame([late])])))["Dates"] == grade


@pytest.mark.parametrize("changed", ["currency", "time zone"])
def test_a_changed_currency_or_zone_is_told(changed):
    assert found(looked(facts_before=FACTS | {changed: "other"}))["Currency and time zone"] == "warn"
    assert found(looked(facts_before=None))["Currency and time zone"] == "ok"


@pytest.mark.parametrize(("days", "grade"), [(0, "ok"), (5, "warn"), (60, "stop")])
def test_money_in_two_currencies_is_not_added_up(days, grade):
    counts = lines()
    counts.loc[counts.index[DAYS - days :], "foreign_currency"] = counts["lines"]
    assert found(looked(lines=counts))["One currency"] == grade


@pytest.mark.parametrize(
    ("before", "lately", "grade"),
    [(0.0, 0.1, "ok"), (0.0, 0.5, "stop"), (0.4, 0.45, "warn"), (0.15, 0.6, "stop"), (0.6, 1.0, "warn")],
)
def test_lines_that_lost_their_product_lately_stop_but_a_habit_of_the_shop_does_not(before, lately, grade):
    counts = lines(200)
    is_recent = counts["ds"] > pd.Timestamp(ASOF) - timedelta(days=28)
    counts["without_product"] = (counts["lines"] * np.where(is_recent, lately, before)).astype(int)
    assert found(looked(lines=counts))["Lines without a product"] == grade


class TestVolume:
    NAME = "As many orders as usual"

    @pytest.mark.parametrize(
        ("per_day", "share", "grade"),
        [(40, 1.0, "ok"), (40, 0.55, "ok"), (40, 0.4, "stop"), (40, 0.0, "stop"), (20, 0.4, "stop"), (5, 0.4, "warn")],
    )
    def test_a_half_empty_week_stops_where_it_is_more_than_chance(self, per_day, share, grade):
        counts = lines(per_day)
        counts.loc[counts.index[-7:], "lines"] = round(per_day * share)
        assert found(looked(lines=counts))[self.NAME] == grade

    def test_an_import_that_broke_off_on_the_last_day_stops(self):
        counts = lines(400)
        counts.loc[counts.index[-1], "lines"] = 30
        assert found(looked(lines=counts))[self.NAME] == "stop"

    def test_a_quiet_week_of_a_small_shop_may_be_chance(self):
        counts = lines(1)
        counts.loc[counts.index[-7:], "lines"] = 0
        assert found(looked(lines=counts))[self.NAME] == "warn"

    def test_a_shop_that_grows_or_shrinks_steadily_trains_on(self):
        counts = lines()
        counts["lines"] = np.linspace(300, 60, DAYS).round().astype(int)
        assert found(looked(lines=counts))[self.NAME] == "ok"

    def test_a_month_of_data_says_nothing_about_what_is_usual(self):
        assert found(looked(lines=lines().tail(30).assign(lines=1)))[self.NAME] == "ok"

    def test_chance_alone_stops_almost_never(self):
        rng = np.random.default_rng(1)
        mean, k = 60.0, 60 / 2.0  # variance is three times the mean
        days = pd.date_range(end=ASOF, periods=DAYS, freq="D")
        looks = [pd.Series(rng.negative_binomial(k, k / (k + mean), DAYS).astype(float), days) for _ in range(1000)]
        assert sum(quality.volume(daily).verdict == "stop" for daily in looks) <= 3


class TestGaps:
    NAME = "No days missing"

    def test_a_few_days_missing_in_between_are_told(self):
        counts = lines()
        counts = counts[(counts.index < 60) | (counts.index > 63)]
        assert found(looked(lines=counts))[self.NAME] == "warn"

    def test_a_young_store_may_have_been_closed_over_christmas(self):
        counts = lines().tail(50)
        assert found(looked(lines=counts[(counts["ds"].rank() < 10) | (counts["ds"].rank() > 22)]))[self.NAME] == "warn"

    def test_a_month_missing_stops(self):
        counts = lines()
        counts = counts[(counts.index < 60) | (counts.index > 95)]
        assert found(looked(lines=counts))[self.NAME] == "stop"

    def test_a_shop_that_is_closed_on_saturdays_misses_nothing(self):
        counts = lines()
        assert found(looked(lines=counts[counts["ds"].dt.day_of_week != 5]))[self.NAME] == "ok"

    def test_days_without_orders_of_a_small_shop_are_chance(self):
        assert found(looked(lines=lines(1)))[self.NAME] == "ok"


@pytest.mark.parametrize(("units", "grade"), [(1, "ok"), (2000, "warn")])
def test_a_new_collection_is_told_and_does_not_stop(units, grade):
    new = sales().tail(1).assign(unique_id=9, y=np.float32(units))
    assert found(with_sales(pd.concat([sales(), new])))["Known products"] == grade


def test_the_first_training_knows_no_older_products():
    assert found(looked(asof_before=None))["Known products"] == "ok"


def test_every_look_tells_a_merchant_something():
    assert all(finding.text.endswith(".") and finding.name for finding in quality.look(looked()))


# In a training


@pytest.fixture
def shop(db, toy):
    shop = histories.a_shop()
    thing = histories.a_variant(shop, 1, created=timezone.now() - timedelta(days=120))
    for ago in range(1, 80):
        for _ in range(12):
            histories.an_order(shop, timezone.now() - timedelta(days=ago), [(thing, 2)])
    histories.pulled(shop)
    return shop


def test_what_was_found_is_kept_beside_the_data(shop):
    version = train.train_version(shop_id=shop.pk, use_case="toy", trigger="first")
    kept = {found["name"]: found["verdict"] for found in version.dataset.quality}
    assert kept["As many orders as usual"] == "ok" and len(kept) == 11


def test_a_half_empty_import_trains_nothing_and_says_so(shop):
    OrderLine.objects.filter(processed_at__gte=timezone.now() - timedelta(days=8)).delete()
    with pytest.raises(BadData):
        train.train_version(shop_id=shop.pk, use_case="toy", trigger="weekly")
    run = TrainingRun.objects.get()
    assert (run.state, run.error_code) == (TrainingRun.State.STOPPED, "BadData")
    assert "import is incomplete or you sold far less" in run.error and not ModelVersion.objects.exists()
    assert any(found["verdict"] == "stop" for found in DatasetSnapshot.objects.get().quality)


def test_a_shop_that_changed_its_zone_is_told(shop):
    train.train_version(shop_id=shop.pk, use_case="toy", trigger="first")
    shop.timezone = "Europe/Paris"
    shop.save()
    version = train.train_version(shop_id=shop.pk, use_case="toy", trigger="merchant")
    kept = {found["name"]: found for found in version.dataset.quality}
    assert kept["Currency and time zone"]["verdict"] == "warn"


def test_a_stop_for_bad_data_is_looked_at_again_after_a_day(shop, toy):
    train.train_version(shop_id=shop.pk, use_case="toy", trigger="first")
    stopped = TrainingRun.objects.create(
        shop=shop, use_case="toy", trigger="weekly", state=TrainingRun.State.STOPPED, error_code="BadData"
    )
    now = stopped.created_at
    assert due.due_trigger(shop, "toy", now + timedelta(hours=23)) == ""
    assert due.due_trigger(shop, "toy", now + timedelta(hours=25)) == "weekly"


def test_bundles_whose_parts_are_not_known_are_told_and_stop_nothing() -> None:
    told = {each.name: each for each in quality.look(looked(units_of_unknown_bundles=12))}["Bundles"]
    assert (told.verdict.value, told.value) == ("warn", 12) and "12 units of bundles sold" in told.text
    assert found(looked())["Bundles"] == "ok"
