"""Figures of lists, with intervals over baskets, and the parts of baskets."""

import numpy as np
import pytest
from scipy import sparse

from pipelines.usecases.recommendations.judging.figures import Told, difference, figures, is_head, parts_of, popularity
from pipelines.usecases.recommendations.learning.split import Questions


def questions(known: list[list[int]], wanted: list[list[int]]) -> Questions:
    return Questions(
        sparse.csr_matrix(known, dtype=float), sparse.csr_matrix(wanted, dtype=float), np.zeros(len(known))
    )


def test_figures_are_of_ten_and_of_four_places() -> None:
    lists = np.array([[5, 4, 3, 2, 0, -1, -1, -1, -1, -1]])
    told = Told.of(lists, questions([[0] * 6], [[1, 1, 0, 0, 0, 0]]))
    found = figures(told, np.array([9, 9, 1, 1, 1, 1]))
    assert (found["hit_rate"], found["hit_rate4"], found["recall"], found["mrr"]) == (1.0, 0.0, 0.5, 0.2)
    assert found["coverage"] == pytest.approx(5 / 6, abs=1e-5) and found["series"] == 1.0


def test_no_lists_have_no_figures() -> None:
    told = Told(np.empty((0, 10), np.int64), np.empty((0, 10)), np.empty(0, np.int64))
    assert figures(told, np.zeros(0, np.int64))["hit_rate"] is None


def test_popularity_is_the_share_of_places_of_the_best_fifth() -> None:
    bought = np.array([100, 1, 1, 1, 1, 0])
    assert is_head(bought).tolist() == [True] + [False] * 5
    assert popularity(np.array([[0, 1, -1], [0, 2, 3]]), bought) == pytest.approx(0.4)


def test_parts_follow_what_was_wanted_and_how_small_the_cart_was() -> None:
    asked = questions([[1, 0, 0, 0], [1, 1, 1, 0]], [[0, 1, 0, 0], [0, 0, 0, 1]])
    parts = parts_of(asked, np.array([90, 80, 1, 1]), np.array([0, 0, 0, 95]), today=100)
    assert parts["new_products"].tolist() == [False, True] and parts["small_carts"].tolist() == [True, False]
    assert parts["tail"].tolist() == [True, True] and parts["head"].tolist() == [False, False]


def test_the_interval_of_a_difference_covers_the_truth_as_often_as_it_says() -> None:
    rng, covered = np.random.default_rng(0), 0
    for seed in range(200):
        ours, theirs = rng.random(300) < 0.5, rng.random(300) < 0.4
        gap = difference(ours.astype(float), theirs.astype(float), seed=seed, draws=400)
        covered += gap["low"] <= 0.1 <= gap["high"]
    assert 180 <= covered <= 198


def test_nothing_compared_has_no_interval() -> None:
    assert difference(np.empty(0), np.empty(0), seed=0)["value"] is None
