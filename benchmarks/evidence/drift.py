"""What is said of drift, simulated: alarms in months in which nothing changes, and days until a change is found.

Shops are unlike one another and hard: heavy tails, days that are alike within themselves and follow each other, rare
names, weekdays. Windows, references, thresholds and what lasts are worked out by what really decides. A change that
moves little of what there is (a share of 1 % that becomes 3 %) is no drift by METHODS, whose PSI stays below .1: how
often such ones are found is told, and not promised.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.evidence import Row, at_least, at_most, told
from pipelines.stats.drift import persistence, table, windows
from pipelines.stats.drift.findings import Finding

SUBJECT = "drift"
PROMISED = 0.013  # alarms of a model in a month: what Results call the budget
PAST, MONTH = 56, 30  # days: eight weeks to compare with, and what is watched
FIRST = date(2026, 1, 5)  # a Monday; which one says nothing
ROWS_A_DAY = (35, 200, 600)
CHANGED = (Finding.DRIFT, Finding.BREACH)
WITHIN = 7  # windows
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Change:
    """What becomes of a feature from the first watched day on; `size` is in sd, a factor or a share."""

    feature: str
    size: float
    words: str
    least: float = 0.0  # share of months in which it is to be found within `WITHIN`; nothing promised by 0


CHANGES = (
    Change("usual", 0.5, "figures .5 sd higher", 0.7),
    Change("usual", 1.0, "figures 1 sd higher", 0.7),
    Change("heavy", 1.5, "heavy-tailed figures 1.5 times as large"),
    Change("counts", 1.5, "counts 1.5 times as large", 0.7),
    Change("rare", 3.0, "a share of 1 % becomes 3 %"),
    Change("names", 0.2, "a fifth moves from the commonest name to another", 0.7),
)


def rows(quick: bool) -> list[Row]:
    """Watch stable months, then months with a change."""
    months = 30 if quick else 1_000
    found = [at_most(SUBJECT, f"alarms of a model in a stable month ({months:,} months)", alarms(months), PROMISED)]
    if quick:  # so few months cannot show a rate of one in a hundred
        found = [told(found[0].subject, found[0].case, found[0].measured or 0.0)]
    for change in CHANGES:
        share, days = found_of(change, 6 if quick else 60)
        case = f"{change.words}: found within {WITHIN} windows"
        found.append(at_least(SUBJECT, case, share, change.least) if change.least else told(SUBJECT, case, share))
        found.append(told(SUBJECT, f"{change.words}: days until then, at the median", days))
    return found


def alarms(months: int, seed: int = 0) -> float:
    """Give how often, a month, lasting drift begins in any of twelve features where nothing changes."""
    return sum(len(begun(month(seed, number))) for number in range(months)) / months


def found_of(change: Change, months: int, seed: int = 1) -> tuple[float, float]:
    """Give the share of months in which a change is found soon, and the days until then at the median."""
    found = [begun(month(seed, number, change), [change.feature]).get(change.feature) for number in range(months)]
    known = [each for each in found if each is not None]
    soon = [each for each in known if each.windows <= WITHIN]
    return len(soon) / months, float(np.median([each.days for each in known])) if known else float("nan")


@dataclass(frozen=True)
class Begun:
    """After how many windows, and on which day, drift began to last; the first is 1."""

    windows: int
    days: int


def begun(days: pd.DataFrame, features: Sequence[str] = ()) -> dict[str, Begun]:
    """Watch a month window by window; give when drift of each feature began to last."""
    rows = days[["day", *features]] if features else days
    counts, first = Counter(rows["day"]), FIRST + timedelta(days=PAST)
    found: dict[str, list[Finding]] = {}
    began: dict[str, Begun] = {}
    suspected: deque[list[date]] = deque(maxlen=persistence.LAST - 1)
    for number, window in enumerate(windows.windows(counts, first, first + timedelta(days=MONTH - 1)), start=1):
        usual = windows.same_weekdays(window, counts, {day for days in suspected for day in days})
        reference, current = rows[rows["day"].isin(list(usual))], rows[rows["day"].isin(window.days)]
        groups = reference["day"].map(usual).to_numpy()
        judged = table.compare(reference.drop(columns="day"), current.drop(columns="day"), groups)
        suspected.append(window.days if judged["finding"].isin(CHANGED).any() else [])
        for name, finding in judged["finding"].items():
            found.setdefault(str(name), []).append(finding)
            if persistence.lasting(found[str(name)]) in CHANGED:
                began.setdefault(str(name), Begun(number, (window.last - first).days + 1))
    return began


def month(seed: int, number: int, change: Change | None = None) -> pd.DataFrame:
    """Draw a shop's rows, eight weeks and a month of them: day, and twelve features."""
    rng = np.random.default_rng([seed, number])
    a_day = ROWS_A_DAY[number % len(ROWS_A_DAY)]
    drawn = [day for place in range(PAST + MONTH) for day in one_day(rng, place, a_day, change)]
    return pd.concat(drawn, ignore_index=True)


def one_day(rng: np.random.Generator, place: int, a_day: int, change: Change | None) -> Iterator[pd.DataFrame]:
    """Draw the rows of a day; what a day has in common is drawn once, and follows the day before a little."""
    n = int(rng.poisson(a_day * (1.3 if place % 7 >= 5 else 0.9)))
    mood, tide = rng.normal(0, 0.1), 0.1 * np.sin(place / 9 + number_of(rng))
    drawn = {
        "usual": rng.normal(0, 1, n),
        "moody": rng.normal(mood, 1, n),
        "heavy": rng.lognormal(3, 1.5, n),
        "wild": rng.standard_t(2.1, n),
        "counts": rng.negative_binomial(2, 0.4, n).astype(float),
        "zeros": rng.poisson(0.3, n).astype(float),
        "weekly": rng.normal(place % 7, 1, n),
        "tide": rng.normal(tide, 1, n),
        "rare": (rng.random(n) < 0.01).astype(float),
        "often": (rng.random(n) < 0.3).astype(float),
        "names": names(rng, n, 6),
        "many_names": names(rng, n, 40),
    }
    if change is not None and place >= PAST:
        drawn[change.feature] = changed(rng, change, drawn[change.feature])
    if n:
        yield pd.DataFrame(drawn).assign(day=FIRST + timedelta(days=place))


def number_of(rng: np.random.Generator) -> float:
    """Draw a little noise for the tide, so that no two days are the same."""
    return float(rng.normal(0, 0.2))


def names(rng: np.random.Generator, n: int, count: int) -> NDArray[np.object_]:
    """Draw names of which each is rarer than the one before."""
    shares = 1 / np.arange(1, count + 1)
    drawn: NDArray[np.object_] = rng.choice([f"name {each}" for each in range(count)], n, p=shares / shares.sum())
    return drawn.astype(object)


def changed(
    rng: np.random.Generator, change: Change, values: NDArray[np.object_] | Floats
) -> NDArray[np.object_] | Floats:
    """Let a feature be otherwise."""
    if change.feature == "usual":
        return values + change.size
    if change.feature == "rare":
        return (rng.random(len(values)) < 0.01 * change.size).astype(float)
    if change.feature == "names":
        moves = (values == "name 0") & (rng.random(len(values)) < change.size / np.mean(values == "name 0"))
        return np.where(moves, "name 3", values)
    return np.round(values * change.size) if change.feature == "counts" else values * change.size
