"""What is watched of sales: days without a sale are days, too."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from pipelines.stats.drift import table
from pipelines.stats.drift.findings import Finding
from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast.judging.watched import LATELY, rows

LAST = date(2026, 9, 13)
COLUMNS = ["unique_id", "ds", "y", "price", "discount", "stockout"]
KNOWN, UNKNOWN, SUSPECTED = 1, 2, 3  # as the frame has it: UNKNOWN of all days with sales and no more said


def frames(*told: tuple[int, int, float, float]) -> Frames:
    """Make sales of a series, so many days ago, of so many units at a price."""
    facts = [(unit, pd.Timestamp(LAST - timedelta(days=ago)), y, price, 0.0, UNKNOWN) for unit, ago, y, price in told]
    return Frames({"daily_sales": pd.DataFrame(facts, columns=COLUMNS)}, LAST)


def test_days_without_a_sale_are_rows_at_the_price_of_the_last_sale():
    found = rows(frames((1, 2, 3.0, 10.0), (1, 0, 1.0, 12.0)))
    assert found["y"].tolist() == [3.0, 0.0, 1.0]
    assert found["price"].tolist() == [10.0, 10.0, 12.0]
    assert found[["discount", "stockout"]].eq(0).all(axis=None)


def test_what_sold_long_ago_only_is_not_watched_and_a_new_series_begins_on_its_first_day():
    found = rows(frames((1, LATELY, 1.0, 1.0), (2, 0, 1.0, 1.0)))
    assert len(found) == 1


def test_a_series_that_sold_before_is_watched_from_the_first_day_of_the_window():
    assert len(rows(frames((1, LATELY, 1.0, 1.0), (1, 0, 1.0, 1.0)))) == LATELY


def test_nothing_sold_is_nothing_watched():
    assert rows(frames((1, LATELY + 9, 1.0, 1.0))).empty


def of_a_shop(a_day: float, seed: int) -> pd.DataFrame:
    """Draw what 300 series sell, each a little, and give eight days of it; only days with a sale are written down."""
    drawn = np.random.default_rng(seed).poisson(a_day, (300, 28))
    told = [(unit, ago, float(units), 5.0) for (unit, ago), units in np.ndenumerate(drawn) if units]
    found = rows(frames(*told))
    return found[found["ds"] > pd.Timestamp(LAST - timedelta(days=8))]


def test_twice_as_many_orders_are_a_drift_and_as_many_are_none():
    usual, same, doubled = (of_a_shop(a_day, seed) for seed, a_day in enumerate((0.5, 0.5, 1.0)))
    days = usual["ds"].dt.day.to_numpy()
    said = [table.compare(usual[["y"]], now[["y"]], days).loc["y", "finding"] for now in (same, doubled)]
    assert [Finding(each) for each in said] == [Finding.OK, Finding.DRIFT]


def test_days_out_of_stock_are_those_alone_and_do_not_follow_sales():
    usual, doubled = of_a_shop(0.5, 0), of_a_shop(1.0, 1)
    found = table.compare(usual[["stockout"]], doubled[["stockout"]], usual["ds"].dt.day.to_numpy())
    assert found.loc["stockout", "psi"] == 0 or np.isnan(found.loc["stockout", "psi"])
    told = frames((1, 3, 2.0, 9.0), (1, 2, 0.0, 9.0), (1, 1, 0.0, 9.0), (1, 0, 1.0, 9.0))
    told["daily_sales"]["stockout"] = [UNKNOWN, KNOWN, SUSPECTED, UNKNOWN]
    assert rows(told)["stockout"].tolist() == [0, 1, 1, 0]
