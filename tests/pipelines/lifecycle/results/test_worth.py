"""One answer from marks and money: never from what is not proven, never against a proven loss."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.lifecycle.results import worth
from pipelines.stats.inference import marks

bounds = st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)).map(sorted)


def claim(low, high, *, counts=True, is_fair=True):
    value = None if low is None else (low + high) / 2
    mark = marks.mark(low, high, is_fair=is_fair)
    return {"value": value, "low": low, "high": high, "mark": mark, "is_counted": counts}


@pytest.mark.parametrize(
    ("claims", "cost", "verdict"),
    [
        ([], 0, "not_measured"),
        ([claim(None, None)], 0, "not_measured"),
        ([claim(1, 3, counts=False)], 0, "not_measured"),
        ([claim(-1, 3)], 0, "not_yet"),
        ([claim(1, 3, is_fair=False)], 0, "not_yet"),
        ([claim(1, 3)], 0, "yes"),
        ([claim(1, 3)], None, "yes"),
        ([claim(1, 3)], 2, "costs_more"),
        ([claim(-3, -1)], 0, "no"),
        ([claim(1, 3), claim(-3, -1)], 0, "not_yet"),
        ([claim(1, 3), claim(None, None)], 0, "yes"),
    ],
)
def test_the_answer_follows_from_the_marks(claims, cost, verdict):
    assert worth.verdict(claims, cost) == verdict and worth.SENTENCES[verdict]


def test_only_what_is_proven_is_added_and_losses_are():
    found = worth.proven([claim(10, 30), claim(-6, -2), claim(-100, 300), claim(1, 3, counts=False)])
    assert found == {"value": 16, "low": 4, "high": 28}
    assert worth.proven([claim(-1, 3)]) is None


@given(st.lists(bounds, min_size=1, max_size=5), st.integers(0, 1000))
def test_it_says_yes_only_where_the_whole_proven_range_lies_above_the_cost(ranges, cost):
    claims = [claim(low, high) for low, high in ranges]
    found = worth.proven(claims)
    assert (worth.verdict(claims, cost) == "yes") == (found is not None and found["low"] > max(cost, 0))


def test_no_sentence_promises():
    told = " ".join(worth.SENTENCES.values()).lower()
    assert not any(word in told for word in ("will ", "guarantee", "expect"))
