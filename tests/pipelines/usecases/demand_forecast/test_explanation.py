"""Why this many units: parts in whole units that add up."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.usecases.demand_forecast.explanation import WORDS, explain

WEEKS = 12


@given(st.lists(st.floats(-50, 200), min_size=5, max_size=5), st.integers(0, 300))
def test_the_reasons_of_a_forecast_add_up_to_it(parts, sold):
    names = ("recent_level", "weekday", "season", "new_product", "shop_total")
    told = explain(dict(zip(names, parts, strict=True)), sold_28=sold, forecast_28=sum(parts))
    assert sum(units for _, units in told) == int(np.floor(sum(parts) + 0.5))
    assert told[0] == ("Sales of the last 28 days", sold)
    assert all(units for _, units in told[1:])


def test_a_shop_that_shrinks_is_said_to_shrink():
    told = explain({"recent_level": 10.0, "shop_total": -3.0}, sold_28=10, forecast_28=7)
    assert told == [("Sales of the last 28 days", 10), ("The whole shop is heading down", -3)]


def test_the_simple_rule_says_that_it_repeats_last_week():
    told = explain({"last_week": 284.0, "weekday": 0.0}, sold_28=169, forecast_28=284)
    assert told == [("Sales of the last 28 days", 169), ("Last week sold more than those", 115)]


def test_it_begins_with_what_sold_and_leaves_out_what_changes_nothing():
    told = explain({"recent_level": 10.2, "season": 0.2, "last_year": 5.0}, sold_28=10, forecast_28=15)
    assert told == [("Sales of the last 28 days", 10), ("Sales of last year's weeks", 5)]


def test_each_part_that_a_forecast_may_have_has_words():
    told = explain(dict.fromkeys(WORDS, 10.0), sold_28=3, forecast_28=10 * len(WORDS))
    assert len(told) == 1 + len(WORDS) and all(isinstance(words, str) and words for words, _ in told)


def test_words_that_depend_on_the_direction_follow_it():
    up, down = (
        explain({"last_week": level, "shop_total": change}, sold_28=10, forecast_28=level + change)
        for level, change in ((20, 5), (5, -3))
    )
    assert [words for words, _ in up[1:]] == ["Last week sold more than those", "The whole shop is heading up"]
    assert [words for words, _ in down[1:]] == ["Last week sold less than those", "The whole shop is heading down"]


def test_nothing_sold_and_nothing_expected_is_one_line():
    assert explain({"recent_level": 0.0}, sold_28=0, forecast_28=0) == [("Sales of the last 28 days", 0)]
