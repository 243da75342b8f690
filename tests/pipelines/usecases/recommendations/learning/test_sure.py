"""What takes the place of a rule surely finds more than it."""

import numpy as np

from pipelines.usecases.recommendations.learning.sure import surely, surest


def test_a_difference_must_be_more_than_chance() -> None:
    draws = np.random.default_rng(0).normal(0, 1, (400, 60))
    assert np.mean([surely(row) > 0 for row in draws]) < 0.1
    assert np.mean([surely(row + 1) > 0 for row in draws]) > 0.99


def test_a_small_gain_that_is_sure_is_taken_where_a_larger_one_is_not() -> None:
    rule = np.zeros(100)
    wild, steady = np.array([1.0] * 53 + [-1.0] * 47), np.array([1.0] * 5 + [0.0] * 95)
    assert surest(np.array([wild, steady]), rule) == 1
    assert surest(np.array([wild, -steady]), rule) is None
    assert surest(np.array([wild + 1, steady]), rule) == 0
