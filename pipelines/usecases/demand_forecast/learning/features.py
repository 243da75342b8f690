"""What the trees know at an origin: recent pace, rhythm and calendar, all relative to the cheap forecast.

Everything is read from days before the cut; the day to be forecast adds only its calendar.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipelines.stats.frames import Matrix
from pipelines.usecases.demand_forecast.learning.ensemble import WEEK, Cube
from pipelines.usecases.demand_forecast.learning.history import History, Vector

FLOOR = 0.02
YEAR = 364
PACES = (7, 14, 28, 56, 91, 182)
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class OriginFeatures:
    """Hold the features of one origin: per series, per series and weekday, per day; the cheap forecast, its season."""

    base: Matrix  # (series, 7)
    season: Matrix  # (series, horizon), log of the season's index
    series: Matrix  # (series, features)
    week: Matrix  # (series, 7, features)
    day: Matrix  # (horizon, features)

    def rows(self, which: Ints, day: Ints) -> Matrix:
        """Lay out one row per (series, day ahead)."""
        columns = [self.series[which], self.week[which, day % WEEK], self.day[day], self.season[which, day][:, None]]
        return np.concatenate(columns, axis=1)

    def offset(self, which: Ints, day: Ints) -> Matrix:
        """Give the log of the cheap forecast in its season, from which the trees start."""
        return np.asarray(np.log(self.base[which, day % WEEK] * np.exp(self.season[which, day]) + FLOOR))


def features_at(history: History, members: Cube, base: Matrix, index: Matrix, cut: int) -> OriginFeatures:
    """Describe every series as it was known at a cut; `base` is the cheap forecast's week, `index` its season."""
    level = np.log(base.mean(axis=1) + FLOOR)
    rhythm = np.stack([base, members[:, 0], members[:, 1]], axis=2)
    return OriginFeatures(
        base=base,
        season=np.log(np.broadcast_to(index, (len(base), index.shape[1]))),
        series=_series_features(history, members, cut, level),
        week=(np.log(rhythm + FLOOR) - level[:, None, None]).astype(np.float32),
        day=_day_features(history, cut, index.shape[1]),
    )


def _series_features(history: History, members: Cube, cut: int, level: Matrix) -> Matrix:
    def relative(units: Matrix) -> Matrix:
        return np.asarray(np.log(units + FLOOR) - level)

    quarter = history.units(cut - 91, cut)
    columns = [relative(_pace(history, cut, days)) for days in PACES]
    columns += [relative(members[:, 3].mean(axis=1)), relative(members[:, 2].mean(axis=1)), level]
    columns += [(quarter > 0).mean(axis=1), (quarter[:, -28:] > 0).mean(axis=1), relative(quarter.max(axis=1))]
    columns += [_days_since_sale(quarter), (cut - history.panel.first).astype(np.float32)]
    columns += [np.full(len(level), _shop_trend(history.total[:cut])), _last_year(history, cut)]
    return np.stack(columns, axis=1).astype(np.float32)


def _pace(history: History, cut: int, days: int) -> Matrix:
    """Average the last days that were seen."""
    seen = history.panel.seen[:, max(0, cut - days) : max(0, cut)].sum(axis=1)
    return np.asarray(history.units(cut - days, cut).sum(axis=1) / np.maximum(seen, 1))


def _days_since_sale(recent: Matrix) -> Vector:
    sold = recent > 0
    return np.asarray(np.where(sold.any(axis=1), sold[:, ::-1].argmax(axis=1), recent.shape[1]).astype(np.float64))


def _shop_trend(total: Vector) -> float:
    return float(np.log(total[-28:].mean() + FLOOR) - np.log(total[-91:].mean() + FLOOR))


def _last_year(history: History, cut: int) -> Matrix:
    """Say how the pace changed at this point a year ago, where that is known."""
    if cut < YEAR + 28:
        return np.full(len(history.panel.ids), np.nan)
    before, after = _pace(history, cut - YEAR, 28), _pace(history, cut - YEAR + 28, 28)
    return np.asarray(np.log(after + FLOOR) - np.log(before + FLOOR))


def _day_features(history: History, cut: int, horizon: int) -> Matrix:
    days = history.days(cut, horizon)
    of_month = (days - days.astype("datetime64[M]")).astype(np.int64)
    of_year = (days - days.astype("datetime64[Y]")).astype(np.int64)
    own = {np.datetime64(day, "D") for event in history.events for day in event.days()}
    season = of_year if history.n_days >= 2 * YEAR else np.full(horizon, np.nan)  # not seen twice: it would be a trend
    columns = [np.arange(horizon), history.weekday(cut, horizon), of_month, season]
    columns += [_among(days, holidays_of(history.country, _years(days))), _among(days, own)]
    return np.stack(columns, axis=1).astype(np.float32)


def _among(days: NDArray[np.datetime64], chosen: Iterable[np.datetime64]) -> NDArray[np.bool_]:
    return np.isin(days, np.array(list(chosen), dtype="datetime64[D]"))


def _years(days: NDArray[np.datetime64]) -> tuple[int, ...]:
    return tuple(int(year) + 1970 for year in np.unique(days.astype("datetime64[Y]")).astype(np.int64))


@lru_cache(maxsize=256)
def holidays_of(country: str, years: tuple[int, ...]) -> frozenset[np.datetime64]:
    """List a country's public holidays, none for a country that is not known."""
    import holidays

    if country not in holidays.list_supported_countries():
        return frozenset()
    return frozenset(np.datetime64(day, "D") for day in holidays.country_holidays(country, years=years))
