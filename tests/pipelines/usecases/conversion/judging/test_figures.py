"""Figures as others define them, and ranges that hold what chance alone brings."""

import numpy as np
import pytest

from pipelines.usecases.conversion.judging import figures as judge


def calibrated(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    said = random.beta(1, 9, rows)
    return (random.random(rows) < said).astype(np.float64), said


def test_figures_of_a_few_moments_by_hand() -> None:
    told = judge.figures(np.array([1.0, 0.0]), np.array([0.8, 0.4]))
    assert told["log_loss"] == pytest.approx(-(np.log(0.8) + np.log(0.6)) / 2)
    assert told["brier"] == pytest.approx(0.1) and told["auc"] == 1.0 and told["gap"] == pytest.approx(0.2)
    assert (told["rows"], told["series"]) == (2, 1)


def test_what_is_not_defined_is_nothing() -> None:
    nothing = judge.figures(np.empty(0), np.empty(0))
    assert {nothing[key] for key in ("log_loss", "brier", "auc", "ece", "gap", "said", "ordered")} == {None}
    alike = judge.figures(np.zeros(5), np.full(5, 0.1))
    assert alike["auc"] is None and alike["gap"] is None and alike["log_loss"] > 0
    assert judge.gap_range(np.zeros(5), np.full(5, 0.1), 1.0) is None
    assert judge.ece_range(np.empty(0), np.empty(0), 1.0, seed=0) is None
    assert judge.auc_range(np.zeros(5), np.full(5, 0.1)) is None and judge.bins(np.empty(0), np.empty(0)) == []


def test_a_calibrated_version_is_within_its_ranges_19_of_20_times() -> None:
    inside = {"gap": 0, "ece": 0}
    for seed in range(40):
        came, said = calibrated(800, seed)
        low, high = judge.gap_range(came, said, 1.0)
        inside["gap"] += low <= 0 <= high
        inside["ece"] += judge.ece_range(came, said, 1.0, seed=seed)[0] == 0
    assert inside["gap"] >= 35 and inside["ece"] >= 35


def test_chances_that_are_twice_too_high_are_beyond_chance() -> None:
    came, said = calibrated(4_000)
    assert judge.gap_range(came, 2 * said, 1.0)[0] > 0.5
    assert judge.ece_range(came, 2 * said, 1.0, seed=0)[0] > 0.05


def test_moments_of_the_same_session_widen_the_ranges() -> None:
    came, said = calibrated(800)
    one, third = (np.diff(judge.gap_range(came, said, weight))[0] for weight in (1.0, 1 / 3))
    assert third > 1.5 * one


def test_bins_hold_equally_many_and_their_range() -> None:
    told = judge.bins(*calibrated(800))
    assert len(told) == judge.BINS and {each["rows"] for each in told} == {100}
    assert [each["said"] for each in told] == sorted(each["said"] for each in told)
    assert all(each["low"] <= each["came"] <= each["high"] for each in told)
