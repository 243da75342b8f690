"""Whether an answer may be shown: every variant answered once, only numbers, a total in reach of what sold."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast import sound

ASOF = date(2026, 11, 19)


def frames(sold=100.0, variants=3, days_ago=0):
    day = pd.Timestamp(ASOF - timedelta(days=days_ago))
    sales = pd.DataFrame({"unique_id": [1], "ds": [day], "y": [sold]})
    series = pd.DataFrame({"unique_id": np.arange(1, variants + 1)})
    return Frames({"daily_sales": sales, "series": series}, asof=ASOF)


def said(total=100.0, variants=3, days=56):
    """Forecast a month's total over all variants, and as much again for the month after it."""
    mean = [np.full(days, total / 28 / variants) for _ in range(variants)]
    facts = {"variant_id": np.arange(1, variants + 1), "mean": mean, "dispersion": 1.0, "model_error": 0.3}
    return pd.DataFrame(facts)


def judged(rows, **known):
    found = sound.forecasts(rows, frames(**known))
    return found.errors, found.broken


def test_a_whole_answer_in_reach_of_what_sold_is_sound():
    found = sound.forecasts(said(), frames())
    assert (found.expected, found.units, found.errors, found.broken) == (3, 3, 0, "")


@pytest.mark.parametrize(
    ("total", "sold", "is_sound"),
    [(25.1, 100, True), (24.9, 100, False), (399.9, 100, True), (400.5, 100, False), (0, 19, True), (0, 20, False),
     (79.9, 0, True), (80.5, 0, False)],
)  # fmt: skip
def test_a_total_is_between_a_quarter_and_four_times_of_what_sold(total, sold, is_sound):
    errors, broken = judged(said(total=total), sold=sold)
    assert (broken == "", errors) == (is_sound, 0 if is_sound else 3)


def test_only_the_month_ahead_and_the_one_past_count():
    assert judged(said(), sold=100, days_ago=27)[1] == ""
    assert "the last 28 sold 0" in judged(said(), sold=100, days_ago=28)[1]
    assert judged(said(days=400))[1] == ""


def test_a_variant_without_a_forecast_is_missed():
    assert judged(said().iloc[:2]) == (1, "1 of 3 variants got no forecast")


def test_a_forecast_that_comes_twice_is_refused():
    rows = said()
    assert judged(pd.concat([rows, rows.iloc[:1]])) == (1, "1 variants got more than one forecast")


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.1])
@pytest.mark.parametrize("column", ["mean", "dispersion", "model_error"])
def test_each_figure_is_a_number_from_zero_up(column, value):
    rows = said()
    if column == "mean":
        rows.at[1, "mean"] = np.where(np.arange(56) == 40, value, rows.at[1, "mean"])
    else:
        rows.loc[1, column] = value
    assert judged(rows) == (1, "1 of 3 forecasts are not numbers from zero up")


def advised(places=(0, 7)):
    rows = [{"variant_id": variant, "location_id": place} for variant in (1, 2, 3) for place in places]
    return pd.DataFrame(rows).assign(**dict.fromkeys(sound.AMOUNTS, 1.0))


def told(rows):
    found = sound.advice(rows, frames())
    return found.units, found.errors, found.broken


def test_advice_has_one_line_in_all_and_one_a_place():
    assert told(advised()) == (3, 0, "")
    assert told(advised(places=(7,)))[2] == "3 of 3 variants got no advice"
    rows = advised()
    assert told(pd.concat([rows, rows.iloc[1:2]])) == (3, 1, "1 lines of advice came twice")


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
@pytest.mark.parametrize("column", sound.AMOUNTS)
def test_each_amount_is_a_number_from_zero_up(column, value):
    rows = advised()
    rows.loc[3, column] = value
    assert told(rows) == (3, 1, "1 of 6 lines of advice are not numbers from zero up")
