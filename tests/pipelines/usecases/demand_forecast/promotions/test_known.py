"""A past promotion is no level, a planned one is expected, and nothing is known before it was entered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast.learning.history import history_of
from pipelines.usecases.demand_forecast.model import fit, predict_panel
from tests.pipelines.usecases.demand_forecast.promotions.shops import START, planned, sold_at, weeks_of_sale

DAYS = 196
IDS = list(range(1, 31))


def with_plan(frames: Frames, plan: pd.DataFrame) -> Frames:
    return replace(frames, tables={**frames.tables, "planned_sales": plan}, memo={})


def without_prices(frames: Frames) -> Frames:
    return replace(frames, tables={"daily_sales": frames["daily_sales"].drop(columns="price")}, memo={})


def a_week_just_before_the_end(power: float = 2.5) -> Frames:
    depth = np.zeros((len(IDS), DAYS))
    depth[:, -9:-2] = 0.4
    return sold_at(depth, power, rate=3)


def until(frames: Frames, days: int) -> Frames:
    last = START + timedelta(days=days - 1)
    sales = frames["daily_sales"]
    tables = {**frames.tables, "daily_sales": sales[sales["ds"] <= pd.Timestamp(last)]}
    return replace(frames, tables=tables, asof=last, memo={})


def a_day(frames: Frames) -> np.ndarray:
    return predict_panel(fit(frames), frames, horizon=28).mean.sum(axis=0)


def test_after_a_promotion_the_forecast_comes_down() -> None:
    frames = a_week_just_before_the_end()
    told = a_day(frames).mean() / len(IDS)
    blind = a_day(without_prices(frames))
    assert told == pytest.approx(3.0, rel=0.2)
    assert blind.mean() / len(IDS) > 1.25 * told


def test_a_planned_sale_raises_its_own_days_by_the_usual_effect() -> None:
    frames = sold_at(np.zeros((len(IDS), DAYS)), 0.0, rate=3, priced=False)
    plain, raised = a_day(frames), a_day(with_plan(frames, planned(IDS, DAYS + 2, DAYS + 4, 0.3)))
    lift = raised / plain
    assert lift[2:5] == pytest.approx(0.7**-1.9, rel=0.01)
    assert np.delete(lift, [2, 3, 4]) == pytest.approx(1.0, rel=0.01)


def test_the_effect_of_a_planned_sale_is_learned_from_past_ones_of_the_shop() -> None:
    depth = np.zeros((len(IDS), DAYS))
    for first in (100, 140, 170):
        depth[:, first : first + 5] = 0.3
    frames = sold_at(depth, 3.5, rate=3, priced=False)
    plan = pd.concat([planned(IDS, first, first + 4, 0.3) for first in (100, 140, 170, DAYS + 7)])
    day = a_day(with_plan(frames, plan)) / len(IDS)
    assert day[7:12].mean() == pytest.approx(3 * 0.7**-3.5, rel=0.15)
    assert np.delete(day, range(7, 12)).mean() == pytest.approx(3.0, rel=0.1)


def test_only_the_variants_of_a_sale_are_raised() -> None:
    frames = sold_at(np.zeros((4, DAYS)), 0.0, rate=3, priced=False)
    lift = history_of(with_plan(frames, planned([2, 9], DAYS, DAYS + 40, 0.2))).promotions.ahead(DAYS, 28)
    assert (lift[[0, 2, 3]] == 1).all() and (lift[1] > 1.3).all()


def test_a_sale_is_not_known_ahead_before_it_was_entered() -> None:
    frames = sold_at(np.zeros((4, DAYS)), 0.0, rate=3, priced=False)
    history = history_of(with_plan(frames, planned(IDS[:4], 150, 156, 0.3, known=145)))
    assert (history.until(140).promotions.ahead(140, 28) == 1).all()
    assert history.until(147).promotions.ahead(147, 28).max() > 1.5


def test_what_is_known_at_an_origin_is_what_was_known_then() -> None:
    frames = with_plan(sold_at(weeks_of_sale(30, DAYS), 2.0, rate=2), planned(IDS[:9], 120, 126, 0.4))
    now, then = history_of(frames).until(168), history_of(until(frames, 168))
    assert now.panel.y == pytest.approx(then.panel.y)
    assert now.promotions.powers == pytest.approx(then.promotions.powers)
    assert now.promotions.ahead(168, 28) == pytest.approx(then.promotions.ahead(168, 28))


def test_what_sold_is_what_sold() -> None:
    frames = sold_at(weeks_of_sale(30, DAYS), 2.0, rate=2)
    history = history_of(frames)
    blind = history_of(without_prices(frames))
    assert (history.panel.y < blind.panel.y - 0.1).any()
    assert history.as_sold.panel.y == pytest.approx(blind.panel.y, rel=1e-5)
    assert history.known == pytest.approx(blind.known, rel=1e-5)
    assert history.actual(150, 28) == pytest.approx(blind.actual(150, 28), rel=1e-5)
    chosen = np.array([3, 17])
    assert history.rows(chosen).known == pytest.approx(blind.known[chosen], rel=1e-5)
