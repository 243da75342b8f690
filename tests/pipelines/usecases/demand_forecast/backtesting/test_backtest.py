"""A member joins only where the shop's own past says that it helps."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast.backtesting.backtest import Backtest, Members, Recipe
from pipelines.usecases.demand_forecast.learning.ensemble import spread_over
from pipelines.usecases.demand_forecast.learning.history import history_of
from tests.frames import LAST_DAY, shop_frames


@pytest.fixture(scope="module")
def backtest() -> Backtest:
    return Backtest(history_of(shop_frames(n_series=6, days=150)), seed=0, lead_days=14)


@pytest.fixture(scope="module")
def trials(backtest: Backtest) -> list[Members]:
    return [backtest.members(cut, 28) for cut in backtest.plan.cuts]


def with_total(backtest: Backtest, trials: list[Members], factor: float) -> list[Members]:
    """Let Prophet have said the truth times a factor."""
    sold = [np.nansum(backtest.history.actual(trial.history.n_days, 28), axis=0) for trial in trials]
    return [replace(trial, total=factor * total) for trial, total in zip(trials, sold, strict=True)]


def test_a_total_that_is_right_joins(backtest: Backtest, trials: list[Members]) -> None:
    joins, why = backtest._total_pays(with_total(backtest, trials, 1.0), Recipe())
    assert joins
    assert "shop's total 0%" in why


def test_a_total_that_is_worse_than_the_naive_one_stays_out(backtest: Backtest, trials: list[Members]) -> None:
    assert not backtest._total_pays(with_total(backtest, trials, 3.0), Recipe())[0]


def test_a_total_that_spoils_the_sum_stays_out(backtest: Backtest, trials: list[Members]) -> None:
    """It beats the naive rule day by day, and would still pull a good sum down."""
    joins, why = backtest._total_pays(with_total(backtest, trials, 0.8), Recipe())
    assert not joins
    assert "shop's total 20%" in why


def test_a_total_that_helped_on_average_and_not_every_time_stays_out(backtest: Backtest, trials: list[Members]) -> None:
    """Where much is gained at two origins and lost at the third, the two were luck."""
    right = [replace(trial, week=1.3 * trial.week) for trial in with_total(backtest, trials, 1.0)]
    spoiled = with_total(backtest, trials, 0.8)[0]
    assert backtest._total_pays(right, Recipe())[0]
    joins, why = backtest._total_pays([spoiled, *right[1:]], Recipe())
    assert not joins
    assert why.endswith("no worse at 2 of 3 past origins")


def test_trees_that_are_as_good_join(backtest: Backtest, trials: list[Members]) -> None:
    """The mean of two forecasts is rarely worse than both: so near, it is taken; further off it is not."""

    def off(by: float) -> list[Members]:
        cheap = [spread_over(trial.week, trial.horizon) for trial in trials]
        return [replace(trial, trees=said + by) for trial, said in zip(trials, cheap, strict=True)]

    assert backtest._trees_pay(off(0.0), Recipe())[0]
    assert not backtest._trees_pay(off(5.0), Recipe())[0]


def test_trees_that_repeat_the_truth_join_and_trees_that_shout_do_not(
    backtest: Backtest, trials: list[Members]
) -> None:
    truth = [np.nan_to_num(backtest.history.actual(trial.history.n_days, 28)) for trial in trials]
    right = [replace(trial, trees=said) for trial, said in zip(trials, truth, strict=True)]
    wrong = [replace(trial, trees=said + 100) for trial, said in zip(trials, truth, strict=True)]
    assert backtest._trees_pay(right, Recipe())[0]
    assert not backtest._trees_pay(wrong, Recipe())[0]


def test_without_earlier_origins_only_the_cheap_members_speak(backtest: Backtest) -> None:
    recipe = backtest.recipe(20)
    assert (recipe.uses_trees, recipe.uses_total, recipe.model_error) == (False, False, Recipe().model_error)


@pytest.mark.parametrize(("seed", "strongest"), [(0, "moving_average"), (1, "moving_average"), (2, "last_year")])
def test_the_strongest_simple_rule_is_chosen_on_the_shops_own_past(seed: int, strongest: str) -> None:
    """Random days are best told by their average; a year that comes again is best told by itself."""
    rng = np.random.default_rng(seed)
    days = 728 if strongest == "last_year" else 200
    y = rng.poisson(4, (8, 364 if days > 364 else days))
    rows = pd.DataFrame(np.tile(y, 2)[:, :days]).stack().rename("y").reset_index()
    rows["ds"] = pd.Timestamp(LAST_DAY) - pd.to_timedelta(days - 1 - rows["level_1"], "D")
    history = history_of(Frames({"daily_sales": rows.rename(columns={"level_0": "unique_id"})}, LAST_DAY, ""))
    past = Backtest(history, 0, 14)
    past.trees = lambda cut, horizon: None  # no member matters here
    assert past.simple_rule == strongest


def test_an_origin_is_computed_once(backtest: Backtest) -> None:
    cut = backtest.plan.cuts[0]
    assert backtest.members(cut, 28) is backtest.members(cut, 28)
    assert backtest.recipe(cut) is backtest.recipe(cut)
