"""The test of Diebold and Mariano as Harvey, Leybourne and Newbold corrected it: by its formula, and by its level."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import t as student
from scipy.stats import ttest_1samp

from pipelines.stats.inference.diebold_mariano import diebold_mariano

rng = np.random.default_rng(7)
losses = arrays(float, st.integers(8, 40), elements=st.floats(-100, 100))


def written_out(each: list[float], ahead: int) -> tuple[float, float]:
    """Work it out as the papers print it, sum by sum."""
    n, mean = len(each), sum(each) / len(each)
    gamma = [sum((each[i] - mean) * (each[i - lag] - mean) for i in range(lag, n)) / n for lag in range(ahead)]
    variance = (gamma[0] + 2 * sum(gamma[1:])) / n
    plain = mean / math.sqrt(variance if variance > 0 else gamma[0] / n)
    corrected = plain * math.sqrt((n + 1 - 2 * ahead + ahead * (ahead - 1) / n) / n)
    return corrected, 2 * (1 - student.cdf(abs(corrected), n - 1))


@pytest.mark.parametrize("ahead", [1, 2, 4])
def test_it_is_the_formula_of_the_papers(ahead):
    ours, theirs = rng.gamma(2, 3, size=(2, 30))
    found = diebold_mariano(ours, theirs, ahead=ahead)
    assert (found.statistic, found.p_value) == pytest.approx(written_out(list(ours - theirs), ahead), rel=1e-9)


@pytest.mark.parametrize("ahead", [1, 3])
def test_its_range_leaves_out_zero_where_it_is_sure(ahead):
    for shift in (0.0, 0.4, 0.9):
        found = diebold_mariano(rng.normal(shift, 1, 28), np.zeros(28), ahead=ahead)
        assert (found.low > 0 or found.high < 0) == (found.p_value < 0.05)
        assert found.low < found.mean < found.high


def test_one_day_ahead_it_is_students_test_of_one_sample():
    each = rng.normal(0.4, 1, 25)
    found, known = diebold_mariano(each, np.zeros(25)), ttest_1samp(each, 0)
    assert (found.statistic, found.p_value) == pytest.approx((known.statistic, known.pvalue))


def test_a_known_value():
    found = diebold_mariano([1, 2, 3, 4, 1, 2, 3, 4], np.zeros(8))
    assert (found.mean, found.statistic) == (2.5, pytest.approx(2.5 / math.sqrt(1.25 / 7)))


@given(losses, losses)
def test_swapping_the_forecasts_flips_the_sign_and_nothing_else(one, other):
    size = min(len(one), len(other))
    there, back = diebold_mariano(one[:size], other[:size]), diebold_mariano(other[:size], one[:size])
    assert (there is None) == (back is None)
    if there and back:
        assert there.statistic == pytest.approx(-back.statistic) and there.p_value == pytest.approx(back.p_value)


@given(losses, st.floats(0.1, 100))
def test_the_unit_of_the_losses_does_not_matter(each, scale):
    one, other = diebold_mariano(each, each * 0), diebold_mariano(each * scale, each * 0)
    if one and other:
        assert one.statistic == pytest.approx(other.statistic, rel=1e-4)


def test_where_autocovariances_make_the_variance_negative_only_lag_zero_counts():
    each = np.tile([2.0, -1.0], 8)
    assert diebold_mariano(each, each * 0, ahead=2).statistic == pytest.approx(written_out(list(each), 2)[0])


@pytest.mark.parametrize("each", [[], [1.0] * 7, [2.0] * 30, [math.nan] * 30, [1.0, 2.0] * 3 + [math.nan] * 20])
def test_of_too_few_days_or_of_none_that_differ_nothing_is_said(each):
    assert diebold_mariano(each, np.zeros(len(each))) is None


def test_days_that_are_unknown_are_left_out():
    each = list(rng.normal(1, 1, 20))
    assert diebold_mariano([*each, math.nan, math.inf], np.zeros(22)) == diebold_mariano(each, np.zeros(20))


def test_a_forecast_looks_ahead():
    with pytest.raises(ValueError, match="at least a day"):
        diebold_mariano([1.0] * 9, [0.0] * 9, ahead=0)


@pytest.mark.parametrize(("days", "memory", "most"), [(14, 0.0, 0.065), (28, 0.0, 0.065), (28, 0.3, 0.19)])
def test_its_level_with_short_histories(days, memory, most):
    """Without memory it holds its 5 %; errors that go together, which one day ahead should not, make it liberal."""
    draws = np.random.default_rng(1)
    each = draws.normal(size=(1500, days + 30))
    for day in range(1, days + 30):
        each[:, day] += memory * each[:, day - 1]
    found = [diebold_mariano(row, np.zeros(days)) for row in each[:, 30:]]
    assert np.mean([one.p_value < 0.05 for one in found if one]) <= most
