"""Four cheap forecasts and their mean, for all series in one pass over the days (METHODS 5a, "Cheap4").

Members: the mean of each weekday over eight weeks, seasonal exponential smoothing, the method of Teunter, Syntetos
and Babai for intermittent demand, and simple exponential smoothing. Each member forecasts a week that repeats, so
the whole ensemble is seven numbers per series. Smoothing constants are the ones with the least one-step error.
A day that was not seen (before the first day, out of stock) changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.stats.frames import Mask, Matrix, Panel
from pipelines.usecases.demand_forecast.learning.history import History, Vector

WEEK = 7
WEEKS_AVERAGED = 8
SES_GRID = (0.02, 0.05, 0.1, 0.2, 0.35)
SEASONAL_GRID = (0.05, 0.1, 0.2, 0.35)
TSB_GRID = tuple((size, chance) for size in (0.05, 0.15) for chance in (0.02, 0.05, 0.1, 0.2))
CHUNK = 4096
POOL_DAYS, POOL_STRENGTH = 91, 25
TELLING_UNITS, CLOSED_SHARE = 20, 0.01  # of an average weekday: with so many expected, none is no chance

Cube = NDArray[np.float32]


def weekly_profiles(panel: Panel, cuts: Sequence[int], means_at: Sequence[int] = ()) -> dict[int, Cube]:
    """Forecast a repeating week at every cut: cut -> (series, 4 members, 7 days from the cut on).

    One pass over the history serves all cuts, since what is known at a cut is a prefix. Where only the members' mean is
    needed it is kept as a single member.
    """
    known = [*((cut, 4) for cut in set(cuts)), *((cut, 1) for cut in set(means_at) - set(cuts))]
    found = {cut: np.empty((len(panel.ids), members, WEEK), np.float32) for cut, members in known}
    for low in range(0, len(panel.ids), CHUNK):
        part = slice(low, low + CHUNK)
        for cut, profile in _walk(panel.y[part], panel.seen[part], sorted(found)):
            here = found[cut]
            here[part] = profile if here.shape[1] == profile.shape[1] else profile.mean(axis=1, keepdims=True)
    return found


def pooled_week(members: Cube, history: History, cut: int) -> Matrix:
    """Average the members, and lean each series' weekdays on the shop's as far as its sales are too few to tell.

    A series that sold on n days of the last 13 weeks keeps n / (n + 25) of its own weekday pattern. On a weekday on
    which the shop, or the product type, practically never sells nothing is expected; the other days keep the level.
    """
    week = members.mean(axis=1)
    level = week.mean(axis=1, keepdims=True)
    units = history.units(cut - min(POOL_DAYS, cut) // WEEK * WEEK, cut)
    days = units.reshape(len(units), -1, WEEK).sum(axis=1)
    sold = (units > 0).sum(axis=1)[:, None]
    own = sold / (sold + POOL_STRENGTH)
    mixed = own * week + (1 - own) * level * _rhythm(days.sum(axis=0, dtype=np.float64))
    open_days = np.where(_closed(days, history.product_type), 0, mixed)
    kept = np.divide(mixed.sum(axis=1), open_days.sum(axis=1), out=np.ones(len(mixed)), where=open_days.any(axis=1))
    return np.asarray((open_days * kept[:, None]).astype(np.float32))


def _rhythm(days: Vector) -> Vector:
    """Give what each weekday sold of the average one."""
    return days / days.mean() if days.any() else np.ones(WEEK)


def _closed(days: Matrix, kind: NDArray[Any]) -> Mask:
    """Mark the weekdays on which a series' product type, or the whole shop, practically never sells."""
    place, kinds = pd.factorize(kind)
    sums = [np.bincount(place, weekday, minlength=len(kinds)).astype(np.float64) for weekday in days.T]
    by_kind = np.stack(sums, axis=1)
    return np.asarray(_never_sells(by_kind)[place] | _never_sells(by_kind.sum(axis=0)))


def _never_sells(days: Vector) -> Mask:
    mean = days.mean(axis=-1, keepdims=True)
    return np.asarray((mean >= TELLING_UNITS) & (days < CLOSED_SHARE * mean))


def spread_over(profile: Matrix, horizon: int) -> Matrix:
    """Repeat a week (series, 7) over the horizon."""
    return profile[:, np.arange(horizon) % WEEK]


def _walk(y: Matrix, seen: Mask, cuts: Sequence[int]) -> Iterator[tuple[int, Cube]]:
    days = np.where(seen, y, 0).T.copy()
    known = seen.T.astype(np.float32)
    ses, seasonal, tsb = _Smoothing(SES_GRID, y.shape[0]), _Seasonal(y.shape[0]), _Intermittent(y.shape[0])
    last = 0
    for cut in cuts:
        for day in range(last, cut):
            ses.learn(days[day], known[day])
            seasonal.learn(days[day], known[day], day % WEEK)
            tsb.learn(days[day], known[day])
        last = cut
        yield cut, _members(days, known, cut, ses, seasonal, tsb)


def _members(days: Matrix, known: Matrix, cut: int, ses: _Smoothing, seasonal: _Seasonal, tsb: _Intermittent) -> Cube:
    level = ses.best()
    ahead = [(cut + day) % WEEK for day in range(WEEK)]
    weekday = _weekday_average(days, known, cut, level)
    season = np.stack([seasonal.best(day, level) for day in ahead])
    flat = np.ones((WEEK, 1), np.float32)
    members = np.stack([weekday, season, flat * tsb.best(), flat * level])
    return np.ascontiguousarray(np.maximum(members, 0).transpose(2, 0, 1))


def _weekday_average(days: Matrix, known: Matrix, cut: int, level: Matrix) -> Matrix:
    """Average each of the next seven weekdays over its last eight weeks, the level where none was seen."""
    weeks = min(WEEKS_AVERAGED, cut // WEEK)
    begin = cut - weeks * WEEK
    count = known[begin:cut].reshape(weeks, WEEK, -1).sum(axis=0)
    total = days[begin:cut].reshape(weeks, WEEK, -1).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), level)


class _Smoothing:
    """Exponential smoothing at every constant of a grid at once; it starts as a plain mean."""

    def __init__(self, grid: Sequence[float], n: int) -> None:
        self.constant = np.array(grid, np.float32)[:, None]
        self.level = np.zeros((len(grid), n), np.float32)
        self.loss = np.zeros((len(grid), n), np.float32)
        self.count = np.zeros(n, np.float32)

    def learn(self, y: Matrix, known: Matrix) -> None:
        """Move every level towards the day's value."""
        error = (y - self.level) * known
        self.loss += np.where(self.count > 0, error * error, 0)
        self.count += known
        self.level += np.maximum(self.constant, 1 / np.maximum(self.count, 1)) * error

    def best(self) -> Matrix:
        """Give the level of the constant with the least one-step error."""
        return _pick(self.level, self.loss)


class _Seasonal:
    """One smoothing per weekday, the constant shared by the week."""

    def __init__(self, n: int) -> None:
        self.days = [_Smoothing(SEASONAL_GRID, n) for _ in range(WEEK)]

    def learn(self, y: Matrix, known: Matrix, weekday: int) -> None:
        """Move the weekday's level towards the day's value."""
        self.days[weekday].learn(y, known)

    def best(self, weekday: int, level: Matrix) -> Matrix:
        """Give the weekday's level, the plain one where that weekday was never seen."""
        loss = np.sum([day.loss for day in self.days], axis=0)
        day = self.days[weekday]
        return np.where(day.count > 0, _pick(day.level, loss), level)


class _Intermittent:
    """Chance of a sale times its size, each smoothed (Teunter, Syntetos & Babai 2011)."""

    def __init__(self, n: int) -> None:
        self.size_constant, self.chance_constant = np.array(TSB_GRID, np.float32).T[:, :, None]
        self.size = np.zeros((len(TSB_GRID), n), np.float32)
        self.chance = np.zeros((len(TSB_GRID), n), np.float32)
        self.loss = np.zeros((len(TSB_GRID), n), np.float32)
        self.count = np.zeros(n, np.float32)
        self.sales = np.zeros(n, np.float32)

    def learn(self, y: Matrix, known: Matrix) -> None:
        """Move the chance every day, the size on days with a sale."""
        error = (y - self.size * self.chance) * known
        self.loss += np.where(self.count > 0, error * error, 0)
        sold = (y > 0) * known
        self.count += known
        self.sales += sold
        self.chance += np.maximum(self.chance_constant, 1 / np.maximum(self.count, 1)) * (sold - self.chance) * known
        self.size += np.maximum(self.size_constant, 1 / np.maximum(self.sales, 1)) * (y - self.size) * sold

    def best(self) -> Matrix:
        """Give the expected units per day of the pair with the least one-step error."""
        return _pick(self.size * self.chance, self.loss)


def _pick(value: Matrix, loss: Matrix) -> Matrix:
    return np.asarray(np.take_along_axis(value, loss.argmin(axis=0)[None], axis=0)[0])
