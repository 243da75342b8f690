"""The last days once more: what a candidate and what runs now would have said each morning, beside what happened.

Pure: frames of each morning and two ways to answer in, figures out. Every answer gets frames of its own, and what runs
now is asked twice: where it does not repeat itself to the last digit, nothing that follows would mean anything. Days
are counted back from today: -1 is yesterday. A candidate may have learned from some of these days, so that a good
result proves no worth; a bad one proves that something is broken.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from pipelines.lifecycle.errors import OWN_FAULTS, is_own_fault
from pipelines.usecases.contract import Figure, Frames, PairedWeeks, Rehearsal, Soundness, UseCase

log = logging.getLogger(__name__)

WORST = 1.5  # errors that cost half as much again as those of what runs now: something is broken
JUMPS_SHOWN = 5
NEW, OLD = "new", "old"

Tables = dict[str, pd.DataFrame]
Answer = Callable[[Frames], Tables]
Judge = Callable[[Tables, Frames], Soundness]


@dataclass(frozen=True)
class Told:
    """What one version answered one morning, how long that took, and what was wrong with it."""

    tables: Tables
    seconds: float
    wrong: str = ""
    has_failed: bool = False  # there is no answer at all


@dataclass(frozen=True)
class Reading:
    """What a use case reads off its answers."""

    case: UseCase
    asked: Rehearsal

    @classmethod
    def of(cls, case: UseCase) -> Reading:
        """Give what a use case that can be rehearsed reads."""
        assert case.rehearsal is not None
        return cls(case, case.rehearsal)

    def read(self, figure: Figure, *told: Any) -> Any:
        """Read one figure."""
        return self.case.function(figure.function)(*told)

    def names(self, tables: Tables) -> dict[Any, str]:
        """Give what the units are called, where the answer says so."""
        found: dict[Any, str] = self.case.function(self.asked.names)(tables)
        return found


@dataclass(frozen=True)
class Side:
    """One version's figures of one day; money in minor units, unknown where the use case cannot price."""

    expected: float = 0.0
    off: float = 0.0  # over all units
    money: float | None = None
    seconds: float = 0.0
    wrong: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Day:
    """One day: what happened, and the figures of both."""

    day: int  # counted back from today
    happened: float
    new: Side
    old: Side
    differing: int


@dataclass(frozen=True)
class Jump:
    """By how much the candidate changed its mind about a unit from one day to the next."""

    day: int
    name: str
    before: float
    after: float


@dataclass
class Replayed:
    """What came of the days that were replayed."""

    reading: Reading
    days: list[Day] = field(default_factory=list)
    jumps: list[Jump] = field(default_factory=list)
    unrepeated: int | None = None  # the first day on which what runs now did not repeat itself

    def as_dict(self) -> dict[str, Any]:
        """Give plain JSON."""
        return {"days": [self.told(day) for day in self.days], "jumps": [asdict(jump) for jump in self.jumps]}

    def told(self, day: Day) -> dict[str, Any]:
        """Tell a day, its figures under the names that the use case gives them."""
        asked = self.reading.asked
        sides = {NEW: self.told_of(day.new), OLD: self.told_of(day.old)}
        return {"day": day.day, asked.happened.name: day.happened, **sides, asked.differing.name: day.differing}

    def told_of(self, side: Side) -> dict[str, Any]:
        """Tell one version's figures."""
        plain = asdict(side)
        return {self.reading.asked.expected.name: plain.pop("expected"), **plain.pop("figures"), **plain}


@dataclass(frozen=True)
class Rehearsed:
    """What the days say about the candidate, in words."""

    passed: bool
    text: str
    value: float | None = None
    threshold: float | None = None


def rehearse_days(
    mornings: Sequence[date],
    frames_at: Callable[[date], Frames],
    candidate: Answer,
    running: Answer,
    *,
    reading: Reading,
    happened: Frames,
    judged: Judge,
    progress: Callable[[float], None] = lambda share: None,
) -> Replayed:
    """Ask what runs now twice and the candidate once each morning, and set it beside what happened."""
    done, said, before = Replayed(reading), [], None
    today = happened.asof + timedelta(days=1)
    for number, morning in enumerate(mornings):
        frames = frames_at(morning)
        first, again = answered(running, frames, judged), answered(running, frames, judged)
        if first.has_failed or not same(first.tables, again.tables):
            done.unrepeated = (morning - today).days
            return done
        new = answered(candidate, frames, judged)
        seen, out = reading.read(reading.asked.happened, happened, morning)
        done.days.append(day_of(reading, (morning - today).days, seen, out, new, first))
        if before is not None:
            done.jumps = largest([*done.jumps, *jumps(reading, done.days[-1].day, before, new)])
        said.append((morning, new.tables, first.tables))
        before = new
        progress((number + 1) / len(mornings))
    done.days = list(priced(reading.case, done.days, said, today, happened))
    return done


def answered(answer: Answer, frames: Frames, judged: Judge) -> Told:
    """Have a version answer from frames that nobody else has touched; what the machine does meanwhile travels up."""
    began = time.perf_counter()
    try:
        tables = answer(replace(frames, memo={}))
        seconds = time.perf_counter() - began
        return Told(tables, seconds, judged(tables, frames).broken)
    except OWN_FAULTS as error:
        if not is_own_fault(error):
            raise
        log.warning("a version gave no answer in the test store", exc_info=True)
        return Told({}, time.perf_counter() - began, f"No answer ({type(error).__name__})", has_failed=True)


def same(one: Mapping[str, pd.DataFrame], other: Mapping[str, pd.DataFrame]) -> bool:
    """Say whether two answers are the same to the last digit."""
    return one.keys() == other.keys() and all(rows_digest(one[name]) == rows_digest(other[name]) for name in one)


def rows_digest(rows: pd.DataFrame) -> str:
    """Digest a table bit by bit, lists and arrays in its cells included."""
    digest = hashlib.sha256(repr([*rows.columns, len(rows)]).encode())
    for name in rows.columns:
        values = rows[name].to_numpy()
        for value in values if values.dtype == object else [values]:
            digest.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
    return digest.hexdigest()


# Figures


def day_of(reading: Reading, number: int, seen: pd.Series, out: set[Any], new: Told, old: Told) -> Day:
    """Put a day's figures together."""
    both = [reading.read(reading.asked.differing, told.tables) for told in (new, old)]
    advice = pd.concat(both, axis=1).fillna(0.0)
    return Day(
        day=number,
        happened=float(seen.sum()),
        new=side_of(reading, new, seen, out),
        old=side_of(reading, old, seen, out),
        differing=int((advice.iloc[:, 0] != advice.iloc[:, 1]).sum()),
    )


def side_of(reading: Reading, told: Told, seen: pd.Series, out: set[Any]) -> Side:
    """Give one version's figures of a day; units in `out` judge nobody."""
    expected = reading.read(reading.asked.expected, told.tables)
    both = pd.concat([expected, seen], axis=1).fillna(0.0).drop(index=list(out), errors="ignore")
    off = float((both.iloc[:, 0] - both.iloc[:, 1]).abs().sum()) if len(expected) else 0.0
    return Side(
        expected=plain(expected.sum()),
        off=plain(off),
        seconds=round(told.seconds, 3),
        wrong=told.wrong,
        figures={figure.name: plain(reading.read(figure, told.tables)) for figure in reading.asked.figures},
    )


def plain(value: float) -> float:
    """Round for people; what is no number counts as nothing, since the day says itself what is wrong."""
    if isinstance(value, int):
        return value
    return round(float(value), 2) if np.isfinite(value) else 0.0


def jumps(reading: Reading, day: int, before: Told, after: Told) -> Iterator[Jump]:
    """List by how much what is expected of each unit changed overnight, largest first."""
    both = pd.concat([reading.read(reading.asked.jumps, told.tables) for told in (before, after)], axis=1).dropna()
    changed = (both.iloc[:, 0] - both.iloc[:, 1]).abs().sort_values(ascending=False).head(JUMPS_SHOWN)
    names = reading.names(after.tables)
    for unit in changed[changed > 0].index:
        old, new = both.loc[unit].tolist()
        yield Jump(day, names.get(unit, str(unit)).strip(), plain(old), plain(new))


def largest(found: Sequence[Jump]) -> list[Jump]:
    """Keep the largest jumps of all days."""
    return sorted(found, key=lambda jump: -abs(jump.after - jump.before))[:JUMPS_SHOWN]


def priced(
    case: UseCase, days: Sequence[Day], said: Sequence[tuple[date, Tables, Tables]], today: date, happened: Frames
) -> Iterator[Day]:
    """Add what each day's errors would have cost, where the use case can say so for both."""
    asked = case.evidence if isinstance(case.evidence, PairedWeeks) else None
    both = [(day, new, old) for day, new, old in said if asked and asked.said in new and asked.said in old]
    if asked is None or not both:
        yield from days
        return
    new = pd.concat([for_day(told[asked.said], day) for day, told, _ in both])
    old = pd.concat([for_day(told[asked.said], day) for day, _, told in both])
    rows = case.function(asked.compare)(happened, new, old, days=1)
    money = {(row.first_day - today).days: (float(row.loss), float(row.against)) for row in rows.itertuples()}
    for each in days:
        loss, against = money.get(each.day, (None, None))
        yield replace(each, new=replace(each.new, money=loss), old=replace(each.old, money=against))


def for_day(rows: pd.DataFrame, day: date) -> pd.DataFrame:
    """Say of which day answers are, and when they were given."""
    return rows.assign(first_day=day, origin=day - timedelta(days=1))


# Judging


def judge(done: Replayed, *, running: str) -> Rehearsed:
    """Fail what is broken: a test that does not repeat itself, missing or impossible answers, errors out of reach."""
    if done.unrepeated is not None:
        return Rehearsed(
            False,
            "The test itself is unreliable: asked twice the same, "
            f"{running} did not give the same answer {ago(done.unrepeated)}.",
        )
    wrong = [day for day in done.days if day.new.wrong]
    if wrong:
        many = f"On {len(wrong)} of {len(done.days)} days its answer could not be used"
        return Rehearsed(False, f"{many}. First {ago(wrong[0].day)}: {wrong[0].new.wrong}.", len(wrong), 0)
    return judge_errors(done, running)


def judge_errors(done: Replayed, running: str) -> Rehearsed:
    """Compare the errors of all days: by what they cost where that is known for every day, else as they are counted."""
    asked = done.reading.asked
    new, old = (sum(getattr(day, side).off for day in done.days) for side in (NEW, OLD))
    said = f"{new:,.0f} {asked.expected.unit} off in {len(done.days)} days, {running} {old:,.0f}"
    if old < asked.few and new < asked.few:
        return Rehearsed(True, f"It answered on every day. {asked.too_few}: {said}.")
    ratio = share_of(done, new, old)
    if ratio > WORST:
        return Rehearsed(False, f"Its errors are out of reach of what runs now: {said}.", round(ratio, 3), WORST)
    return Rehearsed(True, f"It answered on every day: {said}.", round(ratio, 3), WORST)


def share_of(done: Replayed, new: float, old: float) -> float:
    """Return the candidate's errors as a share of the other's: the worse of what was counted and money."""
    money = [(day.new.money, day.old.money) for day in done.days if day.new.money is not None]
    loss, against = (sum(pair[side] or 0.0 for pair in money) for side in (0, 1))
    shares = [new / max(old, done.reading.asked.few)] + ([loss / against] if against > 0 else [])
    return max(shares)


def ago(day: int) -> str:
    """Say how long ago a day is.

    >>> ago(-1), ago(-14)
    ('yesterday', '14 days ago')
    """
    return "yesterday" if day == -1 else f"{-day} days ago"
