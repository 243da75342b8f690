"""Lists are worth what their slow formulas say, and lists of which nothing is known are left out."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.stats.drift.accuracy.ranking import accuracy
from pipelines.stats.drift.findings import Finding

LISTS = st.lists(
    st.tuples(st.lists(st.integers(0, 1), min_size=6, max_size=6), st.integers(0, 4)), min_size=1, max_size=15
)


@given(LISTS, st.integers(1, 8))
def test_it_agrees_with_slow_loops(lists: list[tuple[list[int], int]], k: int) -> None:
    hit, recall, gain, first, precision = [], [], [], [], []
    for shown, more in lists:
        wanted, top = sum(shown) + more, shown[:k]
        if not wanted:
            continue
        hit.append(any(top))
        recall.append(sum(top) / wanted)
        best = sum(1 / math.log2(place + 2) for place in range(min(wanted, k)))
        gain.append(sum(h / math.log2(place + 2) for place, h in enumerate(top)) / best)
        first.append(1 / (top.index(1) + 1) if any(top) else 0.0)
        precision.append(sum(h * sum(top[: n + 1]) / (n + 1) for n, h in enumerate(top)) / min(wanted, k))
    found = accuracy([shown for shown, _ in lists], [sum(shown) + more for shown, more in lists], k)
    values = (found.hit_rate.value, found.recall, found.ndcg, found.mrr, found.map)
    expected = [np.mean(figure) if figure else math.nan for figure in (hit, recall, gain, first, precision)]
    assert values == pytest.approx(expected, abs=1e-12, nan_ok=True)
    assert (found.lists, found.known) == (len(lists), len(hit))


def test_the_best_list_is_worth_one_and_the_worst_nothing() -> None:
    best, worst = accuracy([[1, 1, 0]] * 300, [2] * 300, 3), accuracy([[0, 0, 0]] * 300, [2] * 300, 3)
    assert (best.ndcg, best.recall, best.mrr, best.map, best.hit_rate.value) == pytest.approx((1, 1, 1, 1, 1))
    assert (worst.ndcg, worst.recall, worst.mrr, worst.map, worst.hit_rate.value) == (0, 0, 0, 0, 0)
    assert best.finding is worst.finding is Finding.OK


def test_what_is_not_known_yet_is_left_out() -> None:
    lists = [[1.0, 0.0]] * 250 + [[np.nan, 0.0]] * 100
    found = accuracy(lists, [1.0] * 250 + [np.nan] * 100, 2)
    assert (found.finding, found.known, found.mrr) == (Finding.OK, 250, 1.0)


def test_labels_that_never_come_are_no_data() -> None:
    found = accuracy([[np.nan, np.nan]] * 300, [np.nan] * 300, 2)
    assert found.finding is Finding.NO_DATA
    assert all(math.isnan(x) for x in (found.hit_rate.value, found.recall, found.ndcg, found.mrr, found.map))
    assert accuracy([], []).finding is Finding.NO_DATA


@pytest.mark.parametrize("lists", [1, 35])
def test_few_lists_are_never_green(lists: int) -> None:
    assert accuracy([[1, 0]] * lists, [1] * lists, 2).finding is Finding.INSUFFICIENT
