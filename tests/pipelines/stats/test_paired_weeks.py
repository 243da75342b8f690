"""Three measures are bet on, each by itself; their mean is evidence, and none is needed for the others."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.stats.paired_weeks import harm_log_e, scale_of

STAKES = (0.1, 0.25, 0.5, 0.75)
share = st.floats(-1, 1)


def bet(x: list[float]) -> float:
    """Bet on values one after the other, stake by stake."""
    return float(np.mean([math.prod(1 + stake * value for value in x) for stake in STAKES]))


@given(st.lists(st.tuples(st.floats(-9, 9), share, share), min_size=1, max_size=30))
def test_the_evidence_is_the_mean_of_three_bets(weeks: list[tuple[float, float, float]]) -> None:
    losses, daily, total = ([week[place] for week in weeks] for place in range(3))
    by_hand = np.mean([bet([max(-1, min(1, loss / 4)) for loss in losses]), bet(daily), bet(total)])
    assert math.exp(harm_log_e(losses, 4.0, [daily, total])[-1]) == pytest.approx(by_hand)


def test_without_a_scale_the_losses_keep_their_stake() -> None:
    assert math.exp(harm_log_e([9.0] * 5, None, [[1.0] * 5])[-1]) == pytest.approx((1 + bet([1.0] * 5)) / 2)
    assert harm_log_e([9.0] * 5, None, [])[-1] == 0


def test_the_scale_is_three_sds_of_the_widest_differences() -> None:
    rng = np.random.default_rng(0)
    ours, live, rule = rng.normal(size=(3, 12)) * [[1.0], [1.0], [5.0]]
    assert scale_of([(ours, live), (ours, rule)]) == pytest.approx(3 * np.std(ours - rule, ddof=1))
    assert scale_of([(ours, live)]) == pytest.approx(3 * np.std(ours - live, ddof=1))


@pytest.mark.parametrize(
    "pasts",
    [
        [],
        [(range(11), [0.0] * 11)],
        [(range(12), [0.0] * 11)],
        [(range(12), [])],
        [([1.0] * 12, [0.0] * 12)],
        [([math.nan] * 12, [0.0] * 12)],
    ],
    ids=["none", "eleven weeks", "unequal", "one alone", "no spread", "nan"],
)
def test_too_little_past_gives_no_scale(pasts: list) -> None:
    assert scale_of(pasts) is None
