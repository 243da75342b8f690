"""What was said of the last days in all, beside what else was to be expected of them, and what sold (METHODS 4b).

Days on which a variant was out of stock are left out on all sides: what would have sold is not known.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from pipelines.stats.frames import Matrix
from pipelines.stats.inference.level import OTHER_WEEKS, spread_of
from pipelines.usecases.contract import Frames, Level
from pipelines.usecases.demand_forecast.judging.comparison import WEEK, column_of, of_rows
from pipelines.usecases.demand_forecast.learning.history import History, Vector, history_of

MONTH = WEEK * OTHER_WEEKS
SPREAD_DAYS = 2 * MONTH


def level(frames: Frames, new: pd.DataFrame, old: pd.DataFrame | None = None) -> Level:
    """Add up what a version said day by day, the one before it or else the last weeks, and what sold.

    Reads   new, old: variant_id | origin | mean | dispersion | model_error; both from the same origins
    """
    history, origins = history_of(frames), sorted(new["origin"].unique())
    over = [origin for origin in origins if after(history, origin) < history.n_days]
    days = [of_day(history, new, old, origin) for origin in over]
    said, usual, came = (tuple(day[side] for day in days) for side in range(3))
    return Level(said, usual, came, spread(history), *month_ahead(history, new, old, origins[-1]))


def of_day(history: History, new: pd.DataFrame, old: pd.DataFrame | None, origin: date) -> tuple[float, ...]:
    """Give what was said of the day after an origin, what else was to be expected, and what sold."""
    start = after(history, origin)
    usual = same_weekdays(history, start) if old is None else said_of(history, old, origin, 1)
    return added_up(said_of(history, new, origin, 1), usual, history.actual(start, 1)[:, 0])


def month_ahead(history: History, new: pd.DataFrame, old: pd.DataFrame | None, origin: date) -> tuple[float, ...]:
    """Give what is said of the next four weeks, and what else is to be expected: else the pace of the last four."""
    lately = history.actual(after(history, origin) - MONTH, MONTH)
    usual = MONTH * mean_of(lately) if old is None else said_of(history, old, origin, MONTH)
    return added_up(said_of(history, new, origin, MONTH), usual)


def after(history: History, origin: date) -> int:
    """Give the place of the day after an origin."""
    return column_of(history, origin) + 1


def said_of(history: History, rows: pd.DataFrame, origin: date, days: int) -> Vector:
    """Give what was said from an origin of each variant in so many days; nothing (NaN) where it was not."""
    daily = of_rows(history, rows[rows["origin"] == origin], after(history, origin), days).daily
    return np.asarray(daily.sum(axis=1, dtype=np.float64))


def same_weekdays(history: History, start: int) -> Vector:
    """Give the mean of the same weekday in the four weeks before, of the days that could sell."""
    before = [history.actual(start - WEEK * week, 1) for week in range(1, OTHER_WEEKS + 1)]
    return mean_of(np.concatenate(before, axis=1))


def mean_of(units: Matrix) -> Vector:
    """Average the days of each variant that are known; one without any is unknown."""
    known = np.isfinite(units)
    total = np.where(known, units, 0).sum(axis=1)
    return np.asarray(np.divide(total, known.sum(axis=1), out=np.full(len(units), np.nan), where=known.any(axis=1)))


def added_up(*units: Vector) -> tuple[float, ...]:
    """Add up the variants that are known on all sides."""
    known = np.all(np.isfinite(units), axis=0)
    return tuple(float(each[known].sum()) for each in units)


def spread(history: History) -> float:
    """Say how far the shop's days lie from the same weekdays of the four weeks before them."""
    days = min(history.n_days, SPREAD_DAYS + MONTH)
    total = np.nansum(history.actual(history.n_days - days, days), axis=0)
    usual = [total[day - MONTH : day : WEEK].mean() for day in range(MONTH, days)]
    return spread_of(total[MONTH:], usual)
