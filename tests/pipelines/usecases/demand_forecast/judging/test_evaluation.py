"""An evaluation is honest: no future, no days out of stock, the plain rules beside it, thin evidence called thin."""

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from pipelines.stats import metrics
from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast.backtesting.backtest import Recipe, backtest_of
from pipelines.usecases.demand_forecast.judging.evaluation import evaluate, score_origin, slices_of
from pipelines.usecases.demand_forecast.learning.baselines import SIMPLE_RULES
from pipelines.usecases.demand_forecast.learning.history import history_of
from pipelines.usecases.demand_forecast.model import fit
from tests.frames import LAST_DAY, shop_frames

RULES = {"candidate", "seasonal_naive", "moving_average", "croston_sba"}
FIGURES = {"rmsse", "wape28", "bias", "mase", "skill", "series"}


@pytest.fixture(scope="module")
def frames() -> Frames:
    return shop_frames(n_series=10, days=220)


@pytest.fixture(scope="module")
def stored(frames: Frames) -> dict:
    return json.loads(json.dumps(evaluate(frames).as_dict(), allow_nan=False))


def test_the_plain_rules_stand_beside_the_candidate(stored: dict) -> None:
    assert set(stored) >= RULES
    for rule in RULES:
        assert set(stored[rule]) >= FIGURES
    assert stored["seasonal_naive"]["skill"] == 0
    assert 0 <= stored["candidate"]["coverage95"] <= 1


def test_the_simple_rule_is_beaten_on_a_shop_with_a_weekly_rhythm(stored: dict) -> None:
    assert stored["candidate"]["rmsse"] < 0.9 * stored["seasonal_naive"]["rmsse"]
    assert abs(stored["candidate"]["bias"]) < 0.1


def test_the_strongest_simple_rule_is_named(stored: dict) -> None:
    simple = {name: stored[name]["rmsse"] for name in ("seasonal_naive", "moving_average")}
    assert stored["simple_rule"] == min(simple, key=simple.get)
    assert stored["simple_rule_words"] == SIMPLE_RULES[stored["simple_rule"]].words


def test_it_says_which_members_joined_and_why(stored: dict) -> None:
    assert stored["members"]["cheap"]["joined"]
    assert stored["members"]["trees"]["why"]
    assert stored["members"]["total"]["why"]


def test_slices_and_days_are_reported(stored: dict) -> None:
    assert set(stored["slices"]) == {"new_products", "best_sellers", "steady", "slow"}
    assert set(stored["days"]) == {"peak_weekdays", "other_weekdays"}
    assert stored["days"]["peak_weekdays"]["candidate"]["wape"] > 0


def test_the_live_version_stands_beside_the_candidate(frames: Frames) -> None:
    assert set(evaluate(frames, champion=fit(frames)).figures) == RULES | {"champion"}


def test_a_live_version_wins_nothing_by_hindsight(frames: Frames) -> None:
    """What it decided after an origin is not used there; before that, both run what was decided then."""
    learned = fit(frames)
    other = replace(learned, recipe=replace(learned.recipe, uses_trees=not learned.recipe.uses_trees))
    new = evaluate(frames, champion=other).figures
    assert new["champion"]["rmsse"] == new["candidate"]["rmsse"]
    old = evaluate(frames, champion=replace(other, asof=frames.asof - timedelta(days=365))).by_origin["all"]
    assert old["champion"] != old["candidate"]


def test_what_gates_read_is_told_origin_by_origin(stored: dict) -> None:
    origins = len(stored["origins"])
    parts = {"all", "peak_weekdays", "new_products", "best_sellers", "steady", "slow"}
    assert set(stored["by_origin"]) == parts and len(stored["covered"]) == origins
    assert all(len(told) == origins for part in stored["by_origin"].values() for told in part.values())
    hits, trials = (sum(column) for column in zip(*stored["covered"], strict=True))
    assert stored["candidate"]["coverage95"] == pytest.approx(hits / trials)
    assert stored["days"]["peak_weekdays"]["candidate"]["rmsse"] > 0


def test_the_future_of_an_origin_changes_nothing_that_was_said_there(frames: Frames) -> None:
    cut = backtest_of(frames, seed=0, lead_days=14).plan.cuts[0]
    day = pd.Timestamp(history_of(frames).days(cut, 1)[0])
    sales = frames["daily_sales"].copy()
    sales.loc[sales["ds"] >= day, "y"] = 5e4
    other = Frames({**frames.tables, "daily_sales": sales}, frames.asof, frames.country)
    before = score_origin(backtest_of(frames, seed=0, lead_days=14), cut)
    after = score_origin(backtest_of(other, seed=0, lead_days=14), cut)
    assert before.said.keys() == after.said.keys()
    for rule, said in before.said.items():
        assert np.array_equal(said, after.said[rule]), rule
    assert not np.array_equal(before.actual, after.actual)


def test_the_recipe_of_an_origin_is_decided_before_it(frames: Frames) -> None:
    whole = backtest_of(frames, seed=0, lead_days=14)
    cut = whole.plan.cuts[1]
    last = history_of(frames).days(cut - 1, 1)[0].astype(object)
    early = Frames(frames.tables, last, frames.country)
    assert backtest_of(early, seed=0, lead_days=14).recipe(cut) == whole.recipe(cut)


def test_figures_equal_the_metrics_of_each_series() -> None:
    frames = shop_frames(n_series=4, days=60)
    backtest = backtest_of(frames, seed=0, lead_days=14)
    expected = []
    for cut in backtest.plan.cuts:
        known, scored = backtest.history.until(cut), score_origin(backtest, cut)
        for row in range(4):
            past = known.panel.y[row][known.panel.seen[row]]
            expected.append(metrics.rmsse(scored.actual[row], scored.said["candidate"][row], past))
    assert evaluate(frames).figures["candidate"]["rmsse"] == pytest.approx(np.mean(expected), rel=1e-5)


def test_days_out_of_stock_are_not_scored() -> None:
    frames = shop_frames(n_series=4, days=60)
    sales = frames["daily_sales"].copy()
    late = sales["ds"] > pd.Timestamp(LAST_DAY) - pd.Timedelta(days=3)
    sales.loc[late, ["y", "stockout"]] = [1e6, 1]
    out = Frames({**frames.tables, "daily_sales": sales}, LAST_DAY, "GB")
    found = evaluate(out)
    assert found.figures["candidate"]["wape28"] < 1
    assert found.shares["known"] > 0


@pytest.mark.parametrize(("days", "horizon", "origins", "evidence"), [(28, 7, 1, "thin"), (90, 14, 2, "thin")])
def test_a_young_shop_has_thin_evidence(days: int, horizon: int, origins: int, evidence: str) -> None:
    found = evaluate(shop_frames(days=days)).as_dict()
    assert (found["horizon"], len(found["origins"]), found["evidence"]) == (horizon, origins, evidence)


def test_every_series_is_in_one_slice(frames: Frames) -> None:
    slices = slices_of(history_of(frames))
    everyone = slices.pop("all")
    assert (np.sum(list(slices.values()), axis=0) == everyone).all()


def test_members_join_only_where_the_shops_own_past_says_so() -> None:
    backtest = backtest_of(shop_frames(n_series=40, days=300), seed=0, lead_days=14)
    recipe = backtest.recipe(backtest.history.n_days)
    trials = [backtest.members(cut, 28) for cut in backtest.plan.cuts]
    assert all(trial.trees is not None for trial in trials)
    scores = {
        joined: np.nanmean([backtest._rmsse(trial, trial.combine(Recipe(uses_trees=joined)).mean) for trial in trials])
        for joined in (True, False)
    }
    assert recipe.uses_trees == (scores[True] < scores[False])
