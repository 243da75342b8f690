"""The forecast's words name what is measured of a version, what it costs and which methods it has: all, and no more."""

import numpy as np

from pipelines.usecases.demand_forecast.judging.evaluation import evaluate
from pipelines.usecases.demand_forecast.judging.replay_result import PolicyCost
from pipelines.usecases.demand_forecast.wording import PAGE, WORDS
from pipelines.usecases.wording import PLAIN
from tests.frames import shop_frames


def test_figures_and_methods_are_those_of_an_evaluation() -> None:
    told = evaluate(shop_frames(), seed=1).as_dict()
    assert set(PAGE.members) == set(told["members"])
    assert {figure.key for figure in PAGE.figures} <= set(told["candidate"])
    assert all(figure.title for figure in PAGE.figures)
    assert {figure.key for figure in PAGE.figures if not figure.is_share} == {"rmsse"}, "a share is written in percent"


def test_costs_are_parts_of_what_the_replay_counts() -> None:
    counted = PolicyCost(np.zeros(1), 0, 0, 0, 0, 0, 0).as_dict()
    assert set(PAGE.costs) <= set(counted)
    assert {"too_little", "too_much"} <= set(PAGE.costs)


def test_it_has_nouns_of_its_own() -> None:
    assert (WORDS.answer, WORDS.unit) == ("forecast", "variant")
    assert WORDS.answers != PLAIN.answers and WORDS.units != PLAIN.units and WORDS.simple_rule == PLAIN.simple_rule
