"""What to order by what will be left on the day the order arrives (METHODS 4j).

Days are cut into spells: a new one begins wherever something comes in, and the last one is what an order placed today
has to cover. Demand of every spell is drawn; what is left goes from spell to spell and never falls below nothing where
sales are lost. Within a spell nothing comes in, so that its days need no walk of their own.

Of how far a forecast is off, a part is shared by all variants and lasts (its luck is the same in all spells of a
draw); chance and what is a variant's own are drawn anew in every spell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.stats.frames import Matrix
from pipelines.stats.inference.common_draws import DRAWS, chances, drawn_counts
from pipelines.usecases.demand_forecast.backtesting.spread import Spread
from pipelines.usecases.demand_forecast.ordering.policies import BoolArray, FloatArray, IntArray, Policy, Terms

Drawn = NDArray[np.float32]

CHUNK = 4_096
NONE = np.empty(0, dtype=np.int64)


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
    level: FloatArray  # the wanted probability: with which an order is to last through the last spell
    continues: BoolArray  # sells on when nothing is left: nothing is lost, and what is owed stays owed
    draws: int = DRAWS

    def missing(self, on_hand: FloatArray, receipts: FloatArray) -> FloatArray:
        """Give the units to order; `receipts` (days x rows) come in at the start of each day ahead."""
        return self.needed(on_hand, received(receipts, self.starts))

    def needed(self, on_hand: FloatArray, coming: FloatArray) -> FloatArray:
        """Give the units to order, before packs; `coming` (spells x rows) is there when each spell begins."""
        found = np.zeros(len(on_hand))
        for rows, left, wanted in self._drawn(on_hand, coming):
            found[rows] = quantile_of(wanted - left, self.level[rows])
        return np.maximum(found, 0.0)

    @property
    def order_up_to(self) -> FloatArray:
        """Give the units that last through all spells with the wanted probability, were all there now."""
        rows = len(self.level)
        nothing_is_lost = replace(self, continues=np.ones(rows, dtype=np.bool_))
        return nothing_is_lost.needed(np.zeros(rows), np.zeros(self.starts.shape))

    def days_lasting(self, on_hand: FloatArray, coming: FloatArray, shares: FloatArray) -> IntArray:
        """Give through how many days of the last spell what is left on arrival lasts, with the wanted probability.

        `shares` (days x rows) is the part of the spell's demand until the end of each of its days. Drawn units are
        thinned to a part: what rounding leaves goes by a chance that no other draw shares.
        """
        days = np.zeros(len(on_hand), dtype=np.int64)
        even = chances(len(self.starts), self.draws).astype(np.float32)
        for rows, left, wanted in self._drawn(on_hand, coming):
            for part in shares[:, rows, None].astype(np.float32):
                lasts = np.mean(np.floor(wanted * part + even) <= left, axis=1) >= self.level[rows]
                days[rows] += lasts
        return days

    def _drawn(self, on_hand: FloatArray, coming: FloatArray) -> Iterator[tuple[slice, Drawn, Drawn]]:
        """Yield some rows at a time, what is left of them on arrival, and what the last spell wants of them."""
        inflow = coming.astype(np.float32)[:, :, None]
        for low in range(0, len(on_hand), CHUNK):
            rows = slice(low, low + CHUNK)
            left = on_hand[rows, None].astype(np.float32) + inflow[0, rows]
            for spell in range(len(self.starts) - 1):
                left = after(left, self._spell(spell, rows), self.continues[rows]) + inflow[spell + 1, rows]
            yield rows, left, self._spell(len(self.starts) - 1, rows)

    def _spell(self, spell: int, rows: slice) -> Drawn:
        """Draw a spell's demand; spells are numbered from the last, which every variant has.

        What is wanted of the last one is held as slow variants need it: at least what such variants sold before.
        """
        place = len(self.starts) - 1 - spell
        mean = self.mean[spell, rows]
        found = drawn_counts(mean, self.ratio[spell, rows], self.error[spell, rows], place=place, draws=self.draws)
        held = np.flatnonzero(self.spread.is_held[rows] & (mean > 0)) if place == 0 else NONE
        if held.size:
            here = held + rows.start
            least = self.spread.column(here).floor(self.lengths[spell, here, None], chances(place, self.draws))
            found[held] = np.maximum(found[held], least.astype(np.float32))
        return found


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
    draws: int = DRAWS,
) -> Ahead:
    """Bind a forecast to its spells, each from its start to its end; `sums` are the expected units until the ends."""
    mean = np.diff(sums, axis=0, prepend=0.0)
    lengths = ends - starts
    shared = np.array([spread.shared(day) for day in ends])
    own = np.array([spread.error(day) for day in ends]) ** 2 - shared**2
    chance = np.array([spread.scatter(days) for days in lengths])
    return Ahead(starts, lengths, mean, chance + np.maximum(own, 0) * mean, shared, spread, level, continues, draws)


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
