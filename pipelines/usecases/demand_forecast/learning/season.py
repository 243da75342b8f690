"""A season from one year: how far sales of last year's weeks left what the same forecast said then (METHODS 5a).

The cheap forecast is made again as of the same date a year ago and set beside what sold since: summed over the shop,
and as far as they sold enough by product type and by series. Two or more years are averaged, as logs. Whole weeks are
compared, so that a date may fall on another weekday; a season that begins on a date must not begin a day too early.
Days of public holidays and of the merchant's own events have a lift of their own and stay out of the season; what
surrounds one that moves is read around its day of that year.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pipelines.stats.frames import Ints, Matrix
from pipelines.usecases.demand_forecast.learning.history import NO_TYPE, History, Vector
from pipelines.usecases.demand_forecast.learning.occasions import MOST_MOVE, Occasions, occasions_of

WEEK, YEAR, MOST_YEARS = 7, 365.25, 5
LEAST_BEFORE = 28  # days that the forecast of a year ago had to learn from
TRIANGLE = np.convolve(np.ones(WEEK), np.ones(WEEK))  # every weekday weighs the same around every day
MARGIN = MOST_MOVE + WEEK
LEAST_DAYS = round(YEAR) + LEAST_BEFORE
FEW = 0.05  # of all that was expected in a window: a day with less beside it leans on its mean
TYPE_UNITS, OWN_UNITS = 3_000, 1_000  # units at which the season of a type, or of a series, weighs half
LEAST_RATIO, MOST_RATIO = 0.05, 20.0
USUAL_POWER = 0.4
USUAL_ORIGINS = 4  # what is usual weighs as much as four origins
POWERS = np.linspace(0, 1, 21)


@dataclass(frozen=True)
class Season:
    """Hold the log of the season of each series and day ahead, and of each day's occasion."""

    log: Matrix
    lift: Vector

    @property
    def horizon(self) -> int:
        """Count the days ahead."""
        return len(self.lift)

    @property
    def without_lift(self) -> Season:
        """Leave out what the days' occasions do."""
        return replace(self, lift=np.zeros_like(self.lift))

    def rows(self, chosen: Ints) -> Season:
        """Keep the chosen series."""
        return replace(self, log=self.log[chosen])

    def first(self, days: int) -> Season:
        """Keep the first days ahead."""
        return Season(self.log[:, :days], self.lift[:days])

    def index(self, power: float | None) -> Matrix:
        """Give the factors of the days ahead; without a power none counts (versions that learned no season).

        Small ratios are mostly the luck of one year and raised to `power`; a ratio far beyond what years differ by is
        a season and believed: at e, half of what is missing to 1 is added to the power.
        """
        if power is None:
            return np.ones((1, self.horizon), dtype=np.float32)
        strength = 1 - (1 - power) / (1 + np.square(self.log))
        return np.asarray(np.exp(strength * self.log + self.lift), dtype=np.float32)


def years_before(cut: int) -> list[int]:
    """List the cuts one, two and more years before a cut that a forecast could be made from.

    >>> years_before(1000), years_before(392)
    ([635, 270], [])
    """
    dates = [cut - round(YEAR * years) for years in range(1, MOST_YEARS + 1)]
    return [date for date in dates if date >= LEAST_BEFORE]


def power_of(losses: Iterable[Vector]) -> float:
    """Choose the power with the least loss on past origins, each given at every one of POWERS; lean on the usual one.

    >>> power_of([]), round(power_of([np.abs(POWERS - 0.9)] * 4), 2)
    (0.4, 0.65)
    """
    past = list(losses)
    best = float(POWERS[np.sum(past, axis=0).argmin()]) if past else 0.0
    return round((len(past) * best + USUAL_ORIGINS * USUAL_POWER) / (len(past) + USUAL_ORIGINS), 4)


def losses_of(season: Season, ahead: Matrix, actual: Matrix) -> Vector:
    """Give the summed absolute error of each series' total at every one of POWERS; days not seen are left out."""
    seen = np.isfinite(actual)
    said, sold = np.where(seen, ahead, 0), np.where(seen, actual, 0).sum(axis=1)
    totals = [(said * season.index(power)).sum(axis=1, dtype=np.float64) for power in POWERS]
    return np.array([np.abs(total - sold).sum() for total in totals])


def season_of(history: History, weeks: Mapping[int, Matrix], horizon: int) -> Season:
    """Read the season from the history; `weeks` is what the cheap forecast said (series, 7) at `years_before`."""
    occasions = occasions_of(history, horizon)
    years = [_one_year(history, weeks[cut], cut, occasions) for cut in years_before(history.n_days)]
    nothing = np.zeros((len(history.panel.ids), horizon), np.float32)
    log = np.asarray(np.mean(years, axis=0, dtype=np.float32)) if years else nothing
    return Season(log, occasions.lift(history.total))


def _one_year(history: History, week: Matrix, cut: int, occasions: Occasions) -> Matrix:
    first, horizon = max(0, cut - MARGIN), occasions.horizon
    columns = np.arange(first, min(cut + horizon + MARGIN, history.n_days))
    usual = ~occasions.special[columns] & (cut - history.panel.first >= LEAST_BEFORE)[:, None]
    seen = history.panel.seen[:, columns] & usual
    sold = np.where(seen, history.panel.y[:, columns], np.float32(0))
    said = week[:, (columns - cut) % WEEK] * seen
    source = np.clip(occasions.sources(history.n_days - cut) - first, 0, len(columns) - 1)
    log = _by_type(history, sold, said)[:, source]
    near = slice(cut - first, cut - first + horizon)
    own = sold[:, near].sum(axis=1, dtype=np.float64), said[:, near].sum(axis=1, dtype=np.float64)
    return log + _own(*own, np.exp(log).mean(axis=1, dtype=np.float64))[:, None]


def _by_type(history: History, sold: Matrix, said: Matrix) -> Matrix:
    """Give each series the log ratio of the shop, leaning on its product type's as far as that sold enough."""
    shop = _log_ratio(sold, said)
    kind, kinds = pd.factorize(history.product_type)
    table = np.repeat(shop[None], len(kinds), axis=0)
    for number, name in enumerate(kinds):
        rows = kind == number
        units = float(sold[rows].sum(dtype=np.float64))
        if name != NO_TYPE and units:
            table[number] += units / (units + TYPE_UNITS) * (_log_ratio(sold[rows], said[rows]) - shop)
    return np.asarray(table[kind], dtype=np.float32)


def _log_ratio(sold: Matrix, said: Matrix) -> Vector:
    a, b = (units.sum(axis=0, dtype=np.float64) for units in (sold, said))
    all_said = max(float(b.sum()), 1e-9)
    lean, mean = FEW * TRIANGLE.sum() * all_said / len(b), a.sum() / all_said
    a, b = (np.convolve(units, TRIANGLE, "same") for units in (a, b))
    return np.asarray(np.log(np.clip((a + lean * mean) / (b + lean), LEAST_RATIO, MOST_RATIO)))


def _own(sold: Vector, said: Vector, ratio: Vector) -> Vector:
    """Give the log of how far a series' own season leaves that of its type, as far as it sold enough to tell."""
    own = (sold + OWN_UNITS * ratio) / (said + OWN_UNITS)
    return np.log(np.clip(own, LEAST_RATIO, MOST_RATIO) / np.clip(ratio, LEAST_RATIO, MOST_RATIO)).astype(np.float32)
