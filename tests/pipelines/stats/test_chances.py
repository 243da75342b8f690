"""Figures of chances as others define them, and bets that favour nobody by chance."""

import numpy as np
import pytest

from pipelines.stats import chances


def calibrated(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    said = random.beta(1, 9, rows)
    return (random.random(rows) < said).astype(np.float64), said


def test_figures_of_a_few_moments_by_hand() -> None:
    told = chances.figures(np.array([1.0, 0.0]), np.array([0.8, 0.4]))
    assert told["log_loss"] == pytest.approx(-(np.log(0.8) + np.log(0.6)) / 2)
    assert told["brier"] == pytest.approx(0.1) and told["auc"] == 1.0 and told["gap"] == pytest.approx(0.2)
    assert (told["rows"], told["series"]) == (2, 1)


def test_what_is_not_defined_is_nothing() -> None:
    nothing = chances.figures(np.empty(0), np.empty(0))
    assert {nothing[key] for key in ("log_loss", "brier", "auc", "ece", "gap", "said", "ordered")} == {None}
    alike = chances.figures(np.zeros(5), np.full(5, 0.1))
    assert alike["auc"] is None and alike["gap"] is None and alike["log_loss"] > 0
    assert chances.gap_range(np.zeros(5), np.full(5, 0.1), 1.0) is None
    assert chances.bins(np.empty(0), np.empty(0)) == []


def test_calibrated_chances_are_within_their_range_19_of_20_times() -> None:
    found = (chances.gap_range(*calibrated(800, seed), 1.0) for seed in range(40))
    assert sum(low <= 0 <= high for low, high in found) >= 35


def test_chances_that_are_twice_too_high_are_beyond_chance() -> None:
    came, said = calibrated(4_000)
    assert chances.gap_range(came, 2 * said, 1.0)[0] > 0.5


def test_moments_of_the_same_session_widen_the_range() -> None:
    came, said = calibrated(800)
    one, third = (np.diff(chances.gap_range(came, said, weight))[0] for weight in (1.0, 1 / 3))
    assert third > 1.5 * one


def test_bins_hold_equally_many_and_their_range() -> None:
    told = chances.bins(*calibrated(800))
    assert len(told) == chances.BINS and {each["rows"] for each in told} == {100}
    assert [each["said"] for each in told] == sorted(each["said"] for each in told)
    assert all(each["low"] <= each["came"] <= each["high"] for each in told)


def test_a_bet_between_equals_is_nought_on_average_and_never_beyond_one() -> None:
    rng, found = np.random.default_rng(1), []
    for _ in range(400):
        truth = rng.beta(1, 6, 200)
        off = rng.normal(0, 0.05, 200)
        pair = (truth + off, truth - off)  # equally wrong
        found.append(chances.bets(*pair, (rng.random(200) < truth).astype(float)).get("answers", 0.0))
    assert abs(np.mean(found)) < 3 * np.std(found) / 20
    assert chances.bets(np.ones(3), np.zeros(3), np.zeros(3)) == {"answers": 1.0}
    assert chances.bets(np.ones(3), np.zeros(3), np.ones(3)) == {"answers": -1.0}
    assert chances.bets(np.ones(3), np.ones(3), np.ones(3)) == {}  # nothing to tell apart
