"""Shift and slope follow the newest labels, as far as those are sure."""

import numpy as np
import pytest

from pipelines.stats.logistic import sigmoid
from pipelines.usecases.conversion.learning import correction
from pipelines.usecases.conversion.learning.correction import LEAST_ROWS, Correction, after, followed, of_dict


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
        assert (
            np.isfinite([found.shift, found.slope, *found.calm.doubt, *found.quick.doubt]).all()
            and abs(found.shift) < 10
        )


def test_a_slower_pace_misses_less_where_nothing_changes() -> None:
    rows = told(6_000, 60, 0.0, 1.0)
    slow, fast = (followed(Correction(-2.0, pace=pace), *rows)[1] for pace in (0.2, 1.0))
    assert slow < fast


def test_moments_of_one_session_are_less_sure() -> None:
    rows = told(2_000, 20, 1.0, 1.0)
    whole, third = (after(Correction(-2.0), *rows, weight) for weight in (1.0, 1 / 3))
    assert third.calm.doubt[0] > whole.calm.doubt[0]


def months(rates: list[float], a_day: int, seed: int, luck: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw days of months of 28, each with a rate of its own and days with heavy-tailed luck, said with .08."""
    random = np.random.default_rng(seed)
    day = np.repeat(np.arange(1, 28 * len(rates) + 1), a_day)
    base = np.repeat(np.log(np.array(rates) / (1 - np.array(rates))), 28) + luck * random.standard_t(3, 28 * len(rates))
    spread = random.normal(0, 1, len(day))
    came = (random.random(len(day)) < sigmoid(np.repeat(base, a_day) + spread)).astype(np.float64)
    return day, np.log(0.08 / 0.92) + spread, came


def said_of_what_came(rows: tuple[np.ndarray, np.ndarray, np.ndarray], first: int) -> float:
    """Say day by day by what was known before, from a day on; return how much of what came was said."""
    day, logits, came = rows
    known, said = Correction(-2.4), 0.0
    for each in np.unique(day):
        today = day == each
        said += sigmoid(known.moved(logits[today])).sum() if each >= first else 0.0
        known = after(known, day[today], logits[today], came[today])
    return float(said / came[day >= first].sum())


@pytest.mark.parametrize(("a_day", "most"), [(30, 1.85), (150, 1.42)])
def test_a_fall_is_followed_within_days(a_day: int, most: float) -> None:
    """From one in four to one in fifty: one track alone says 2.0 and 1.5 times what came in the eight weeks after."""
    said = [said_of_what_came(months([0.25, 0.25, 0.02, 0.02], a_day, seed), 57) for seed in range(4)]
    assert np.mean(said) < most


@pytest.mark.parametrize("luck", [0.0, 0.3])
def test_luck_of_days_is_not_run_after(luck: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside one track alone, where nothing changes but the luck of days."""
    draws = [months([0.05] * 5, 150, seed, luck) for seed in range(4)]
    both = sum(followed(Correction(-2.4), *rows)[1] for rows in draws)
    monkeypatch.setattr(correction, "QUICK", 1.0)
    alone = sum(followed(Correction(-2.4), *rows)[1] for rows in draws)
    assert both < 1.003 * alone


def test_what_one_day_overturns_is_found_all_the_same() -> None:
    """Newton's step leads away from there: half of it, or less, does not."""
    random = np.random.default_rng(0)
    day, logits = np.repeat([1, 2], 2_000), random.normal(-2, 1, 4_000)
    came = np.where(day == 1, 1.0, random.random(4_000) < 0.01)
    found = after(Correction(-2.0), day, logits, came)
    assert abs(found.shift) < 10 and sigmoid(found.moved(logits[2_000:])).mean() < 0.5


def test_what_was_written_by_one_track_goes_on_as_two() -> None:
    old = {"centre": -2.0, "shift": 0.3, "slope": 0.9, "doubt": [0.01, 0.0, 0.02], "seen": 500.0, "day": 9, "pace": 0.5}
    found = of_dict(old)
    assert found.exported() == {"centre": -2.0, "shift": 0.3, "slope": 0.9}
    assert found.calm == found.quick and found.calm.doubt == (0.01, 0.0, 0.02) and found.mixed() == found
