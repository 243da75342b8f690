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

from pipelines.lifecycle.data.stockouts import KNOWN, SUSPECTED
from pipelines.lifecycle.errors import OWN_FAULTS, is_own_fault
from pipelines.usecases.contract import Frames, Soundness

log = logging.getLogger(__name__)

WORST = 1.5  # errors that cost half as much again as those of what runs now: something is broken
FEW_UNITS = 20  # so few units of error tell nothing
FORECASTS, ADVICE = "forecasts", "stock_advice"
TOTAL = 0
WEEK = 7
JUMPS_SHOWN = 5
NEW, OLD = "new", "old"

Tables = dict[str, pd.DataFrame]
Answer = Callable[[Frames], Tables]
Judge = Callable[[Tables, Frames], Soundness]
Compare = Callable[..., pd.DataFrame]


@dataclass(frozen=True)
class Told:
    """What one version answered one morning, how long that took, and what was wrong with it."""

    tables: Tables
    seconds: float
    wrong: str = ""
    has_failed: bool = False  # there is no answer at all

    @property
    def expected(self) -> pd.Series:
        """Give the units expected of the first day, by variant."""
        return self.of_forecasts(lambda mean: float(np.sum(mean[:1])))

    @property
    def week(self) -> pd.Series:
        """Give the units expected of the first week, by variant."""
        return self.of_forecasts(lambda mean: float(np.sum(mean[:WEEK])))

    @property
    def orders(self) -> pd.Series:
        """Give the units that it advises to order, by variant."""
        rows = self.tables.get(ADVICE)
        if rows is None:
            return pd.Series(dtype=np.float64)
        return rows[rows["location_id"] == TOTAL].set_index("variant_id")["order_quantity"].astype(np.float64)

    @property
    def names(self) -> dict[Any, str]:
        """Give what the variants are called, where the answer says so."""
        rows = self.tables.get(ADVICE)
        if rows is None:
            return {}
        return dict(zip(rows["variant_id"], rows["title"] + " " + rows["subtitle"], strict=True))

    def of_forecasts(self, read: Callable[[Any], float]) -> pd.Series:
        """Read one number off the forecast of each variant."""
        rows = self.tables.get(FORECASTS)
        if rows is None:
            return pd.Series(dtype=np.float64)
        return pd.Series([read(mean) for mean in rows["mean"]], index=rows["variant_id"], dtype=np.float64)


@dataclass(frozen=True)
class Side:
    """One version's figures of one day; money in minor units, unknown where the use case cannot price."""

    expected: float = 0.0
    off: float = 0.0  # units, over all variants
    money: float | None = None
    orders: int = 0
    order_units: float = 0.0
    seconds: float = 0.0
    wrong: str = ""


@dataclass(frozen=True)
class Day:
    """One day: what sold, and the figures of both."""

    day: int  # counted back from today
    sold: float
    new: Side
    old: Side
    differing_orders: int


@dataclass(frozen=True)
class Jump:
    """By how much the candidate changed its mind about a variant's week from one day to the next."""

    day: int
    name: str
    before: float
    after: float


@dataclass
class Replayed:
    """What came of the days that were replayed."""

    days: list[Day] = field(default_factory=list)
    jumps: list[Jump] = field(default_factory=list)
    unrepeated: int | None = None  # the first day on which what runs now did not repeat itself

    def as_dict(self) -> dict[str, Any]:
        """Give plain JSON."""
        return {"days": [asdict(day) for day in self.days], "jumps": [asdict(jump) for jump in self.jumps]}


@dataclass(frozen=True)
class Verdict:
    """What the days say about the candidate, in words."""

    passed: bool
    text: str
    value: float | None = None
    threshold: float | None = None


def replay(
    mornings: Sequence[date],
    frames_at: Callable[[date], Frames],
    candidate: Answer,
    running: Answer,
    *,
    happened: Frames,
    judged: Judge,
    compare: Compare | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> Replayed:
    """Ask what runs now twice and the candidate once each morning, and set it beside what happened."""
    done, said, before = Replayed(), [], None
    today = happened.asof + timedelta(days=1)
    for number, morning in enumerate(mornings):
        frames = frames_at(morning)
        first, again = ask(running, frames, judged), ask(running, frames, judged)
        if first.has_failed or not same(first.tables, again.tables):
            done.unrepeated = (morning - today).days
            return done
        new = ask(candidate, frames, judged)
        done.days.append(day_of((morning - today).days, *sold_on(happened, morning), new, first))
        if before is not None:
            done.jumps = largest([*done.jumps, *jumps(done.days[-1].day, before, new)])
        said.append((morning, new.tables.get(FORECASTS), first.tables.get(FORECASTS)))
        before = new
        progress((number + 1) / len(mornings))
    done.days = list(priced(done.days, said, today, happened, compare))
    return done


def ask(answer: Answer, frames: Frames, judged: Judge) -> Told:
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
    return one.keys() == other.keys() and all(digest_of(one[name]) == digest_of(other[name]) for name in one)


def digest_of(rows: pd.DataFrame) -> str:
    """Digest a table bit by bit, lists and arrays in its cells included."""
    digest = hashlib.sha256(repr([*rows.columns, len(rows)]).encode())
    for name in rows.columns:
        values = rows[name].to_numpy()
        for value in values if values.dtype == object else [values]:
            digest.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
    return digest.hexdigest()


# Figures


def sold_on(happened: Frames, day: date) -> tuple[pd.Series, set[Any]]:
    """Give what sold that day by variant, and the variants that had nothing to sell: those judge nobody."""
    rows = happened["daily_sales"]
    rows = rows[rows["ds"] == pd.Timestamp(day)]
    out = rows[rows["stockout"].isin((KNOWN, SUSPECTED))]["unique_id"] if "stockout" in rows else ()
    return rows.groupby("unique_id")["y"].sum().astype(np.float64), set(out)


def day_of(number: int, sold: pd.Series, out: set[Any], new: Told, old: Told) -> Day:
    """Put a day's figures together."""
    advice = pd.concat([new.orders, old.orders], axis=1).fillna(0.0)
    return Day(
        day=number,
        sold=float(sold.sum()),
        new=side_of(new, sold, out),
        old=side_of(old, sold, out),
        differing_orders=int((advice.iloc[:, 0] != advice.iloc[:, 1]).sum()),
    )


def side_of(told: Told, sold: pd.Series, out: set[Any]) -> Side:
    """Give one version's figures of a day."""
    expected, orders = told.expected, told.orders
    both = pd.concat([expected, sold], axis=1).fillna(0.0).drop(index=list(out), errors="ignore")
    off = float((both.iloc[:, 0] - both.iloc[:, 1]).abs().sum()) if len(expected) else 0.0
    return Side(
        expected=plain(expected.sum()),
        off=plain(off),
        orders=int((orders > 0).sum()),
        order_units=plain(orders.sum()),
        seconds=round(told.seconds, 3),
        wrong=told.wrong,
    )


def plain(value: float) -> float:
    """Round for people; what is no number counts as nothing, since the day says itself what is wrong."""
    return round(float(value), 2) if np.isfinite(value) else 0.0


def jumps(day: int, before: Told, after: Told) -> Iterator[Jump]:
    """List by how much the expected week of each variant changed overnight, largest first."""
    both = pd.concat([before.week, after.week], axis=1).dropna()
    changed = (both.iloc[:, 0] - both.iloc[:, 1]).abs().sort_values(ascending=False).head(JUMPS_SHOWN)
    for variant in changed[changed > 0].index:
        old, new = both.loc[variant].tolist()
        yield Jump(day, after.names.get(variant, str(variant)).strip(), plain(old), plain(new))


def largest(found: Sequence[Jump]) -> list[Jump]:
    """Keep the largest jumps of all days."""
    return sorted(found, key=lambda jump: -abs(jump.after - jump.before))[:JUMPS_SHOWN]


def priced(
    days: Sequence[Day],
    said: Sequence[tuple[date, pd.DataFrame | None, pd.DataFrame | None]],
    today: date,
    happened: Frames,
    compare: Compare | None,
) -> Iterator[Day]:
    """Add what each day's errors would have cost, where the use case can say so for both."""
    both = [(day, new, old) for day, new, old in said if new is not None and old is not None]
    if compare is None or not both:
        yield from days
        return
    new, old = (pd.concat([for_day(said_then[side], said_then[0]) for said_then in both]) for side in (1, 2))
    rows = compare(happened, new, old, days=1)
    money = {(row.first_day - today).days: (float(row.loss), float(row.against)) for row in rows.itertuples()}
    for day in days:
        loss, against = money.get(day.day, (None, None))
        yield replace(day, new=replace(day.new, money=loss), old=replace(day.old, money=against))


def for_day(rows: pd.DataFrame, day: date) -> pd.DataFrame:
    """Say of which day forecasts are, and when they were made."""
    return rows.assign(first_day=day, origin=day - timedelta(days=1))


# Judging


def judge(done: Replayed, *, running: str) -> Verdict:
    """Fail what is broken: a test that does not repeat itself, missing or impossible answers, errors out of reach."""
    if done.unrepeated is not None:
        return Verdict(
            False,
            "The test itself is unreliable: asked twice the same, "
            f"{running} did not give the same answer {ago(done.unrepeated)}.",
        )
    wrong = [day for day in done.days if day.new.wrong]
    if wrong:
        many = f"On {len(wrong)} of {len(done.days)} days its answer could not be used"
        return Verdict(False, f"{many}. First {ago(wrong[0].day)}: {wrong[0].new.wrong}.", len(wrong), 0)
    return judge_errors(done, running)


def judge_errors(done: Replayed, running: str) -> Verdict:
    """Compare the errors of all days: by what they cost where that is known for every day, else by units."""
    new, old = (sum(getattr(day, side).off for day in done.days) for side in (NEW, OLD))
    said = f"{new:,.0f} units off in {len(done.days)} days, {running} {old:,.0f}"
    if old < FEW_UNITS and new < FEW_UNITS:
        return Verdict(True, f"It answered on every day. Too few sales to weigh errors: {said}.")
    ratio = share_of(done, new, old)
    if ratio > WORST:
        return Verdict(False, f"Its errors are out of reach of what runs now: {said}.", round(ratio, 3), WORST)
    return Verdict(True, f"It answered on every day: {said}.", round(ratio, 3), WORST)


def share_of(done: Replayed, new: float, old: float) -> float:
    """Return the candidate's errors as a share of the other's: the worse of units and money."""
    money = [(day.new.money, day.old.money) for day in done.days if day.new.money is not None]
    loss, against = (sum(pair[side] or 0.0 for pair in money) for side in (0, 1))
    shares = [new / max(old, FEW_UNITS)] + ([loss / against] if against > 0 else [])
    return max(shares)


def ago(day: int) -> str:
    """Say how long ago a day is.

    >>> ago(-1), ago(-14)
    ('yesterday', '14 days ago')
    """
    return "yesterday" if day == -1 else f"{-day} days ago"
