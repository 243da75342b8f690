"""A figure that stays as it is alarms once in 365 windows at most, also when little of its past is known."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.stats.drift.findings import Finding
from pipelines.stats.drift.page_hinkley import deviation, judge, limit, sums

HORIZON = 4 * 365
DRAWS = 300

LAWS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "normal": lambda rng, n: rng.normal(0.2, 0.03, n),
    "heavy-tailed": lambda rng, n: rng.standard_t(5, n),
    "skewed": lambda rng, n: rng.gamma(2.0, size=n),
    "a share of 200": lambda rng, n: rng.binomial(200, 0.03, n) / 200,
} | {
    f"ones at {rate}": lambda rng, n, rate=rate: (rng.random(n) < rate).astype(float)
    for rate in (0.003, 0.01, 0.04, 0.1, 0.3, 0.9)
}


def mean_time(law: Callable[[np.random.Generator, int], np.ndarray], windows: int, sign: bool = True) -> float:
    """Give the mean number of windows to the first alarm, runs cut off after four years."""
    rng = np.random.default_rng(7)
    times = []
    for _ in range(DRAWS):
        series = law(rng, windows + HORIZON)
        past, live = series[:windows], series[windows:]
        above = np.flatnonzero(sums(past, live, lower_is_better=sign) > limit(past, live))
        times.append(above[0] + 1 if above.size else HORIZON)
    return float(np.mean(times))


@pytest.mark.parametrize("windows", [28, 45, 89])
@pytest.mark.parametrize("law", LAWS)
def test_false_alarms_are_a_year_of_windows_apart(law: str, windows: int) -> None:
    assert mean_time(LAWS[law], windows) >= 365


def test_false_alarms_of_a_long_past_are_a_year_apart_too() -> None:
    for law in ("skewed", "ones at 0.003", "ones at 0.04"):
        assert mean_time(LAWS[law], 365) >= 365


def test_the_limit_is_not_wider_than_the_promise_needs() -> None:
    assert mean_time(LAWS["skewed"], 28) < 1.5 * 365


@given(
    st.lists(st.floats(-5, 5), min_size=28, max_size=40),
    st.lists(st.one_of(st.floats(-5, 5), st.just(float("nan"))), min_size=1, max_size=30),
)
def test_the_sum_is_a_slow_loop(past: list[float], live: list[float]) -> None:
    if np.std(past) < 1e-6 or set(past) | {x for x in live if x == x} <= {0.0, 1.0}:
        return
    spread = deviation(np.array(past), np.array(live))
    seen, held, lowest, expected = list(past), 0.0, 0.0, []
    for x in live:
        if x == x:
            seen.append(x)
            held += (x - sum(seen) / len(seen)) / spread - 0.5
            lowest = min(lowest, held)
        expected.append(held - lowest)
    assert sums(past, live, lower_is_better=True) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_a_shift_is_found_soon() -> None:
    """One and a half deviations, within two weeks of windows, nine times in ten."""
    rng = np.random.default_rng(3)
    found = [judge(rng.normal(size=60), rng.normal(size=14) + 1.5, lower_is_better=True) for _ in range(200)]
    assert found.count(Finding.DRIFT) >= 180


def test_swapped_signs_swap_the_verdict_exactly() -> None:
    rng = np.random.default_rng(5)
    for _ in range(50):
        past, live = rng.normal(size=40), rng.normal(size=20) + rng.choice([-1.0, 0.0, 1.0])
        assert judge(past, live, lower_is_better=True) is judge(-past, -live, lower_is_better=False)
    assert judge(past, past + 9, lower_is_better=False) is Finding.OK
    assert judge(past, past + 9, lower_is_better=True) is Finding.DRIFT


USUAL = [0.10, 0.12, 0.09, 0.11] * 10


@pytest.mark.parametrize(
    ("past", "live", "expected"),
    [
        (USUAL, [], Finding.NO_DATA),
        (USUAL, [0.1, float("nan")], Finding.NO_DATA),
        (USUAL, [0.1, float("inf")], Finding.NO_DATA),
        (USUAL[:20], [0.9] * 9, Finding.INSUFFICIENT),
        ([0.1] * 40, [0.2] * 9, Finding.INSUFFICIENT),  # it never varied: how much is much is not known
        ([], [0.2], Finding.INSUFFICIENT),
        ([float("nan")] * 40, [0.2], Finding.INSUFFICIENT),
        (USUAL, [0.2] * 5 + [float("nan")], Finding.DRIFT),
        ([0.0] * 40, [0.0] * 9, Finding.OK),
        ([0.0] * 40, [1.0] * 9, Finding.DRIFT),
        ([0.0] * 40, [0.0, 1.0, 0.0, 0.0], Finding.OK),  # a single one is chance
        (USUAL, USUAL, Finding.OK),
    ],
)
def test_each_input_has_its_verdict(past: list[float], live: list[float], expected: Finding) -> None:
    assert judge(past, live, lower_is_better=True) is expected
