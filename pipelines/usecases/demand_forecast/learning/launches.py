"""How new products of a type usually start, for products that have no history of their own yet (METHODS 5a)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.stats.frames import Ints, Mask, Matrix
from pipelines.usecases.demand_forecast.learning.history import NO_TYPE, History, Vector

WEEKS = 13
OWN_DAYS = 28
LEAST_LAUNCHES = 3
RUSH_DAYS, SETTLED_DAYS, YOUNG_DAYS = 7, 7, 56
RUSH_DEVIATIONS = 6
LEAST_SEASON = 1e-3

Profiles = Mapping[str, tuple[float, ...]]


def launch_profiles(history: History) -> Profiles:
    """Give the median units per day in each of the first weeks, by product type and ("") for the whole shop."""
    started = history.rows((history.panel.first >= 7) & (history.panel.first <= history.n_days - OWN_DAYS))
    rates = _first_weeks(started)
    launched = ~np.isnan(rates[:, : OWN_DAYS // 7]).any(axis=1)
    kinds = [kind for kind in np.unique(started.product_type[launched]) if kind != NO_TYPE]
    chosen = {kind: launched & (started.product_type == kind) for kind in kinds} | {NO_TYPE: launched}
    return {str(kind): _medians(rates[rows]) for kind, rows in chosen.items() if rows.sum() >= LEAST_LAUNCHES}


def is_new(history: History) -> Mask:
    """Say which series have less than four weeks of their own."""
    return history.age < OWN_DAYS


def blend_new(y_hat: Matrix, index: Matrix, history: History, profiles: Profiles) -> Matrix:
    """Let a new product start like its type in its season, and replace that day by day with its own history.

    After n days of its own it keeps n / 28 of its own forecast; the shop's weekday pattern is kept.
    """
    launched = history.panel.first < history.n_days  # seen from an earlier origin, later products do not exist yet
    new = np.flatnonzero(is_new(history) & launched)
    typical = [profiles.get(str(kind), profiles.get(NO_TYPE)) for kind in history.product_type[new]]
    known = np.array([profile is not None for profile in typical], dtype=bool)
    if not known.any():
        return y_hat
    rows, rates = new[known], np.array([profile for profile in typical if profile is not None])
    since = history.n_days - history.panel.first[rows]
    week = np.minimum((since[:, None] + np.arange(y_hat.shape[1])) // 7, WEEKS - 1)
    season = np.broadcast_to(index, y_hat.shape)
    start = np.take_along_axis(rates, week, axis=1) * season[rows] * _rhythm(y_hat / np.maximum(season, LEAST_SEASON))
    own = (history.age[rows] / OWN_DAYS)[:, None]
    blended = y_hat.copy()
    blended[rows] = own * y_hat[rows] + (1 - own) * start
    return blended


def settled(week: Matrix, history: History, cut: int) -> Matrix:
    """Forget the rush of a product's first days where the days since show that it was one.

    A product that was launched in the last eight weeks expects the mean of its days without those of the first week
    that sold more than chance allows (six standard deviations above the mean since), leaning on launches like it.
    """
    old = cut - history.panel.first
    young = np.flatnonzero((old >= RUSH_DAYS + SETTLED_DAYS) & (old < YOUNG_DAYS) & (history.panel.first >= RUSH_DAYS))
    if not young.size:
        return week
    column = history.panel.first[young, None] + np.arange(YOUNG_DAYS)
    inside = np.minimum(column, cut - 1)
    seen = np.take_along_axis(history.panel.seen[young], inside, axis=1) & (column < cut)
    sold = np.where(seen, np.take_along_axis(history.panel.y[young], inside, axis=1), 0)
    rest, count = sold[:, RUSH_DAYS:], seen[:, RUSH_DAYS:].sum(axis=1)
    mean = rest.sum(axis=1) / np.maximum(count, 1)
    spread = np.sqrt(np.maximum(np.square(rest).sum(axis=1) / np.maximum(count, 1) - mean**2, mean))
    usual = seen & (sold <= np.maximum(rest.max(axis=1), mean + RUSH_DEVIATIONS * spread)[:, None])
    rushed = (seen & ~usual).any(axis=1) & (count >= SETTLED_DAYS)
    if not rushed.any():
        return week
    units, days = np.where(usual, sold, 0).sum(axis=1)[rushed], usual.sum(axis=1)[rushed]
    rate = _leaning(units / days, days, history.product_type[young[rushed]])
    calmed = week.copy()
    calmed[young[rushed]] = rate[:, None] * _rhythm(week)
    return calmed


def _leaning(rate: Vector, days: Ints, kind: NDArray[Any]) -> Vector:
    """Lean each launch's rate on those of its type, as far as they differ by no more than chance makes them."""
    place, kinds = pd.factorize(kind)

    def mean_of(values: Vector) -> Vector:
        return np.bincount(place, values, minlength=len(kinds)) / count

    count = np.bincount(place, minlength=len(kinds))
    mean = mean_of(rate)
    differ = mean_of(np.square(rate - mean[place])) * count / np.maximum(count - 1, 1)
    chance = mean_of(mean[place] / days)
    own = np.maximum(0, 1 - np.divide(chance, differ, out=np.ones_like(chance), where=differ > 0))
    own = np.where(count >= LEAST_LAUNCHES, own, 1.0)
    return np.asarray(mean[place] + own[place] * (rate - mean[place]))


def _first_weeks(history: History) -> Vector:
    """Average the units per day in each of the first weeks; NaN where not seen."""
    n, days = history.panel.y.shape
    column = history.panel.first[:, None] + np.arange(WEEKS * 7)
    inside = np.clip(column, 0, days - 1)
    seen = np.take_along_axis(history.panel.seen, inside, axis=1) & (column < days)
    units = np.where(seen, np.take_along_axis(history.panel.y, inside, axis=1), 0).reshape(n, WEEKS, 7)
    count = seen.reshape(n, WEEKS, 7).sum(axis=2)
    return np.where(count > 0, units.sum(axis=2, dtype=np.float64) / np.maximum(count, 1), np.nan)


def _medians(rates: Vector) -> tuple[float, ...]:
    """Take the median of each week, the last known one where no launch is old enough."""
    known: list[float] = []
    for week in rates.T:
        seen = week[~np.isnan(week)]
        known.append(float(np.median(seen)) if seen.size else known[-1])
    return tuple(known)


def _rhythm(y_hat: Matrix) -> Vector:
    day = y_hat.sum(axis=0, dtype=np.float64)
    return day / day.mean() if day.sum() > 0 else np.ones_like(day)
