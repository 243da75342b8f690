"""Coverage counts what was held beside what sold, by horizon, kind of demand and pace."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.usecases.demand_forecast import model
from pipelines.usecases.demand_forecast.backtesting.coverage import KINDS, Coverage, coverage_of, kind_of_demand
from pipelines.usecases.demand_forecast.learning.history import History, history_of
from tests.frames import shop_frames


def of(sold: list[float], held: list[float], kind: list[int], slow: list[bool]) -> Coverage:
    wide = np.repeat(np.array(sold, dtype=float)[:, None], 5, axis=1)
    both = np.repeat(np.array(held, dtype=float)[:, None, None], 5, axis=1).repeat(2, axis=2)
    return Coverage(wide, both, both[:, :, 0] / 2, np.array(kind), np.array(slow))


def test_shares_are_counted_by_kind_and_pace() -> None:
    found = of([1, 2, 3, 9], [2, 2, 4, 4], [0, 0, 3, 3], [True, False, False, True]).figures()
    assert found["coverage95_21d"] == found["coverage90_21d"] == 0.75
    assert found["coverage95_worst_kind_21d"] == 0.5
    assert found["coverage95_slow_21d"] == 0.5
    assert found["extra_stock_21d"] == pytest.approx(1.0)


def test_a_sum_that_was_not_seen_is_not_judged() -> None:
    one = of([np.nan, 2], [2, 2], [0, 0], [False, False])
    assert one.figures()["coverage95_7d"] == 1.0 and one.figures()["coverage95_slow_7d"] is None
    assert replace(one, sold=one.sold * np.nan).figures()["coverage95_7d"] is None


def test_a_forecast_is_set_beside_the_sums_that_were_complete() -> None:
    frames = shop_frames(n_series=6, days=200)
    known = history_of(frames)
    said = model.predict_panel(model.fit(frames), frames, horizon=56)
    rows = np.array([True] * 5 + [False])
    found = coverage_of(said.mean, said.spread, known, np.full((6, 28), 0.5), rows)
    assert found.sold.shape == (5, 5) and np.isnan(found.sold[:, 4]).all() and (found.sold[:, 3] == 14).all()
    assert np.array_equal(found.held[:, 2, 0], said.quantile_of_sum(21, 0.95)[rows])
    assert np.array_equal(found.held[:, 2, 1], said.quantile_of_sum(21, 0.9)[rows])


def test_kinds_go_by_gap_and_variation() -> None:
    y = np.zeros((4, 200), np.float32)
    y[0] = 5
    y[1, :] = np.where(np.arange(200) % 2, 1, 12)
    y[2, ::5] = 3
    y[3, ::5] = np.where(np.arange(40) % 2, 1, 12)
    base = history_of(shop_frames(n_series=4, days=200))
    history = History(replace(base.panel, y=y), base.product_type, base.total, "GB", ())
    assert [KINDS[kind] for kind in kind_of_demand(history)] == ["smooth", "erratic", "intermittent", "lumpy"]
