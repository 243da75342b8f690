"""Whether a total is said too high: weighed by the law of counts whose mean varies, and not where that is unknown."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import nbinom

from pipelines.stats.inference import level


def test_evidence_is_the_ratio_of_two_negative_binomial_laws_until_it_speaks_for_what_was_said() -> None:
    came, said, usual, spread = np.array([90, 210, 95]), np.full(3, 200.0), np.full(3, 100.0), 0.05
    laws = [nbinom(1 / spread, 1 / (1 + mean * spread)) for mean in (usual, said)]
    steps = laws[0].logpmf(came) - laws[1].logpmf(came)
    assert steps[0] > 0 > steps[0] + steps[1], "the second day was as it had said"
    assert level.evidence(came, said, usual, spread) == pytest.approx(steps[2])


def test_wild_days_prove_less() -> None:
    days = [90.0] * 3, [200.0] * 3, [100.0] * 3
    found = [level.evidence(*days, spread) for spread in (0.02, 0.1, 0.5, math.inf)]
    assert found == sorted(found, reverse=True) and found[-1] == 0


def test_spread_is_that_of_the_mean_beyond_chance_and_one_week_of_another_kind_says_little_of_it() -> None:
    rng = np.random.default_rng(3)
    means = rng.gamma(1 / 0.09, 100 * 0.09, (400, 84))
    came = rng.poisson(means).astype(float)
    usual = np.stack([came[:, day - 28 : day : 7].mean(axis=1) for day in range(28, 84)], axis=1)
    found = [level.spread_of(days[28:], expected) for days, expected in zip(came, usual, strict=True)]
    assert np.median(found) == pytest.approx(0.09, rel=0.25)
    came[:, -4:] *= 4
    busy = [level.spread_of(days[28:], expected) for days, expected in zip(came, usual, strict=True)]
    assert np.median(busy) < 2 * np.median(found)
    assert level.spread_of([], []) == level.spread_of([3.0], [0.0]) == math.inf


def test_it_takes_both_a_month_far_above_the_usual_and_days_that_deny_it() -> None:
    sure, doubtful = level.LIMIT, level.LIMIT - 0.1
    assert level.is_too_high(sure, 300, 200) and not level.is_too_high(doubtful, 900, 200)
    assert not level.is_too_high(sure, 290, 200)
    assert not level.is_too_high(sure, 1, 0), "a unit instead of none is no matter"
