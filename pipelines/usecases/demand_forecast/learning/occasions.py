"""Days that are no usual days: public holidays and the merchant's own events, and what they did to sales before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from pipelines.stats.frames import Ints, Mask
from pipelines.usecases.demand_forecast.learning.history import History, Vector

BEFORE, AFTER = 14, 7  # days around an occasion that go with it
LEAST_MOVE, MOST_MOVE = 3, 40  # days that an occasion is later or earlier than a year ago
NEIGHBOURS = np.array([-14, -7, 7, 14])
FEW_UNITS = 5.0  # a day's total is known no better than to so many units
DOUBT = 0.3  # a lift of e^.3 is believed half: most holidays change nothing
MOST_SEEN = 5


@dataclass(frozen=True)
class Occasion:
    """Name one occasion: the column of its first day, and how many days it lasts."""

    name: str
    first: int
    days: int = 1


@dataclass(frozen=True)
class Occasions:
    """Hold every occasion from the first day of history to some days after the last."""

    found: tuple[Occasion, ...]
    cut: int
    horizon: int

    @cached_property
    def special(self) -> Mask:
        """Mark the columns that belong to an occasion."""
        marked = np.zeros(self.cut + self.horizon, dtype=bool)
        for one in self.found:
            marked[max(0, one.first) : max(0, one.first + one.days)] = True
        return marked

    def sources(self, back: int) -> Ints:
        """Say which column of a past year each day ahead is like: `back` days ago, around a moved occasion as far."""
        source = self.cut + np.arange(self.horizon) - back
        nearest = np.full(self.horizon, BEFORE + AFTER)
        for one in self.found:
            then = min(self._named[one.name], key=lambda other: abs(one.first - back - other.first))
            moved = one.first - back - then.first
            if not LEAST_MOVE <= abs(moved) <= MOST_MOVE or then.first + then.days > self.cut:
                continue
            away = self.cut + np.arange(self.horizon) - one.first
            near = (away >= -BEFORE) & (away < one.days + AFTER) & (np.abs(away) < nearest)
            source[near], nearest[near] = (self.cut + np.arange(self.horizon) - back - moved)[near], np.abs(away)[near]
        return source

    def lift(self, total: Vector) -> Vector:
        """Give the log of what each day's occasion did to the shop's total before, over the same weekdays around it.

        `total` ends at the cut. What was seen several times is averaged; small lifts are taken for chance.
        """
        log = np.zeros(self.horizon)
        for one in self.found:
            for place in range(max(0, self.cut - one.first), min(one.days, self.cut + self.horizon - one.first)):
                before = [other.first + min(place, other.days - 1) for other in self._named[one.name]]
                seen = [self._over_neighbours(total, column) for column in before if 0 <= column < self.cut]
                known = [ratio for ratio in seen if ratio is not None][-MOST_SEEN:]
                if known:
                    log[one.first + place - self.cut] = np.mean(known)
        return np.asarray(log**3 / (log**2 + DOUBT**2))

    @cached_property
    def _named(self) -> dict[str, list[Occasion]]:
        named = defaultdict(list)
        for one in self.found:
            named[one.name].append(one)
        return named

    def _over_neighbours(self, total: Vector, column: int) -> float | None:
        around = column + NEIGHBOURS
        around = around[(around >= 0) & (around < self.cut)]
        around = around[~self.special[around]]
        if not around.size:
            return None
        return float(np.log((total[column] + FEW_UNITS) / (np.median(total[around]) + FEW_UNITS)))


def occasions_of(history: History, horizon: int) -> Occasions:
    """List the occasions of a history and of the days ahead."""
    end = history.n_days + horizon
    days = history.days(0, end + BEFORE)
    years = tuple(range(int(str(days[0])[:4]), int(str(days[-1])[:4]) + 1))
    public = [Occasion(name, _column(history, day)) for day, name in named_holidays(history.country, years)]
    own = [
        Occasion(event.name, _column(history, event.first_day), (event.last_day - event.first_day).days + 1)
        for event in history.events
    ]
    return Occasions(tuple(_within(sorted(public + own, key=lambda one: one.first), end)), history.n_days, horizon)


@lru_cache(maxsize=64)
def named_holidays(country: str, years: tuple[int, ...]) -> tuple[tuple[np.datetime64, str], ...]:
    """List a country's public holidays with their names, none for a country that is not known."""
    import holidays

    if country not in holidays.list_supported_countries():
        return ()
    found = holidays.country_holidays(country, years=years)
    return tuple((np.datetime64(day, "D"), name) for day, name in found.items())


def _within(occasions: Iterable[Occasion], end: int) -> list[Occasion]:
    return [one for one in occasions if one.first + one.days > 0 and one.first < end + BEFORE]


def _column(history: History, day: object) -> int:
    return int((np.datetime64(day, "D") - history.panel.start).astype(np.int64))  # type: ignore[call-overload]
