"""A small arm that was shown nothing is compared by strata, with no less spread than all units have."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pipelines.stats.inference import held_out
from pipelines.stats.inference.intervals import Sums
from pipelines.stats.inference.significance import Interval


def a_sample(n: int, rate: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.where(rng.random(n) < rate, np.exp(rng.standard_normal(n)), 0.0)


def sums(*samples: np.ndarray) -> Sums:
    return Sums.of([len(x) for x in samples], [x.sum() for x in samples], [(x**2).sum() for x in samples])


@pytest.mark.parametrize("rate", [0.1, 0.9])
def test_it_is_the_difference_of_means_with_the_larger_spread_of_an_arm_and_of_all(rate: float) -> None:
    old, new = a_sample(500, rate, 1), a_sample(4_000, 0.4, 2)
    found = held_out.difference(sums(old), sums(new))
    assert found is not None
    assert found.value == pytest.approx(new.mean() - old.mean())
    all_units = np.concatenate([old, new]).var(ddof=1)
    variances = [max(arm.var(ddof=1), all_units) / len(arm) for arm in (old, new)]
    assert found.se == pytest.approx(math.sqrt(sum(variances)))
    assert bool(old.var() > all_units) is (rate > 0.5) and found.n == 4_500


def test_strata_are_weighed_by_those_who_were_shown_something_never_by_totals() -> None:
    old = Sums.of_orders([1_000, 4_000], [20, 240])
    new = Sums.of_orders([19_000, 16_000], [380, 960])
    found = held_out.difference(old, new)
    assert found is not None and found.value == pytest.approx(0, abs=1e-12)
    pooled = held_out.difference(old.by([0, 0]), new.by([0, 0]))
    assert pooled is not None and pooled.value < -0.01


def test_a_stratum_in_which_one_arm_is_missing_says_nothing() -> None:
    old, new = Sums.of_orders([0, 1_000], [0, 20]), Sums.of_orders([5_000, 19_000], [500, 380])
    assert held_out.difference(old, new) == held_out.difference(
        Sums.of_orders([1_000], [20]), Sums.of_orders([19_000], [380])
    )
    assert held_out.difference(Sums.of_orders([0], [0]), Sums.of_orders([100], [5])) is None


def test_without_any_order_there_is_no_range() -> None:
    assert held_out.interval(Sums.of_orders([100], [0]), Sums.of_orders([1_900], [0])) is None


def test_a_share_of_what_the_held_out_bring() -> None:
    found = held_out.relative(Interval(0.01, -0.02, 0.02), brings=0.03)
    assert (found.value, found.low, found.high) == pytest.approx((0.5, -0.4, 2.0))
    far = held_out.relative(Interval(0.02, 0.01, 0.05), brings=0.03)
    assert far.low == pytest.approx(0.5) and far.high == pytest.approx(5 / 3 * held_out.MOST)
    with pytest.raises(ValueError, match="share of nothing"):
        held_out.relative(Interval(0, 0, 0), brings=0)


def test_the_sign_of_a_share_is_that_of_the_difference() -> None:
    for low, high in ((-0.02, -0.01), (-0.01, 0.01), (0.01, 0.02)):
        found = held_out.relative(Interval((low + high) / 2, low, high), brings=0.03)
        assert (np.sign(found.low), np.sign(found.high)) == (np.sign(low), np.sign(high))
