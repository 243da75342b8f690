"""What is said of a total too high, simulated: alarms in years of sound versions, and days until a bad one is found.

Shops are hard: days follow each other, Black Friday comes known or unknown, a season begins earlier or later than last
year, demand halves overnight, sales are a few a week. Each week another version answers, with an error of its own. What
it is set beside is the version before it, or, of a first version, the same weekdays of the four weeks before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.evidence import Row, at_least, at_most, told
from pipelines.stats.inference import level

SUBJECT = "levels"
PAST, YEAR, WEEK, MONTH = 84, 364, 7, 28
PROMISED = 1.0  # alarms of a shop in a year
WITHIN = 2  # days
ERROR = 0.1  # of a version's level, as a share: each has its own
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Kind:
    """A kind of shop: units of a usual day, how days differ beyond chance, and what its year looks like."""

    name: str
    units: float
    mood: float = 0.25
    year: Callable[[np.random.Generator], tuple[Floats, Floats]] | None = None  # what happens, and what is known of it


def calm(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Let every day be like the others."""
    flat = np.ones(PAST + YEAR + MONTH)
    return flat, flat


def black_friday(rng: np.random.Generator, *, known: bool = True) -> tuple[Floats, Floats]:
    """Let a busy week, four days of four times as much and a lull come, as last year told or as nobody knew."""
    true = np.ones(PAST + YEAR + MONTH)
    first = PAST + int(rng.integers(30, 300))
    true[first - 3 : first], true[first : first + 4], true[first + 4 : first + 15] = 1.6, 4.0, 0.8
    return true, true.copy() if known else np.ones_like(true)


def unknown_black_friday(rng: np.random.Generator) -> tuple[Floats, Floats]:
    return black_friday(rng, known=False)


def season(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Let sales rise to three times and fall again within four months, up to ten days off what last year tells."""
    day, peak = np.arange(PAST + YEAR + MONTH), PAST + int(rng.integers(80, 280))
    shift, height = int(rng.integers(-10, 11)), rng.normal(2.0, 0.3)
    rise = [np.exp(-(((day - at) / 30.0) ** 2)) for at in (peak, peak + shift)]
    return 1 + height * rise[0], 1 + 2.0 * rise[1]


def campaigns(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Let six planned campaigns bring 1.5 to 3 times as much for five days; their size is known by half."""
    true, known = np.ones(PAST + YEAR + MONTH), np.ones(PAST + YEAR + MONTH)
    for first in PAST + rng.integers(0, YEAR - 10, 6):
        times = rng.uniform(1.5, 3.0)
        true[first : first + 5], known[first : first + 5] = times, 1 + (times - 1) * rng.uniform(0.5, 1.5)
    return true, known


def halved(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Let demand halve overnight, and double again."""
    true = np.ones(PAST + YEAR + MONTH)
    first = PAST + int(rng.integers(30, 200))
    true[first : first + 60] = 0.5
    return true, np.ones_like(true)


KINDS = (
    Kind("100 units a day", 100),
    Kind("100 a day, wild days", 100, mood=0.5),
    Kind("12 a day", 12),
    Kind("3 a week", 3 / 7),
    Kind("100 a day, Black Friday known", 100, year=black_friday),
    Kind("100 a day, Black Friday unknown", 100, year=unknown_black_friday),
    Kind("100 a day, a season", 100, year=season),
    Kind("12 a day, a season", 12, year=season),
    Kind("100 a day, campaigns", 100, year=campaigns),
    Kind("100 a day, demand halves", 100, year=halved),
)
BAD = (1.5, 2.0, 3.0)


def rows(quick: bool) -> list[Row]:
    """Watch years of sound versions, then versions that say too much from a day on."""
    years = 6 if quick else 200
    found = []
    for kind in KINDS:
        for alone in (False, True):
            whose = f"{kind.name}, {'a first version' if alone else 'beside the one before'}"
            case = f"{whose}: alarms in a year"
            found.append(at_most(SUBJECT, case, alarms(kind, alone, years), PROMISED))
            for times in BAD:
                soon, week = noticed(kind, alone, times, 20 if quick else 400)
                case = f"{whose}: {times:g} times too much, found within {WITHIN} days"
                is_promised = times >= 3 and kind.units >= 100 and kind.mood < 0.5 and not kind.year
                found.append(at_least(SUBJECT, case, soon, 0.8) if is_promised else told(SUBJECT, case, soon))
                found.append(told(SUBJECT, f"{whose}: {times:g} times too much, within a week", week))
    return found


@dataclass(frozen=True)
class Year:
    """What came on each day, and what a version without an error would say of it the night before, and of the month."""

    came: Floats
    said: Floats
    ahead: Floats
    usual: Floats

    def spread(self, day: int) -> float:
        """Say how far the eight weeks before a day lie from what was usual."""
        past = slice(day - 2 * MONTH, day)
        return level.spread_of(self.came[past], self.usual[past])

    def month(self, day: int) -> float:
        """Give what sold in the four weeks before a day."""
        return float(self.came[day - MONTH : day].sum())


def drawn(kind: Kind, seed: int, number: int) -> Year:
    """Draw a year after three months of past."""
    rng = np.random.default_rng([seed, number])
    true, known = (kind.year or calm)(rng)
    weekday = np.array([0.8, 0.9, 1.0, 1.0, 1.2, 1.3, 0.8])[np.arange(len(true)) % WEEK]
    mood = np.zeros(len(true))
    for day in range(1, len(true)):
        mood[day] = 0.3 * mood[day - 1] + rng.normal(0, kind.mood)
    came = rng.poisson(kind.units * true * weekday * np.exp(mood - kind.mood**2 / 2)).astype(float)
    said, ahead = answers(came, known, weekday)
    usual = np.full(len(came), np.nan)
    for day in range(MONTH, len(came)):
        usual[day] = came[day - MONTH : day : WEEK].mean()
    return Year(came, said, ahead, usual)


def answers(came: Floats, known: Floats, weekday: Floats) -> tuple[Floats, Floats]:
    """Follow the level of a shop, as far as what is known does not explain it: of tomorrow, and of the next 28 days."""
    said, ahead = np.full(len(came), np.nan), np.full(len(came), np.nan)
    seen = came / (known * weekday)
    now = seen[:MONTH].mean()
    for day in range(MONTH, len(came) - MONTH + 1):
        said[day] = now * known[day] * weekday[day]
        ahead[day] = now * float(np.sum(known[day : day + MONTH] * weekday[day : day + MONTH]))
        now += 0.08 * (seen[day] - now)
    return said, ahead


def alarms(kind: Kind, alone: bool, years: int, seed: int = 0) -> float:
    """Give how many versions of a year raise an alarm where none is bad."""
    return sum(_alarms(drawn(kind, seed, number), alone, seed, number) for number in range(years)) / years


def _alarms(year: Year, alone: bool, seed: int, number: int) -> int:
    rng = np.random.default_rng([seed + 100, number])
    errors = np.exp(rng.normal(0, ERROR, YEAR // WEEK + 1))
    return sum(
        bool(first_alarm(year, PAST + WEEK * week, errors[week], None if alone else errors[week - 1]))
        for week in range(1, YEAR // WEEK)
    )


def first_alarm(year: Year, since: int, times: float, before: float | None, days: int = WEEK) -> int:
    """Give after how many days a version that answers since a day raises an alarm; 0 where it does not."""
    usual = year.usual if before is None else before * year.said
    for day in range(since + 1, min(since + days + 1, len(year.came) - MONTH + 1)):
        past = slice(max(since, day - WEEK), day)
        found = level.evidence(year.came[past], times * year.said[past], usual[past], year.spread(day))
        month = year.month(day) if before is None else before * year.ahead[day]
        if level.is_too_high(found, times * year.ahead[day], month):
            return day - since
    return 0


def noticed(kind: Kind, alone: bool, times: float, trials: int, seed: int = 1) -> tuple[float, float]:
    """Give in which share of trials a version that says so many times too much is found soon, and within a week."""
    found = []
    for number in range(trials):
        year, rng = drawn(kind, seed, number), np.random.default_rng([seed + 100, number])
        since, own = PAST + int(rng.integers(0, YEAR - 2 * WEEK)), np.exp(rng.normal(0, ERROR, 2))
        found.append(first_alarm(year, since, times * own[0], None if alone else own[1]))
    return float(np.mean([0 < each <= WITHIN for each in found])), float(np.mean([each > 0 for each in found]))
