"""Long frames become dense panels and come back unchanged."""

from datetime import date

import numpy as np
import pandas as pd
from hypothesis import given

from pipelines.stats.frames import long_from_matrix, panel_from_long
from tests.frames import LAST_DAY, daily_sales, sales_frames

DAY = pd.Timestamp("2026-01-01")


def rows(*given: tuple[str, int, float]) -> pd.DataFrame:
    return pd.DataFrame([(i, DAY + pd.Timedelta(days=d), y) for i, d, y in given], columns=["unique_id", "ds", "y"])


def test_a_day_without_a_row_is_a_zero_after_the_first_one() -> None:
    panel = panel_from_long(rows(("a", 0, 2), ("a", 3, 1), ("b", 2, 5)), end=date(2026, 1, 5))
    assert panel.y.tolist() == [[2, 0, 0, 1, 0], [0, 0, 5, 0, 0]]
    assert panel.seen.tolist() == [[True] * 5, [False, False, True, True, True]]


def test_rows_after_the_last_complete_day_are_never_read() -> None:
    panel = panel_from_long(rows(("a", 0, 2), ("a", 9, 100)), end=date(2026, 1, 3))
    assert panel.y.tolist() == [[2, 0, 0]]


def test_days_out_of_stock_are_missing_and_not_zero() -> None:
    sales = rows(("a", 0, 2), ("a", 1, 0), ("a", 2, 0), ("a", 3, 0)).assign(stockout=[0, 1, 2, 3])
    assert panel_from_long(sales, end=date(2026, 1, 4)).seen.tolist() == [[True, False, True, False]]


def test_a_stated_first_day_makes_the_days_before_the_first_sale_zeros() -> None:
    first = pd.Series({"a": DAY, "b": pd.NaT, "new": DAY + pd.Timedelta(days=2)})
    panel = panel_from_long(
        rows(("a", 1, 1), ("b", 0, 1)), end=date(2026, 1, 4), ids=pd.Index(["a", "b", "new"]), first_day=first
    )
    assert panel.ids.tolist() == ["a", "b", "new"]
    assert panel.first.tolist() == [0, 0, 2]
    assert panel.seen.sum(axis=1).tolist() == [4, 4, 2]


def test_unknown_units_are_missing_and_negative_ones_are_clipped() -> None:
    panel = panel_from_long(rows(("a", 0, np.nan), ("a", 1, -3), ("a", 2, np.inf)), end=date(2026, 1, 3))
    assert panel.seen.tolist() == [[False, True, False]]
    assert panel.y.tolist() == [[0, 0, 0]]


def test_several_rows_of_one_day_are_summed() -> None:
    assert panel_from_long(rows(("a", 0, 2), ("a", 0, 3)), end=date(2026, 1, 1)).y.tolist() == [[5]]


def test_what_was_known_at_a_cut_is_a_prefix() -> None:
    panel = panel_from_long(daily_sales(days=60), end=LAST_DAY)
    assert panel.until(40).y.shape == (3, 40)
    assert panel.until(40).days[-1] == panel.days[39]


@given(sales_frames())
def test_no_unit_is_lost_on_the_way(sales: pd.DataFrame) -> None:
    panel = panel_from_long(sales, end=LAST_DAY)
    assert panel.y.sum(dtype=float) == sales["y"].sum()
    back = long_from_matrix(panel.ids, panel.start, panel.y, "y")
    merged = back.merge(sales, on=["unique_id", "ds"], suffixes=("", "_before"))
    assert len(merged) == len(sales)
    assert (merged["y"] == merged["y_before"]).all()
