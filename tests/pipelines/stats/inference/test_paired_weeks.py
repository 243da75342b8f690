"""Three measures are bet on, each by itself; their mean is evidence, and none is needed for the others."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.stats.inference.paired_weeks import correlation_of, harm_log_e, scale_of, shares_of

STAKES = (0.1, 0.25, 0.5, 0.75)
share = st.floats(-1, 1)


def bet(x: list[float]) -> float:
    """Bet on values one after the other, stake by stake."""
    return float(np.mean([math.prod(1 + stake * value for value in x) for stake in STAKES]))


@given(st.lists(st.tuples(st.floats(-9, 9), share, share), min_size=1, max_size=30))
def test_the_evidence_is_the_mean_of_three_bets(weeks: list[tuple[float, float, float]]) -> None:
    losses, daily, total = ([week[place] for week in weeks] for place in range(3))
    by_hand = np.mean([bet([max(-1, min(1, loss / 4)) for loss in losses]), bet(daily), bet(total)])
    assert math.exp(harm_log_e(shares_of(losses, 4.0, [daily, total]))[-1]) == pytest.approx(by_hand)


def test_without_a_scale_the_losses_keep_their_stake() -> None:
    told = harm_log_e(shares_of([9.0] * 5, None, [[1.0] * 5]))
    assert math.exp(told[-1]) == pytest.approx((1 + bet([1.0] * 5)) / 2)
    assert harm_log_e(shares_of([9.0] * 5, None, []))[-1] == 0


def test_weeks_are_alike_by_all_that_is_bet_on() -> None:
    """Losses that only grow with the season depend on one another; that the level is off every week does not."""
    assert correlation_of(shares_of(range(12), 12.0, [])) == pytest.approx(0.75)
    assert correlation_of(shares_of([1.0, -1.0] * 2, 1.0, [[0.0] * 4, [0.0] * 4])) == pytest.approx(-0.75)
    assert correlation_of(shares_of([9.0] * 12, 1.0, [[1.0] * 12])) == 0
    assert correlation_of(shares_of([9.0, 1.0], 1.0, [])) is None


@pytest.mark.parametrize(("ours", "live", "rule"), [(1.0, 1.0, 5.0), (1.0, 5.0, 1.0), (5.0, 0.0, 0.0)])
def test_the_scale_is_three_sds_of_what_swung_most(ours: float, live: float, rule: float) -> None:
    rng = np.random.default_rng(0)
    mine, other, naive = rng.normal(size=(3, 12)) * [[ours], [live], [rule]]
    spreads = [np.std(weeks, ddof=1) for weeks in (mine, mine - other, mine - naive)]
    assert scale_of(mine, [other, naive]) == pytest.approx(3 * max(spreads))


def test_recipes_that_never_differed_leave_the_swing_of_the_losses() -> None:
    assert scale_of([1.0, 3.0] * 6, [[1.0, 3.0] * 6]) == pytest.approx(3 * np.std([1, 3] * 6, ddof=1))


@pytest.mark.parametrize(
    ("mine", "others"),
    [([], []), (range(11), [[0.0] * 11]), ([1.0] * 12, [[0.0] * 12]), ([math.nan] * 12, [])],
    ids=["none", "eleven weeks", "no spread", "nan"],
)
def test_too_little_past_gives_no_scale(mine: list[float], others: list[list[float]]) -> None:
    assert scale_of(mine, others) is None


def test_a_past_of_another_length_is_left_out() -> None:
    assert scale_of(range(12), [[0.0] * 11]) == scale_of(range(12), [])
