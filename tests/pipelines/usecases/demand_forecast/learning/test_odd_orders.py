"""One odd order is noticed and weighs no more than the largest usual day; a new level is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipelines.stats.frames import Panel
from pipelines.usecases.demand_forecast.explanation import explain
from pipelines.usecases.demand_forecast.learning.history import history_of
from pipelines.usecases.demand_forecast.learning.odd_orders import odd_days_of
from pipelines.usecases.demand_forecast.model import fit, predict_panel
from pipelines.usecases.demand_forecast.serving import odd_days
from tests.pipelines.usecases.demand_forecast.test_hard_histories import frames_of

DAYS = 200


def a_panel(y: np.ndarray) -> Panel:
    start = np.datetime64("2026-01-01")
    return Panel(
        np.arange(len(y)), start, y.astype(np.float32), np.ones(y.shape, bool), np.zeros(len(y), dtype=np.int64)
    )


def three_a_day(n: int = 10, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).poisson(3, (n, DAYS)).astype(float)


def test_usual_sales_hold_no_odd_day() -> None:
    rng = np.random.default_rng(1)
    lively = rng.negative_binomial(0.5, 0.05, (200, DAYS))
    assert len(odd_days_of(a_panel(three_a_day(300))).row) == 0
    assert len(odd_days_of(a_panel(lively)).row) <= 0.0005 * lively.size


def test_an_odd_order_is_noticed_and_counts_as_the_largest_usual_day() -> None:
    y = three_a_day()
    y[4, 195] = 400
    odd = odd_days_of(a_panel(y))
    assert (odd.row.tolist(), odd.column.tolist(), odd.sold.tolist()) == ([4], [195], [400])
    assert 4 <= odd.counts[0] <= y[4, :195].max()


def test_a_new_level_is_noticed_for_one_day_only() -> None:
    y = three_a_day()
    y[4, 150:] = 60
    assert odd_days_of(a_panel(y)).column.tolist() == [150]


def test_a_day_on_which_the_whole_shop_sells_more_is_not_odd() -> None:
    y = three_a_day()
    y[:, 180] *= 20
    assert len(odd_days_of(a_panel(y)).row) == 0


def test_what_comes_later_does_not_change_what_is_odd() -> None:
    y = np.random.default_rng(2).negative_binomial(0.2, 0.05, (50, DAYS)).astype(float)
    whole, part = odd_days_of(a_panel(y)).until(120), odd_days_of(a_panel(y[:, :120]))
    assert np.array_equal(whole.row, part.row) and np.array_equal(whole.counts, part.counts)


def test_days_without_stock_teach_nothing() -> None:
    y = three_a_day()
    panel = a_panel(y)
    panel.seen[4, 100:] = False
    panel.y[4, 150] = 400
    assert len(odd_days_of(panel).row) == 0


def test_the_forecast_after_an_odd_order_stays_at_what_usually_sells() -> None:
    """A wholesale order of 400, five days ago, in a variant that sells three a day."""
    y = three_a_day(20)
    y[4, DAYS - 5] = 400
    frames = frames_of(y)
    forecast = predict_panel(fit(frames), frames)
    said = forecast.mean[4].mean()
    assert 3 <= said <= 5
    usual = forecast.quantile_of_sum(21, 0.95)
    assert usual[4] < 1.5 * np.median(usual)


def test_the_explanation_names_the_odd_order_and_adds_up() -> None:
    y = three_a_day(20)
    y[4, DAYS - 5] = 400
    frames = frames_of(y)
    forecast = predict_panel(fit(frames), frames)
    parts = forecast.level_parts().set_index("unique_id").loc[4].to_dict()
    total = parts.pop("total")
    assert sum(parts.values()) == pytest.approx(total)
    told = dict(explain(parts, sold_28=float(y[4, -28:].sum()), forecast_28=total))
    assert -400 < told["An odd order, counted as your largest usual day"] < -380
    assert abs(told.get("Your average over more weeks than those", 0)) < 30


def test_what_sold_is_scored_and_shown_as_it_sold() -> None:
    y = three_a_day()
    y[4, DAYS - 5] = 400
    frames = frames_of(y)
    history = history_of(frames)
    assert history.panel.y[4, DAYS - 5] < 15
    assert history.known[4, DAYS - 5] == history.as_sold.panel.y[4, DAYS - 5] == 400
    assert history.actual(DAYS - 28, 28)[4, 23] == 400
    assert history.rows(np.array([4])).known[0, DAYS - 5] == 400
    assert replace(history).until(DAYS - 10).odd.row.size == 0


def test_a_forecast_tells_each_variants_unusual_days_the_newest_first() -> None:
    y = three_a_day()
    y[4, [DAYS - 40, DAYS - 5]] = 100, 400
    told = odd_days(history_of(frames_of(y)))
    assert len(told) == len(y) and not any(told[:4] + told[5:])
    assert [(day, sold) for day, sold, _ in told[4]] == [("2026-11-18", 400.0), ("2026-10-14", 100.0)]
    assert all(counts < 15 for _, _, counts in told[4])


def test_the_merchant_may_count_it_in_full_or_leave_it_out() -> None:
    y = three_a_day()
    y[4, DAYS - 5] = 400
    y[5, DAYS - 9] = 20
    said = pd.DataFrame(
        {"unique_id": [4, 5], "ds": pd.to_datetime(["2026-11-18", "2026-11-14"]), "counts": [True, False]}
    )
    frames = frames_of(y)
    history = history_of(replace(frames, tables={**frames.tables, "odd_orders": said}))
    assert history.odd.row.size == 0
    assert history.panel.y[4, DAYS - 5] == 400
    assert not history.panel.seen[5, DAYS - 9]
