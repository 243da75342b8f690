"""Shift and slope follow the newest labels, as far as those are sure."""

import numpy as np
import pytest

from pipelines.stats.logistic import sigmoid
from pipelines.usecases.conversion.learning.correction import LEAST_ROWS, Correction, after, followed


def told(rows: int, days: int, shift: float, slope: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw log odds about -2, and orders by other ones."""
    random = np.random.default_rng(seed)
    logits = random.normal(-2, 1, rows)
    came = (random.random(rows) < sigmoid(-2 + shift + slope * (logits + 2))).astype(np.float64)
    return np.sort(random.integers(1, days + 1, rows)), logits, came


def test_it_finds_shift_and_slope_of_many_labels() -> None:
    found = after(Correction(-2.0), *told(20_000, 60, 0.8, 0.5))
    assert found.shift == pytest.approx(0.8, abs=0.15) and found.slope == pytest.approx(0.5, abs=0.15)
    assert found.day == 60 and found.seen == 20_000


def test_few_labels_move_the_shift_a_little_and_the_slope_not_at_all() -> None:
    """Seventy-four labels hurt where both were learned from them (METHODS 5c)."""
    assert LEAST_ROWS > 74
    found = after(Correction(-2.0), *told(74, 3, 2.0, 0.2))
    assert found.slope == pytest.approx(1.0, abs=1e-6) and 0.05 < found.shift < 1.9


def test_without_labels_nothing_moves() -> None:
    nothing = np.empty(0)
    assert after(Correction(-2.0), nothing.astype(np.int64), nothing, nothing) == Correction(-2.0)


def test_days_are_learned_from_once() -> None:
    rows = told(2_000, 20, 0.5, 1.0)
    found = after(Correction(-2.0), *rows)
    assert after(found, *rows) == found


def test_it_follows_a_rate_that_swings_from_two_to_twenty_five_percent() -> None:
    random = np.random.default_rng(1)
    day = np.repeat(np.arange(1, 61), 50)
    rate = np.where(day <= 30, 0.02, 0.25)
    came = (random.random(len(day)) < rate).astype(np.float64)
    logits = np.full(len(day), np.log(0.02 / 0.98))
    found = after(Correction(-3.9), day, logits, came)
    assert sigmoid(found.moved(logits[:1]))[0] == pytest.approx(0.25, abs=0.06)


def test_one_kind_of_outcome_alone_does_not_run_away() -> None:
    for outcome in (0.0, 1.0):
        day, logits, _ = told(500, 10, 0, 1)
        found = after(Correction(-2.0), day, logits, np.full(500, outcome))
        assert np.isfinite([found.shift, found.slope, *found.doubt]).all() and abs(found.shift) < 10


def test_a_slower_pace_misses_less_where_nothing_changes() -> None:
    rows = told(6_000, 60, 0.0, 1.0)
    slow, fast = (followed(Correction(-2.0, pace=pace), *rows)[1] for pace in (0.2, 1.0))
    assert slow < fast


def test_moments_of_one_session_are_less_sure() -> None:
    rows = told(2_000, 20, 1.0, 1.0)
    whole, third = (after(Correction(-2.0), *rows, weight) for weight in (1.0, 1 / 3))
    assert third.doubt[0] > whole.doubt[0]
