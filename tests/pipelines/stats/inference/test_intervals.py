"""Always-valid intervals: GrowthBook's figures, coverage under peeking, strata, and nothing from raw data."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.stats.inference.intervals import (
    Estimate,
    Sums,
    always_valid,
    always_valid_lower,
    always_valid_upper,
    difference,
    half_width,
    has_enough,
    of_control,
    relative_difference,
    relative_effect,
)

PATHS, LOOKS = 1000, 50

# Inputs and results of the sequential tests in GrowthBook's packages/stats/tests/frequentist/test_tests.py
# (TestSequentialTTest, TestSequentialOneSidedGreaterTTest); where no tuning is named there, it is 5,000.
CONTROL = Sums.of(3000, 1396.87, 52377.9767)
CANARY = Sums.of(3461, 2422.7, 134698.29)


def test_the_relative_difference_is_growthbooks() -> None:
    found = relative_difference(CONTROL, CANARY)
    assert (found.value, found.se) == pytest.approx((0.50336, 0.33341), abs=5e-6)


def test_the_two_sided_interval_is_growthbooks() -> None:
    interval = relative_difference(CONTROL, CANARY).interval(planned=1000)
    assert (interval.low, interval.high) == pytest.approx((-0.55844, 1.56516), abs=5e-6)


def test_the_interval_of_shares_is_growthbooks() -> None:
    found = relative_difference(Sums.of_orders(3000, 1396), Sums.of_orders(3461, 2422))
    interval = found.interval(planned=5000)
    assert (found.value, found.se) == pytest.approx((0.50386, 0.03386), abs=1e-5)
    assert (interval.low, interval.high) == pytest.approx((0.40098, 0.60675), abs=3e-5)  # they divide by n, we by n - 1


def test_the_one_sided_bound_is_growthbooks() -> None:
    assert relative_difference(CONTROL, CANARY).lower(planned=5000) == pytest.approx(-0.4235645460279)


def test_the_upper_bound_mirrors_the_lower_one() -> None:
    estimate = Estimate(0.1, 0.05, 4000)
    assert estimate.upper(5000) - 0.1 == pytest.approx(0.1 - estimate.lower(5000))
    assert always_valid_upper(0.1, 0.05, 4000, 5000) < always_valid(0.1, 0.05, 4000, 5000).high


def test_the_interval_is_tightest_at_its_planned_size() -> None:
    widths = half_width(1.0, np.array([100, 1000, 10_000, 100_000, 10**6]), planned=10_000)
    assert int(np.argmin(widths)) == 2


@settings(deadline=None)
@given(st.floats(-1, 1), st.floats(0.001, 1), st.integers(1, 10**6), st.integers(1, 10**6))
def test_one_interval_and_many_half_widths_agree(mean: float, se: float, n: int, planned: int) -> None:
    interval = always_valid(mean, se, n, planned)
    width = half_width([se], [n], planned)[0]
    assert (interval.high - mean, mean - interval.low) == pytest.approx((width, width))
    assert width > 1.96 * se  # looking at all times has its price


@pytest.mark.parametrize(
    ("mean", "se", "n"), [(0.1, 0.0, 100), (0.1, float("nan"), 100), (float("nan"), 1, 9), (0, 1, 0)]
)
def test_no_variance_is_no_data(mean: float, se: float, n: float) -> None:
    assert always_valid(mean, se, n, 1000) is None
    assert always_valid_upper(mean, se, n, 1000) is always_valid_lower(mean, se, n, 1000) is None


@pytest.mark.parametrize(("planned", "alpha"), [(0, 0.05), (-5, 0.05), (float("nan"), 0.05), (100, 0.0), (100, 0.7)])
def test_an_interval_without_a_plan_is_refused(planned: float, alpha: float) -> None:
    with pytest.raises(ValueError, match="planned size above 0"):
        always_valid(0.1, 0.1, 100, planned, alpha)


# Coverage under peeking


def revenue_paths(seed: int, share: float) -> tuple[Sums, Sums]:
    """Draw revenue per visitor, winsorised, cumulative over 50 looks of 1,000 tests without any difference."""
    rng = np.random.default_rng(seed)
    return tuple(_revenue(rng, per_look) for per_look in (int(800 * (1 - share)), int(800 * share)))


def _revenue(rng: np.random.Generator, per_look: int) -> Sums:
    orders = rng.binomial(per_look, 0.05, PATHS * LOOKS)
    spent = np.minimum(rng.lognormal(3, 0.8, orders.sum()), 150.0)
    block = np.repeat(np.arange(PATHS * LOOKS), orders)
    total, squares = (np.bincount(block, spent**power, PATHS * LOOKS).reshape(PATHS, LOOKS) for power in (1, 2))
    n = np.broadcast_to(np.arange(1, LOOKS + 1) * float(per_look), (PATHS, LOOKS))
    return Sums(n, total.cumsum(axis=1), squares.cumsum(axis=1))


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_the_interval_covers_at_all_fifty_looks_as_often_as_it_says(share: float) -> None:
    control, canary = revenue_paths(1, share)
    gap = canary.mean - control.mean
    se = np.sqrt(canary.variance_of_mean + control.variance_of_mean)
    looks = slice(5 if share == 0.5 else 25, None)  # from 100 orders in the smaller arm
    width = half_width(se, control.n + canary.n, planned=800 * LOOKS)
    assert np.all(np.abs(gap) <= width, axis=1, where=_from(looks)).mean() >= 0.95
    bound = half_width(se, control.n + canary.n, planned=800 * LOOKS, sides=1)
    assert np.all(gap <= bound, axis=1, where=_from(looks)).mean() >= 0.95
    fixed = np.all(np.abs(gap) <= 1.96 * se, axis=1, where=_from(looks)).mean()
    assert fixed < 0.9  # what peeking does to an ordinary interval


def _from(looks: slice) -> np.ndarray:
    mask = np.zeros(LOOKS, dtype=bool)
    mask[looks] = True
    return mask


def test_the_relative_interval_covers_a_true_change() -> None:
    rng = np.random.default_rng(2)
    old, new = (rng.binomial(1000, rate, (PATHS, LOOKS)).cumsum(axis=1) for rate in (0.05, 0.055))
    covered = 0
    for path in range(300):
        looks = [
            relative_difference(
                Sums.of_orders(1000 * (look + 1), old[path, look]), Sums.of_orders(1000 * (look + 1), new[path, look])
            )
            for look in range(3, LOOKS)
        ]
        intervals = [estimate.interval(planned=100_000) for estimate in looks]
        covered += all(interval.low <= 0.1 <= interval.high for interval in intervals)
    assert covered / 300 >= 0.95


# Strata


def test_a_ramp_while_the_rate_falls_shows_no_effect() -> None:
    control = Sums.of_orders([60_000, 60_000], [1800, 900])
    canary = Sums.of_orders([6_000, 60_000], [180, 900])
    assert relative_difference(control, canary).value == pytest.approx(0.0, abs=1e-12)
    pooled = relative_difference(Sums.of_orders(120_000, 2700), Sums.of_orders(66_000, 1080))
    assert pooled.value == pytest.approx(-0.27, abs=0.005)


def test_strata_are_weighted_by_the_canarys_units() -> None:
    control, canary = Sums.of([100, 100], [50, 20], [90, 40]), Sums.of([10, 30], [6, 12], [9, 20])
    found = difference(control, canary)
    assert found.value == pytest.approx(0.25 * (0.6 - 0.5) + 0.75 * (0.4 - 0.2))
    variance = [(90 - 25) / 99 / 100, (40 - 4) / 99 / 100], [(9 - 3.6) / 9 / 10, (20 - 4.8) / 29 / 30]
    expected = sum(w**2 * (a + b) for w, a, b in zip((0.25, 0.75), *variance, strict=True))
    assert found.se == pytest.approx(math.sqrt(expected))
    assert found.n == 240


def test_a_stratum_without_both_arms_does_not_count() -> None:
    alone = difference(Sums.of(100, 50, 90), Sums.of(10, 6, 9))
    assert difference(Sums.of([100, 0], [50, 0], [90, 0]), Sums.of([10, 40], [6, 9], [9, 9])) == alone
    assert difference(Sums.of(0, 0, 0), Sums.of(10, 6, 9)) is None
    assert relative_difference(Sums.of_orders(100, 0), Sums.of_orders(100, 5)) is None


@settings(deadline=None)
@given(st.lists(st.floats(0, 100), min_size=4, max_size=40), st.integers(1, 3))
def test_sums_give_the_mean_and_variance_of_the_raw_data(values: list[float], cut: int) -> None:
    raw = np.array(values)
    blocks = Sums.of(*(np.array([f(part) for part in (raw[:cut], raw[cut:])]) for f in (len, np.sum, lambda p: p @ p)))
    arm = blocks.by([7, 7])
    assert arm.mean[0] == pytest.approx(raw.mean())
    assert arm.variance_of_mean[0] == pytest.approx(raw.var(ddof=1) / len(raw), abs=1e-6)
    assert blocks.by([1, 2]).total == pytest.approx(blocks.total)


@pytest.mark.parametrize(
    ("sums", "sentence"),
    [
        (([1, 2], [1], [1]), "every stratum needs"),
        (([float("nan")], [1], [1]), "known, finite"),
        (([-1], [1], [1]), "cannot be negative"),
    ],
)
def test_sums_that_cannot_be_are_refused(sums, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Sums.of(*sums)


def test_arms_with_different_strata_are_refused() -> None:
    with pytest.raises(ValueError, match="same strata"):
        difference(Sums.of([1, 2], [1, 1], [1, 1]), Sums.of(5, 1, 1))


def test_the_controls_mean_is_weighted_as_the_difference_is_never_pooled() -> None:
    control, canary = Sums.of([90, 10], [90, 30], [120, 130]), Sums.of([10, 90], [5, 100], [9, 200])
    found = of_control(control, canary)
    assert found.value == pytest.approx(0.1 * 1 + 0.9 * 3)  # 1.2 where both steps are added up
    assert found.n == 200
    nothing = difference(control, Sums.of([10, 90], [0, 0], [0, 0]))
    assert (-nothing.value, nothing.se) == (pytest.approx(found.value), pytest.approx(found.se))
    assert of_control(Sums.of(0, 0, 0), Sums.of(10, 6, 9)) is None


def test_an_effect_takes_a_hundred_orders_in_both_arms() -> None:
    control, canary = Sums.of_orders(5000, 120), Sums.of_orders(5000, 99)
    assert not has_enough(120, 99)
    assert relative_effect(control, canary, (120, 99), planned=10_000) is None
    effect = relative_effect(control, canary, (120, 100), planned=10_000)
    assert effect.value == pytest.approx(99 / 120 - 1)
    assert effect.low < effect.value < effect.high
