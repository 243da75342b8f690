"""E-values may be read at any time: they are exact, agree with slow independent loops, and rarely cry wolf."""

import json
import math
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import binom, dirichlet_multinomial, kstest, multinomial, norm

from pipelines.stats.inference.sequential import (
    betting_log_e,
    closest_null,
    harm_log_e,
    last,
    non_inferior_log_e,
    ratio_log_e,
)
from pipelines.strategies import limits

SERIES, LOOKS = 1000, 50
HARM_LIMIT, NON_INFERIOR_LIMIT, RATIO_LIMIT = limits.HARM, limits.NON_INFERIOR, limits.UNBALANCED


def arm_counts(draw, length: int) -> tuple[list[int], list[int]]:
    units = draw(st.lists(st.integers(0, 400), min_size=length, max_size=length))
    return [draw(st.integers(0, unit)) for unit in units], units


@st.composite
def blocks(draw) -> tuple[list[int], list[int], list[int], list[int], list[int]]:
    length = draw(st.integers(1, 12))
    group = sorted(draw(st.lists(st.integers(0, 3), min_size=length, max_size=length)))
    return *arm_counts(draw, length), *arm_counts(draw, length), group


def simulated(seed: int, control_rate: float, canary_rate: float, *, units: int, share: float = 0.5):
    """Draw 1,000 tests of 50 blocks; `share` is the canary's."""
    rng = np.random.default_rng(seed)
    control = rng.poisson(units * (1 - share) / LOOKS, SERIES * LOOKS)
    canary = rng.poisson(units * share / LOOKS, SERIES * LOOKS)
    return rng.binomial(control, control_rate), control, rng.binomial(canary, canary_rate), canary


GROUP = np.repeat(np.arange(SERIES), LOOKS)


def share_above(log_e: np.ndarray, limit: float) -> float:
    """Give the share of series that reached the limit at any look."""
    return float((log_e.reshape(SERIES, -1).max(axis=1) >= math.log(limit)).mean())


# Against the scenarios and independent implementations


def test_p13_a_canary_that_sells_nothing_is_found_at_the_sixth_block() -> None:
    e = np.exp(harm_log_e([10] * 6, [500] * 6, [0] * 6, [50] * 6))
    assert e[:5] == pytest.approx([1.0, 2.2, 5.3, 13.0, 32.5], abs=0.05)
    assert e[5] > HARM_LIMIT


def test_p14_a_lopsided_split_is_found() -> None:
    assert math.exp(ratio_log_e([9500], [1150], 0.05)[-1]) == pytest.approx(4.1e6, rel=0.01)


def test_p20_a_ramp_while_the_rate_falls_is_no_harm_when_steps_are_strata() -> None:
    rates, units, canary = np.repeat([0.03, 0.015], 24), np.full(48, 2500), np.repeat([250, 2500], 24)
    step = np.repeat([0, 1], 24)
    log_e = harm_log_e(units * rates, units, canary * rates, canary, step)
    assert last(log_e, step).sum() < math.log(2)
    a, b = units @ rates / units.sum(), canary @ rates / canary.sum()
    pooled = (b - a) / math.sqrt((a * (1 - a)) / units.sum() + b * (1 - b) / canary.sum())
    assert pooled < -8  # what the same counts say when they are added up first


def test_the_scenarios_still_say_what_these_tests_say(shared: Path) -> None:
    told = {case["id"][:3]: case for case in json.loads((shared / "policy_scenarios.json").read_text())["scenarios"]}
    assert "E = 1.0, 2.2, 5.3, 13.0, 32.5" in told["P13"]["then"]
    assert "4.1e6" in told["P14"]["given"]
    assert told["P20"]["then"] == "verdict not harm"


def test_harm_is_heard_where_a_step_began_at_night_with_a_few_shoppers() -> None:
    hours = np.array([2, 150, *[60] * 24])
    sold, usual = np.round(hours * 0.5), np.round(hours * 0.6)
    sold[0], usual[0] = 0, 2
    assert harm_log_e(usual, hours, sold, hours)[-1] > math.log(HARM_LIMIT)


def slow_log_e(xa, na, xb, nb, group, margin: float | None) -> list[float]:
    """Follow METHODS 4e and decision 0144 word by word, with the null's point by brute force; no margin means harm."""
    found, evidence = [], 0.0
    for i in range(len(na)):
        past = [j for j in range(i) if group[j] == group[i]]
        if not past:
            evidence = 0.0
        seen_a, seen_b = sum(na[j] for j in past), sum(nb[j] for j in past)
        a = (sum(xa[j] for j in past) + 0.18) / (seen_a + 0.36)
        b = (sum(xb[j] for j in past) + 0.18) / (seen_b + 0.36)
        is_known = seen_a >= na[i] and seen_b >= nb[i] and seen_a and seen_b
        if is_known and (b < a if margin is None else b > (1 - margin) * a):
            a0, b0 = slow_null(a, na[i], b, nb[i], 1.0 if margin is None else 1 - margin)
            evidence += binom.logpmf(xa[i], na[i], a) - binom.logpmf(xa[i], na[i], a0)
            evidence += binom.logpmf(xb[i], nb[i], b) - binom.logpmf(xb[i], nb[i], b0)
        found.append(evidence)
    return found


def slow_null(a: float, na: int, b: float, nb: int, kept: float) -> tuple[float, float]:
    def distance(a0: float) -> float:
        return na * kl(a, a0) + nb * kl(b, kept * a0)

    best = minimize_scalar(distance, bounds=(1e-9, 1 - 1e-9), method="bounded", options={"xatol": 1e-13}).x
    return best, kept * best


def kl(rate: float, null: float) -> float:
    return rate * math.log(rate / null) + (1 - rate) * math.log((1 - rate) / (1 - null))


@settings(deadline=None)
@given(blocks())
def test_harm_agrees_with_a_slow_loop(data) -> None:
    assert harm_log_e(*data) == pytest.approx(slow_log_e(*data, margin=None), abs=1e-3)


@settings(deadline=None)
@given(blocks(), st.sampled_from([0.05, 0.1, 0.3]))
def test_non_inferiority_agrees_with_a_slow_loop(data, margin: float) -> None:
    assert non_inferior_log_e(*data[:4], margin, data[4]) == pytest.approx(slow_log_e(*data, margin=margin), abs=1e-3)


@settings(deadline=None)
@given(st.floats(0.001, 0.9), st.integers(1, 5000), st.floats(0.001, 0.9), st.integers(1, 5000), st.floats(0.3, 1))
def test_the_nulls_closest_point_is_where_brute_force_finds_it(a, na, b, nb, kept) -> None:
    found = float(closest_null(*(np.array([float(x)]) for x in (a, na, b, nb)), kept)[0])
    slow, _ = slow_null(a, na, b, nb, kept)
    gain = (na * kl(a, slow) + nb * kl(b, kept * slow)) - (na * kl(a, found) + nb * kl(b, kept * found))
    assert 0 < found < 1
    assert gain < 1e-6 * (na + nb)  # brute force does not get closer


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 60)), min_size=1), st.floats(0.01, 0.5))
def test_the_ratio_check_is_a_dirichlet_multinomial_against_the_plan(units, weight: float) -> None:
    control, canary = np.array(units).T
    shares = np.array([0.5, weight]) / (0.5 + weight)
    seen = np.cumsum(np.array(units), axis=0)
    expected = [
        dirichlet_multinomial.logpmf(row, 100 * shares, row.sum()) - multinomial.logpmf(row, row.sum(), shares)
        for row in seen
    ]
    assert ratio_log_e(control, canary, weight) == pytest.approx(np.array(expected), abs=1e-6)


@settings(deadline=None)
@given(st.lists(st.floats(-1, 1), max_size=30))
def test_betting_agrees_with_a_slow_loop(x: list[float]) -> None:
    capital, expected = [1.0] * 4, []
    for value in x:
        capital = [c * (1 + stake * value) for c, stake in zip(capital, (0.1, 0.25, 0.5, 0.75), strict=True)]
        expected.append(math.log(sum(capital) / 4))
    assert betting_log_e(x) == pytest.approx(expected, abs=1e-9)


# What holds for any counts


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.floats(0.05, 0.95), st.floats(0.1, 1), st.data())
def test_under_the_null_the_mean_of_the_next_factor_is_at_most_one(na, nb, rate, worse, data) -> None:
    """The definition of an e-value, summed over every outcome of a block."""
    past = [(data.draw(st.integers(0, 20)), 20, data.draw(st.integers(0, 20)), 20)]
    outcomes = [(xa, xb) for xa in range(na + 1) for xb in range(nb + 1)]
    for kept, work in ((1.0, harm_log_e), (0.8, lambda *x: non_inferior_log_e(*x[:4], 0.2, x[4]))):
        pb = min(rate / worse, 1.0) if work is harm_log_e else kept * rate * worse
        rows = np.array([row for xa, xb in outcomes for row in (*past, (xa, na, xb, nb))]).T
        factor = last(work(*rows, np.repeat(np.arange(len(outcomes)), 2)), np.repeat(np.arange(len(outcomes)), 2))
        chance = [binom.pmf(xa, na, rate) * binom.pmf(xb, nb, pb) for xa, xb in outcomes]
        assert np.exp(factor) @ chance <= 1 + 1e-9


@settings(deadline=None)
@given(blocks())
def test_every_group_is_worked_through_as_if_it_were_alone(data) -> None:
    group = np.array(data[4])
    columns = [np.array(column) for column in data[:4]]
    x = columns[0] / 400 - 0.5
    for work in (
        lambda rows, *g: harm_log_e(*(c[rows] for c in columns), *g),
        lambda rows, *g: non_inferior_log_e(*(c[rows] for c in columns), 0.1, *g),
        lambda rows, *g: ratio_log_e(columns[1][rows], columns[3][rows], 0.1, *g),
        lambda rows, *g: betting_log_e(x[rows], *g),
    ):
        alone = np.concatenate([work(group == number) for number in np.unique(group)])
        assert work(slice(None), group) == pytest.approx(alone, abs=1e-8)


@settings(deadline=None)
@given(blocks(), st.integers(0, 11))
def test_an_empty_block_changes_nothing(data, place: int) -> None:
    rows = list(zip(*data, strict=True))
    place = min(place, len(rows) - 1)
    longer = list(zip(*rows[: place + 1], (0, 0, 0, 0, data[4][place]), *rows[place + 1 :], strict=True))
    for work in (harm_log_e, lambda *x: non_inferior_log_e(*x[:4], 0.1, x[4])):
        assert np.delete(work(*longer), place + 1) == pytest.approx(work(*data), abs=1e-8)
        assert work(*longer)[place + 1] == pytest.approx(work(*longer)[place], abs=1e-8)


def test_nothing_is_bet_before_both_arms_were_seen() -> None:
    assert non_inferior_log_e([10], [500], [10], [500], 0.1).tolist() == [0.0]
    assert harm_log_e([0, 90], [0, 900], [0, 0], [90, 90]).tolist() == [0.0, 0.0]


def test_no_blocks_give_no_evidence() -> None:
    assert len(harm_log_e([], [], [], [])) == len(ratio_log_e([], [], 0.1)) == len(betting_log_e([])) == 0
    assert len(last([])) == 0


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        (([6], [5], [0], [5]), "more units with an order than units"),
        (([-1], [5], [0], [5]), "orders cannot be negative"),
        (([0], [5], [0], [-5]), "units cannot be negative"),
        (([0], [float("nan")], [0], [5]), "units must be known, finite numbers"),
        (([None], [5], [0], [5]), "orders must be known, finite numbers"),
        (([0], [5], [0], [5, 5]), "orders and units for both arms"),
        (([[0]], [[5]], [[0]], [[5]]), "one number per block"),
        (([0, 0], [5, 5], [0, 0], [5, 5], [1, 0]), "groups must be sorted"),
        (([0, 0], [5, 5], [0, 0], [5, 5], [0]), "every block belongs to one group"),
    ],
)
def test_counts_that_cannot_be_are_refused_with_a_sentence(counts, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        harm_log_e(*counts)


def test_other_bad_input_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="a margin is a share"):
        non_inferior_log_e([1], [5], [1], [5], margin=1.0)
    with pytest.raises(ValueError, match="a canary takes a share"):
        ratio_log_e([5], [5], weight=0.6)
    with pytest.raises(ValueError, match="may not change within one step"):
        ratio_log_e([5, 5], [5, 5], weight=[0.1, 0.2])
    with pytest.raises(ValueError, match="clipped"):
        betting_log_e([1.01])


def test_a_weight_may_change_with_the_step() -> None:
    both = ratio_log_e([50, 50], [10, 20], weight=[0.1, 0.2], group=[0, 1])
    assert both == pytest.approx([ratio_log_e([50], [10], 0.1)[0], ratio_log_e([50], [20], 0.2)[0]])


# Rates, by simulation: 1,000 tests under 50 looks each


@pytest.mark.parametrize(("rate", "units", "share"), [(0.02, 40_000, 0.5), (0.02, 10_000, 0.1), (0.3, 2_000, 0.3)])
def test_a_harmless_canary_is_rarely_called_harmful(rate: float, units: int, share: float) -> None:
    log_e = harm_log_e(*simulated(1, rate, rate, units=units, share=share), GROUP)
    assert share_above(log_e, HARM_LIMIT) <= 1 / HARM_LIMIT + 0.01


@pytest.mark.parametrize(("rate", "units", "share"), [(0.02, 200_000, 0.5), (0.1, 20_000, 0.1), (0.3, 2_000, 0.3)])
def test_a_canary_just_as_bad_as_the_margin_is_rarely_called_good_enough(rate, units, share) -> None:
    log_e = non_inferior_log_e(*simulated(2, rate, 0.9 * rate, units=units, share=share), 0.1, GROUP)
    assert share_above(log_e, NON_INFERIOR_LIMIT) <= 0.05


def test_an_equal_canary_is_proven_good_enough_in_the_end() -> None:
    log_e = non_inferior_log_e(*simulated(3, 0.03, 0.03, units=600_000), 0.1, GROUP)
    assert share_above(log_e, NON_INFERIOR_LIMIT) > 0.9


def test_a_fifth_less_orders_is_found_about_half_the_time_in_40_000_visitors() -> None:
    """METHODS 4e names 56 to 68 %; these exact bets measure 56 % at E >= 20 and 45 % at E >= 40."""
    log_e = harm_log_e(*simulated(4, 0.02, 0.016, units=40_000), GROUP)
    assert 0.40 <= share_above(log_e, HARM_LIMIT) <= 0.52
    assert 0.50 <= share_above(log_e, 20) <= 0.62


def test_a_third_less_orders_is_found_nearly_always() -> None:
    log_e = harm_log_e(*simulated(5, 0.02, 0.0134, units=40_000), GROUP)
    assert share_above(log_e, HARM_LIMIT) > 0.9


@pytest.mark.parametrize("weight", [0.01, 0.1, 0.5])
def test_a_correct_split_is_hardly_ever_called_lopsided(weight: float) -> None:
    _, control, _, canary = simulated(6, 0, 0, units=40_000, share=weight / (weight + 0.5))
    assert share_above(ratio_log_e(control, canary, weight, GROUP), RATIO_LIMIT) <= 0.002


def test_500_aa_runs_are_clean() -> None:
    """Nothing differs: fixed-size p-values are uniform, the ratio is clean, harm is not seen."""
    counts = [column[: 500 * LOOKS] for column in simulated(7, 0.05, 0.05, units=40_000)]
    xa, na, xb, nb = (column.reshape(500, LOOKS).sum(axis=1) for column in counts)
    pooled = (xa + xb) / (na + nb)
    z = (xb / nb - xa / na) / np.sqrt(pooled * (1 - pooled) * (1 / na + 1 / nb))
    assert kstest(2 * norm.sf(np.abs(z)), "uniform").pvalue > 0.05
    group = GROUP[: 500 * LOOKS]
    lopsided = ratio_log_e(counts[1], counts[3], 0.5, group).reshape(500, LOOKS).max(axis=1) >= math.log(RATIO_LIMIT)
    harmful = harm_log_e(*counts, group).reshape(500, LOOKS).max(axis=1) >= math.log(HARM_LIMIT)
    assert lopsided.sum() <= 2  # one run in 1,000 may be: half a run is expected at most
    assert harmful.mean() <= 1 / HARM_LIMIT


@pytest.mark.parametrize("law", ["normal", "skewed"])
def test_weeks_without_a_difference_are_rarely_called_worse(law: str) -> None:
    rng = np.random.default_rng(8)
    weeks = rng.normal(0, 1 / 3, SERIES * 52) if law == "normal" else rng.exponential(1 / 3, SERIES * 52) - 1 / 3
    log_e = betting_log_e(np.clip(weeks, -1, 1), np.repeat(np.arange(SERIES), 52))
    assert share_above(log_e, HARM_LIMIT) <= 1 / HARM_LIMIT


def test_nine_weeks_are_the_least_that_can_condemn_a_forecast() -> None:
    log_e = betting_log_e(np.ones(9))
    assert log_e[7] < math.log(HARM_LIMIT) <= log_e[8]


def test_a_thousand_releases_of_ninety_days_take_seconds() -> None:
    rng = np.random.default_rng(9)
    size = 1000 * 2160
    control, canary = rng.poisson(20, size), rng.poisson(4, size)
    orders, canary_orders, group = control // 20, canary // 20, np.repeat(np.arange(1000), 2160)
    began = time.process_time()
    harm_log_e(orders, control, canary_orders, canary, group)
    non_inferior_log_e(orders, control, canary_orders, canary, 0.1, group)
    ratio_log_e(control, canary, 0.1, group)
    assert time.process_time() - began < 5
