"""How near a version came, as figures that are watched: known by hand, and blind to days without stock."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast import USE_CASE

FIRST = date(2026, 11, 16)
accuracy = USE_CASE.function(USE_CASE.monitored.accuracy)


def frames(*, last_week: float = 12.0, out: bool = False) -> Frames:
    """Give two variants that sell 10 and 4 a day, and other units of the first one in the last week."""
    days = pd.date_range("2026-08-31", "2026-11-22")
    first = np.where(days >= pd.Timestamp(FIRST), last_week, 10.0)
    first[0] = 5.0  # something must have changed once, or no error has a scale
    rows = pd.DataFrame({"unique_id": np.repeat([1, 2], len(days)), "ds": np.tile(days, 2)})
    rows["y"] = np.concatenate([first, np.full(len(days), 4.0)])
    rows["stockout"] = np.uint8(0)
    if out:
        gone = (rows["unique_id"] == 1) & (rows["ds"] >= pd.Timestamp("2026-11-20"))
        rows.loc[gone, ["y", "stockout"]] = [0.0, 1]
    return Frames({"daily_sales": rows}, asof=days[-1].date())


def said(first: float, second: float = 4.0) -> pd.DataFrame:
    means = [np.full(28, first), np.full(28, second)]
    rows = pd.DataFrame({"variant_id": [1, 2], "first_day": FIRST, "origin": date(2026, 11, 15), "mean": means})
    return rows.assign(dispersion=1.0, model_error=0.1)


def test_what_is_right_has_no_error_and_beats_last_week() -> None:
    found = accuracy(frames(), said(12.0))
    assert (found["wape"], found["rmsse"], found["bias"], found["skill"]) == (0, 0, 0, 1)
    assert found["coverage95"] == 1 and found["stockout_share"] == 0


def test_errors_are_set_beside_what_sold() -> None:
    found = accuracy(frames(), said(15.0))
    assert found["wape"] == pytest.approx(21 / (84 + 28)) and found["bias"] == pytest.approx(21 / (84 + 28))
    assert found["skill"] == pytest.approx(1 - 3 / 2)
    assert found["wape_by_rule"] == pytest.approx(14 / (84 + 28))


def test_last_week_again_has_no_skill() -> None:
    assert accuracy(frames(), said(10.0))["skill"] == 0


def test_days_without_stock_are_left_out_on_both_sides() -> None:
    found = accuracy(frames(out=True), said(12.0))
    assert found["wape"] == 0 and found["bias"] == 0
    assert found["stockout_share"] == pytest.approx(3 / 14)


def test_a_quantile_that_holds_too_little_is_seen() -> None:
    found = accuracy(frames(last_week=30.0), said(10.0))
    assert found["coverage95"] == 0.5 and found["pinball95"] > accuracy(frames(last_week=30.0), said(30.0))["pinball95"]


def test_nothing_to_judge_is_told_as_such() -> None:
    nothing = accuracy(frames(), said(12.0).assign(variant_id=[8, 9]))
    assert set(nothing.values()) == {None}
