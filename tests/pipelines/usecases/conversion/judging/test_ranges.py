"""Ranges that hold what chance alone brings."""

import numpy as np

from pipelines.usecases.conversion.judging import ranges
from tests.pipelines.stats.test_chances import calibrated


def test_what_is_not_defined_is_nothing() -> None:
    assert ranges.ece_range(np.empty(0), np.empty(0), 1.0, seed=0) is None
    assert ranges.auc_range(np.zeros(5), np.full(5, 0.1)) is None


def test_a_calibrated_version_is_within_its_range_19_of_20_times() -> None:
    drawn = [(*calibrated(800, seed), seed) for seed in range(40)]
    assert sum(ranges.ece_range(came, said, 1.0, seed=seed)[0] == 0 for came, said, seed in drawn) >= 35


def test_chances_that_are_twice_too_high_are_beyond_chance() -> None:
    came, said = calibrated(4_000)
    assert ranges.ece_range(came, 2 * said, 1.0, seed=0)[0] > 0.05
