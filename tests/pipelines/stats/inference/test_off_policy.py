"""Estimates of another policy find what is known to be true, and their ranges hold it as often as promised."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.stats.inference import off_policy
from pipelines.stats.inference.off_policy import Valued, doubly_robust, snips


def a_log(rng: np.random.Generator, n: int = 2_000, *, rate: float = 0.1, tail: float = 0.0, again: int = 1):
    """Draw a log of three arms: rewards, weights of a policy that likes the third, visitors, and what is true."""
    chance, wanted = np.array([0.7, 0.2, 0.1]), np.array([0.1, 0.2, 0.7])
    mean = rate * np.array([0.5, 1.0, 1.5])
    arm = rng.choice(3, size=n, p=chance)
    reward = (rng.random(n) < mean[arm]) * np.exp(tail * rng.standard_normal(n) - tail**2 / 2)
    return reward, (wanted / chance)[arm], np.arange(n) // again, arm, float(wanted @ mean)


def covered(count: int, **law: float) -> dict[str, float]:
    """Say how often both ranges hold the truth."""
    rng, held = np.random.default_rng(7), {"snips": 0, "doubly_robust": 0}
    for _ in range(count):
        reward, weight, visitor, arm, truth = a_log(rng, **law)
        said = np.array([0.05, 0.1, 0.12])
        model = np.full(len(arm), float(np.array([0.1, 0.2, 0.7]) @ said))
        both = {
            "snips": snips(reward, weight, visitor),
            "doubly_robust": doubly_robust(reward, weight, model, said[arm], visitor),
        }
        for name, found in both.items():
            bounds = found.interval()
            held[name] += bounds is not None and bounds.low <= truth <= bounds.high
    return {name: times / count for name, times in held.items()}


@pytest.mark.parametrize("law", [{}, {"tail": 1.2}, {"rate": 0.02}, {"n": 600}, {"again": 5}])
def test_ranges_hold_the_truth_at_least_as_often_as_promised(law: dict[str, float]) -> None:
    assert min(covered(200, **law).values()) >= 0.93


def test_the_normal_range_of_the_same_spread_does_not_where_tails_are_heavy() -> None:
    rng, held = np.random.default_rng(7), 0
    for _ in range(300):
        reward, weight, visitor, _, truth = a_log(rng, n=1_500, tail=1.6)
        found = snips(reward, weight, visitor)
        held += abs(found.value - truth) <= 1.96 * found.se
    assert held / 300 < 0.91


def test_a_wrong_model_moves_nothing_and_a_right_one_narrows_the_range() -> None:
    rng = np.random.default_rng(0)
    reward, weight, _, arm, truth = a_log(rng, n=60_000)
    wanted, right = np.array([0.1, 0.2, 0.7]), 0.1 * np.array([0.5, 1.0, 1.5])
    wrong = np.array([5.0, -3.0, 1.0])
    by_right, by_wrong = (
        doubly_robust(reward, weight, np.full(len(arm), wanted @ model), model[arm]) for model in (right, wrong)
    )
    assert by_wrong.value == pytest.approx(truth, abs=4 * by_wrong.se) and by_right.se < by_wrong.se / 2


def test_visitors_who_come_again_widen_the_range() -> None:
    rng = np.random.default_rng(0)
    visitor = np.arange(4_000) // 8
    likes = rng.random(500)[visitor]
    reward, weight = (rng.random(4_000) < 0.3 * likes**3).astype(float), np.full(4_000, 1.0)
    assert snips(reward, weight, visitor).se > 1.1 * snips(reward, weight).se
    assert snips(reward, weight, visitor).ess == pytest.approx(500)


def test_what_two_policies_share_cancels_in_their_difference() -> None:
    rng = np.random.default_rng(0)
    reward, weight, visitor, arm, _ = a_log(rng, n=5_000)
    nearly = weight * np.where(arm == 2, 0.99, 1.0)
    gap = snips(reward, weight, visitor).minus(snips(reward, nearly, visitor))
    assert gap.se < 0.05 * snips(reward, weight, visitor).se


def test_too_little_gives_no_range() -> None:
    nobody, few = snips([], []), snips(np.ones(20), np.ones(20))
    assert nobody.interval() is None and np.isnan(nobody.value) and few.interval() is None
    one_heavy = snips(np.r_[1.0, np.zeros(999)], np.r_[500.0, np.ones(999)])
    assert snips(np.r_[np.ones(3), np.zeros(997)], np.ones(1_000)).interval() is None  # three rewards
    assert one_heavy.ess < off_policy.LEAST_ESS and one_heavy.interval() is None
    assert snips(np.zeros(500), np.ones(500)).interval() is None  # no variance is no data
    assert snips(np.ones(5), np.zeros(5)).interval() is None and np.isnan(Valued(0.0, np.zeros(1), 1, 1.0, 1.0).se)


@pytest.mark.parametrize(
    ("reward", "weight", "visitor"),
    [
        ([1.0, np.nan], [1, 1], None),
        ([1.0], [-1.0], None),
        ([1.0], [np.inf], None),
        ([1.0], [1.0, 2.0], None),
        ([1.0], [1.0], [1, 2]),
    ],
)
def test_what_is_no_number_is_refused(reward: list[float], weight: list[float], visitor: list[int] | None) -> None:
    with pytest.raises(ValueError):
        snips(reward, weight, visitor)


def test_a_model_that_says_nothing_is_refused() -> None:
    with pytest.raises(ValueError):
        doubly_robust([1.0], [1.0], [np.nan], [0.0])
