"""What calibrated probabilities expect comes true; a guess may warn, and never clears."""

import math

import numpy as np
import pytest

from pipelines.stats.drift.accuracy.estimated import expected_accuracy, expected_auc, judge, limits
from pipelines.stats.drift.accuracy.probabilities import auc
from pipelines.stats.drift.findings import Finding

RNG = np.random.default_rng(0)


def test_the_expected_auc_is_that_of_all_pairs() -> None:
    p = RNG.beta(1, 4, 1000).round(2)
    above = (p[:, None] > p[None, :]) + 0.5 * (p[:, None] == p[None, :])
    weight = p[:, None] * (1 - p[None, :])
    assert expected_auc(p) == pytest.approx((above * weight).sum() / weight.sum(), abs=1e-12)


def test_it_comes_true_while_probabilities_are_calibrated() -> None:
    for shape in ((1, 9), (2, 5), (0.5, 0.5)):
        p = RNG.beta(*shape, 50_000)
        y = (RNG.random(50_000) < p).astype(float)
        assert expected_auc(p) == pytest.approx(auc(y, 1 - y, p), abs=0.01)
        assert expected_accuracy(p) == pytest.approx(np.mean((p >= 0.5) == y), abs=0.01)


def test_the_threshold_says_what_is_a_yes() -> None:
    p = np.full(1000, 0.3)
    assert (expected_accuracy(p, 0.5), expected_accuracy(p, 0.2)) == pytest.approx((0.7, 0.3))


def test_below_a_thousand_nothing_is_guessed() -> None:
    few = np.concatenate([np.full(999, 0.3), [np.nan, np.inf, 1.5]])
    assert math.isnan(expected_auc(few)) and math.isnan(expected_accuracy(few))


@pytest.mark.parametrize("chunks", [6, 24])
def test_so_few_chunks_as_set_the_limits_no_more_estimates_lie_beyond_them_by_chance(chunks: int) -> None:
    found = np.random.default_rng(0).normal(0.7, 0.01, (20_000, chunks + 1))
    beyond = [not low <= each[-1] <= high for each in found for low, high in [limits(each[:-1])]]
    assert 0.0015 < np.mean(beyond) < 0.004


USUAL = [0.70, 0.71, 0.69, 0.70, 0.72, 0.70]


@pytest.mark.parametrize(
    ("estimate", "usual", "expected"),
    [
        (0.60, USUAL, Finding.DRIFT),
        (0.80, USUAL, Finding.DRIFT),
        (0.70, USUAL, Finding.INSUFFICIENT),
        (0.60, USUAL[:5], Finding.INSUFFICIENT),
        (0.60, [*USUAL[:5], math.nan], Finding.INSUFFICIENT),
        (math.nan, USUAL, Finding.NO_DATA),
    ],
)
def test_a_guess_warns_and_never_clears(estimate: float, usual: list[float], expected: Finding) -> None:
    assert judge(estimate, usual) is expected
