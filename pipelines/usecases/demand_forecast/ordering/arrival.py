"""What to order by what will be left on the day the order arrives (METHODS 4j).

Days are cut into spells: a new one begins wherever something comes in, and those from the arrival on are what an order
placed today has to cover. Demand of every spell is drawn; what is left goes from spell to spell and never falls below
nothing where sales are lost. Within a spell nothing comes in, so that its days need no walk of their own.

Of how far a forecast is off, a part is shared by all variants and lasts (its luck is the same in all spells of a
draw); chance and what is a variant's own are drawn anew in every spell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.stats.frames import Matrix
from pipelines.stats.inference.common_draws import DRAWS, PLACES, chances, drawn_counts
from pipelines.usecases.demand_forecast.backtesting.spread import Spread
from pipelines.usecases.demand_forecast.ordering.policies import BoolArray, FloatArray, IntArray, Policy, Terms

Drawn = NDArray[np.float32]

CHUNK = 4_096
ROUNDING = PLACES // 2  # whose chances round parts of a draw


class Forecast(Protocol):
    """What a forecast tells an order: the expected units (variants x days), and how far they may be off."""

    @property
    def mean(self) -> Matrix: ...

    @property
    def spread(self) -> Spread: ...


def spell_starts(lead_time_days: IntArray, review_days: IntArray) -> IntArray:
    """Give the day on which each spell begins (spells x rows), where an order was placed at every earlier review.

    Rows with fewer deliveries on their way than others have empty spells on day 0.

    >>> spell_starts(np.array([14, 10, 0]), np.array([7, 7, 7]))
    array([[ 0,  0,  0],
           [ 7,  3,  0],
           [14, 10,  0]])
    """
    most = max(1, int((-(-lead_time_days // review_days)).max(initial=1)))
    back = np.arange(most, -1, -1)[:, None]
    return np.asarray(np.maximum(lead_time_days - back * review_days, 0))


@dataclass(frozen=True)
class Ahead:
    """Hold the demand ahead of some variants, spell by spell; matrices are spells x rows.

    `mean` are the expected units, `ratio` variance over mean by chance and by the variant's own error, `error` how far
    the level of the whole shop may be off by the end of the spell.
    """

    starts: IntArray
    lengths: IntArray
    mean: FloatArray
    ratio: FloatArray
    error: FloatArray
    spread: Spread
    level: FloatArray  # the wanted probability: with which an order is to last through the spells that it covers
    continues: BoolArray  # sells on when nothing is left: nothing is lost, and what is owed stays owed
    after_arrival: int = 0  # so many spells begin after the order is there, where more comes in while it lasts
    draws: int = DRAWS

    @property
    def arrival(self) -> int:
        """Give the spell that begins with the order."""
        return len(self.starts) - 1 - self.after_arrival

    def missing(self, on_hand: FloatArray, receipts: FloatArray) -> FloatArray:
        """Give the units to order; `receipts` (days x rows) come in at the start of each day ahead."""
        return self.needed(on_hand, received(receipts, self.starts))

    def needed(self, on_hand: FloatArray, coming: FloatArray) -> FloatArray:
        """Give the units to order, before packs; `coming` (spells x rows) is there when each spell begins."""
        found = np.zeros(len(on_hand))
        for rows in self._chunks():
            short = self._most_wanted(rows, coming) - self._left(rows, on_hand, coming)
            found[rows] = quantile_of(short, self.level[rows])
        return np.maximum(found, 0.0)

    @property
    def order_up_to(self) -> FloatArray:
        """Give the units that last through all spells with the wanted probability, were all there now."""
        rows = len(self.level)
        nothing_is_lost = replace(self, continues=np.ones(rows, dtype=np.bool_))
        return nothing_is_lost.needed(np.zeros(rows), np.zeros(self.starts.shape))

    def lost(self, on_hand: FloatArray, coming: FloatArray) -> FloatArray:
        """Give the units that are expected to be missed before the order arrives."""
        found = np.zeros(len(on_hand))
        for rows in self._chunks():
            for left, wanted in self._walk(rows, on_hand, coming):
                found[rows] += np.maximum(wanted - np.maximum(left, 0), 0).mean(axis=1, dtype=np.float64)
        return np.where(self.continues, 0.0, found)

    def sold_thanks_to(self, on_hand: FloatArray, coming: FloatArray, units: IntArray) -> FloatArray:
        """Give the units that only sell because so many are ordered (`units`: rows x steps), on average."""
        found = np.zeros(units.shape)
        for rows in self._chunks():
            missed = np.maximum(self._most_wanted(rows, coming) - self._left(rows, on_hand, coming), 0)
            for step, ordered in enumerate(units[rows].T.astype(np.float32)):
                found[rows, step] = np.minimum(missed, ordered[:, None]).mean(axis=1, dtype=np.float64)
        return found

    def days_lasting(self, on_hand: FloatArray, coming: FloatArray, shares: FloatArray) -> IntArray:
        """Give through how many days after the arrival what is there lasts, with the wanted probability.

        `shares` (days x rows) is the part of the covered demand until the end of each of the days. Drawn units are
        thinned to a part: what rounding leaves goes by a chance that no other draw shares.
        """
        days = np.zeros(len(on_hand), dtype=np.int64)
        even = chances(ROUNDING, self.draws).astype(np.float32)
        for rows in self._chunks():
            left, wanted = self._left(rows, on_hand, coming), self._covered(rows)[-1]
            lasts = np.ones(len(left), dtype=np.bool_)
            for day, part in enumerate(shares[:, rows, None].astype(np.float32)):
                there = left + self._came(rows, coming, day)[:, None]
                lasts &= np.mean(np.floor(wanted * part + even) <= there, axis=1) >= self.level[rows]
                days[rows] += lasts
        return days

    def _chunks(self) -> Iterator[slice]:
        """Yield some rows at a time: what is drawn of them is large."""
        return (slice(low, low + CHUNK) for low in range(0, len(self.level), CHUNK))

    def _walk(self, rows: slice, on_hand: FloatArray, coming: FloatArray) -> Iterator[tuple[Drawn, Drawn]]:
        """Yield what is there when each spell before the arrival begins, and what it wants."""
        left = np.broadcast_to(on_hand[rows, None].astype(np.float32), (len(on_hand[rows]), self.draws))
        for spell in range(self.arrival):
            there, wanted = left + coming[spell, rows, None].astype(np.float32), self._spell(spell, rows)
            yield there, wanted
            left = after(there, wanted, self.continues[rows])

    def _left(self, rows: slice, on_hand: FloatArray, coming: FloatArray) -> Drawn:
        """Give what is there on the arrival, beside the order."""
        left = on_hand[rows, None].astype(np.float32)
        for there, wanted in self._walk(rows, on_hand, coming):
            left = after(there, wanted, self.continues[rows])
        return np.asarray(left + coming[self.arrival, rows, None].astype(np.float32))

    def _came(self, rows: slice, coming: FloatArray, day: int) -> NDArray[np.float32]:
        """Give what comes in after the arrival until the end of a day that is counted from it."""
        later = slice(self.arrival + 1, None)
        is_there = self.starts[later, rows] - self.starts[self.arrival, rows] <= day
        return np.asarray(np.where(is_there, coming[later, rows], 0.0).sum(axis=0), dtype=np.float32)

    def _most_wanted(self, rows: slice, coming: FloatArray) -> Drawn:
        """Give the most that is ever wanted of the order, beside what comes in while it lasts."""
        first, *later = self._covered(rows)
        came = np.cumsum(coming[self.arrival + 1 :, rows], axis=0, dtype=np.float32)
        for wanted, there in zip(later, came, strict=True):
            first = np.maximum(first, wanted - there[:, None])
        return first

    def _covered(self, rows: slice) -> list[Drawn]:
        """Draw what the order has to cover until the end of each spell from the arrival on.

        It is held as slow variants need it: at least what such variants sold before in as many days.
        """
        spells = range(self.arrival, len(self.starts))
        drawn = [*accumulate((self._spell(spell, rows) for spell in spells), np.add)]
        lengths = np.cumsum(self.lengths[self.arrival :, rows], axis=0)
        held = np.flatnonzero(self.spread.is_held[rows] & (self.mean[self.arrival :, rows].sum(axis=0) > 0))
        if held.size:
            column = self.spread.column(held + rows.start)
            for wanted, days in zip(drawn, lengths, strict=True):
                least = column.floor(days[held, None], chances(0, self.draws)).astype(np.float32)
                wanted[held] = np.maximum(wanted[held], least)
        return drawn

    def _spell(self, spell: int, rows: slice) -> Drawn:
        """Draw a spell's demand; spells are numbered from the arrival, which every variant has."""
        place = (self.arrival - spell) % PLACES
        mean, ratio, error = self.mean[spell, rows], self.ratio[spell, rows], self.error[spell, rows]
        return drawn_counts(mean, ratio, error, place=place, draws=self.draws)


def arrival_policy(forecast_before: Callable[[int], Forecast], terms: Terms, draws: int = DRAWS) -> Policy:
    """Order by what will be left on the day of arrival; `forecast_before(day)` knows data before that day only."""

    def wish(day: int, rows: IntArray) -> Ahead:
        forecast, rules = forecast_before(day), terms.take(rows)
        starts = spell_starts(rules.lead_time_days, rules.review_days)
        ends = np.concatenate([starts[1:], rules.protection_days[None]])
        until = np.cumsum(forecast.mean[rows, : ends.max(initial=0)], axis=1, dtype=np.float64)
        sums = np.array([np.where(end > 0, until[np.arange(len(rows)), end - 1], 0.0) for end in ends])
        return demand_ahead(
            starts,
            ends,
            sums,
            forecast.spread.at(rows),
            level=rules.service_level,
            continues=rules.continues,
            draws=draws,
        )

    return wish


def demand_ahead(
    starts: IntArray,
    ends: IntArray,
    sums: FloatArray,
    spread: Spread,
    *,
    level: FloatArray,
    continues: BoolArray,
    after_arrival: int = 0,
    draws: int = DRAWS,
) -> Ahead:
    """Bind a forecast to its spells, each from its start to its end; `sums` are the expected units until the ends."""
    mean = np.diff(sums, axis=0, prepend=0.0)
    lengths = ends - starts
    shared = np.array([spread.shared(day) for day in ends])
    own = np.array([spread.error(day) for day in ends]) ** 2 - shared**2
    chance = np.array([spread.scatter(days) for days in lengths])
    ratio = chance + np.maximum(own, 0) * mean
    return Ahead(starts, lengths, mean, ratio, shared, spread, level, continues, after_arrival, draws)


def after(left: Drawn, wanted: Drawn, continues: BoolArray) -> Drawn:
    """Give what a spell leaves: nothing where too much was wanted; what was owed before it, or sells on, stays owed."""
    floor = np.where(continues[:, None], np.float32(-np.inf), np.minimum(left, 0))
    return np.asarray(np.maximum(left - wanted, floor))


def received(receipts: FloatArray, starts: IntArray) -> FloatArray:
    """Add up what comes in until each spell begins and after the one before began (spells x rows).

    What comes within a spell counts on the day the next one begins; nothing after the last one's first day counts.
    """
    until = np.cumsum(receipts, axis=0)
    there = np.take_along_axis(until, np.minimum(starts, len(until) - 1), axis=0)
    return np.diff(there, axis=0, prepend=0.0)


def quantile_of(values: Drawn, level: FloatArray) -> FloatArray:
    """Give the smallest drawn value that at least a share `level` of a row's draws stays at or under."""
    draws = values.shape[1]
    place = np.clip(np.ceil(level * draws - 1e-9).astype(np.int64) - 1, 0, draws - 1)
    found = np.empty(len(values))
    for wanted in np.unique(place):
        rows = place == wanted
        found[rows] = np.partition(values[rows], wanted, axis=1)[:, wanted]
    return found
