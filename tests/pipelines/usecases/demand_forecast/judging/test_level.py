"""What was said in all beside what sold: known by hand, blind to days without stock, without a rival by the weeks."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast import USE_CASE

LAST = date(2026, 11, 22)
level = USE_CASE.function(USE_CASE.monitored.level)


def frames(out_since: date | None = None) -> Frames:
    """Give two variants that sell 10 and 4 a day; the first may run out."""
    days = pd.date_range("2026-08-31", LAST)
    rows = pd.DataFrame({"unique_id": np.repeat([1, 2], len(days)), "ds": np.tile(days, 2)})
    rows["y"] = np.repeat([10.0, 4.0], len(days))
    rows["stockout"] = np.uint8(0)
    if out_since:
        gone = (rows["unique_id"] == 1) & (rows["ds"] >= pd.Timestamp(out_since))
        rows.loc[gone, ["y", "stockout"]] = [0.0, 1]
    return Frames({"daily_sales": rows}, asof=LAST)


def said(first: float, second: float = 4.0, ago: tuple[int, ...] = (2, 1, 0)) -> pd.DataFrame:
    rows = [
        {"variant_id": variant, "origin": LAST - timedelta(days=days), "mean": np.full(28, mean)}
        for days in ago
        for variant, mean in ((1, first), (2, second))
    ]
    return pd.DataFrame(rows).assign(dispersion=1.0, model_error=0.1)


def test_days_that_are_over_and_the_month_to_come_stand_beside_what_the_version_before_says() -> None:
    found = level(frames(), said(30.0), said(11.0))
    assert (found.said, found.usual, found.came) == ((34.0, 34.0), (15.0, 15.0), (14.0, 14.0))
    assert (found.ahead, found.usual_ahead) == (28 * 34, 28 * 15)
    assert found.spread == 0.01, "days that are all alike still may differ by a tenth"


def test_without_one_before_the_last_weeks_speak() -> None:
    found = level(frames(), said(30.0))
    assert (found.usual, found.usual_ahead) == ((14.0, 14.0), 28 * 14)


def test_what_is_out_of_stock_is_left_out_on_all_sides_and_its_pace_is_that_of_days_in_stock() -> None:
    found = level(frames(out_since=LAST - timedelta(days=9)), said(30.0))
    assert (found.said, found.usual, found.came) == ((4.0, 4.0), (4.0, 4.0), (4.0, 4.0))
    assert found.usual_ahead == pytest.approx(28 * 14), "it sold ten a day while it was there"


def test_what_only_one_of_them_speaks_of_is_left_out_and_a_first_night_has_no_day_yet() -> None:
    found = level(frames(), said(30.0), said(11.0).query("variant_id == 2"))
    assert (found.said, found.ahead) == ((4.0, 4.0), 28 * 4)
    first = level(frames(), said(30.0, ago=(0,)))
    assert (first.said, first.came, first.ahead) == ((), (), 28 * 34)
