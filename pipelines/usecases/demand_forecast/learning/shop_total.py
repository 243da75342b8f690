"""The shop's total by Prophet: where the whole shop is heading, which single variants cannot tell (METHODS 5a)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pipelines.stats.frames import Matrix
from pipelines.usecases.demand_forecast.learning.history import History, Vector

if TYPE_CHECKING:
    from prophet import Prophet

LEAST_DAYS = 42
YEARLY_DAYS = 730  # before that Prophet knows no yearly season
LEAST_FACTOR, MOST_FACTOR = 0.25, 4.0


def forecast_total(history: History, horizon: int) -> Vector | None:
    """Forecast the shop's units per day, or nothing where its history is too short or too flat for Prophet."""
    total = history.total
    if len(total) < LEAST_DAYS or np.ptp(total) == 0:
        return None
    past = pd.DataFrame({"ds": history.days(0, len(total)).astype("datetime64[ns]"), "y": total})
    ahead = pd.DataFrame({"ds": history.days(len(total), horizon).astype("datetime64[ns]")})
    with quiet_stan():
        model = _prophet(history, horizon).fit(past)
        y_hat = model.predict(ahead)["yhat"].to_numpy(dtype=np.float64)
    return np.maximum(y_hat, 0) if np.isfinite(y_hat).all() else None


def scale_to_total(y_hat: Matrix, total: Vector) -> Matrix:
    """Move every day halfway (in ratio) towards the shop's total, at most by a factor of four.

    >>> scale_to_total(np.array([[2.0], [2.0]]), np.array([16.0])).tolist()
    [[4.0], [4.0]]
    """
    summed = y_hat.sum(axis=0, dtype=np.float64)
    factor = np.sqrt(total / np.where(summed > 0, summed, np.inf))
    return np.asarray(y_hat * np.clip(factor, LEAST_FACTOR, MOST_FACTOR).astype(y_hat.dtype))


@contextmanager
def quiet_stan() -> Iterator[None]:
    """Keep Prophet and Stan from writing to the log while they fit."""
    import_module("prophet")  # sets its own levels on import
    loggers = [logging.getLogger(name) for name in ("prophet", "cmdstanpy")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _prophet(history: History, horizon: int) -> Prophet:
    from prophet import Prophet

    model = Prophet(
        growth="linear",
        seasonality_mode="multiplicative",
        holidays=_own_events(history, horizon),
        uncertainty_samples=0,
    )
    if _has_holidays(history.country):
        model.add_country_holidays(history.country)
    return model


def _own_events(history: History, horizon: int) -> pd.DataFrame | None:
    last = history.day(history.n_days + horizon - 1)
    days = [(event.name, pd.Timestamp(day)) for event in history.events for day in event.days()]
    known = pd.DataFrame([day for day in days if day[1] <= pd.Timestamp(last)], columns=["holiday", "ds"])
    return None if known.empty else known


def _has_holidays(country: str) -> bool:
    import holidays

    return country in holidays.list_supported_countries()
