"""First places are the highest scores, without what is left out."""

import numpy as np
from scipy import sparse

from pipelines.usecases.recommendations import ranks
from pipelines.usecases.recommendations.ranks import first_places, is_found, is_wanted


def test_the_first_places_are_those_of_a_full_sort() -> None:
    scores = np.random.default_rng(0).random((1200, 50)).astype(np.float32)
    assert (first_places(scores, None, 10) == np.argsort(-scores, axis=1)[:, :10]).all()


def test_what_is_left_out_never_has_a_place_and_a_row_may_run_out() -> None:
    left_out = sparse.csr_matrix([[1, 0, 1], [1, 1, 1]])
    assert first_places(np.ones((2, 3)), left_out, 4).tolist() == [[1, -1, -1, -1], [-1, -1, -1, -1]]


def test_equal_scores_go_by_the_order_of_products_among_those_that_are_seen() -> None:
    assert first_places(np.array([[0.5, 1.0, 1.0]]), None, 3).tolist() == [[1, 2, 0]]


def test_no_products_and_no_lists_are_no_fault() -> None:
    assert first_places(np.empty((0, 5)), None, 3).shape == (0, 3)
    assert first_places(np.empty((2, 0)), None, 3).tolist() == [[-1] * 3] * 2


def test_a_place_is_a_hit_where_its_product_was_wanted() -> None:
    lists, wanted = np.array([[2, 0, -1], [1, 2, 0]]), sparse.csr_matrix([[1, 0, 0], [0, 0, 0]], dtype=float)
    assert is_wanted(lists, wanted).tolist() == [[0, 1, 0], [0, 0, 0]]
    assert is_found(lists, wanted).tolist() == [1, 0] and ranks.BLOCK > 1
