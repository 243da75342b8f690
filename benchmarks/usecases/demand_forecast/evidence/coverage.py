"""How often stock lasts that is held for 95 and for 90 times of 100, in drawn stores.

A store's variants sell from one in a month to twenty a day. Their levels wander, each by itself and all together, and
some sell in bursts only: none of it is what the forecast assumes. Each store is forecast from past days by what it had
taught until then, and set beside the eight weeks that followed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.evidence import Row
from pipelines.stats.frames import Panel
from pipelines.usecases.demand_forecast.backtesting.backtest import Backtest
from pipelines.usecases.demand_forecast.backtesting.coverage import Coverage, coverage_of
from pipelines.usecases.demand_forecast.backtesting.spread import dispersion_of, spread_of
from pipelines.usecases.demand_forecast.learning.ensemble import spread_over
from pipelines.usecases.demand_forecast.learning.history import History

SUBJECT, TOLD = "coverage", "told, not promised"
BANDS = {0.95: (0.94, 0.97), 0.9: (0.88, 0.94)}  # whole units of slow variants cover more than is asked
WORST = 0.90
LEAST_OF_SLOW = {7: 0.90, 14: 0.90, 21: 0.90, 28: 0.90, 56: 0.80}
DAYS, AHEAD, CUTS = 546, 56, (322, 406, 490)
OWN, SHARED = 0.5, 0.2  # sd of the logarithm of the level
STORES = {True: (12, 100), False: (40, 250)}  # quick or not: stores, variants


def rows(quick: bool) -> list[Row]:
    """Forecast drawn stores from past days, and set how often stock would have lasted beside what was asked."""
    stores, variants = STORES[quick]
    return list(told(counted(stores, variants, seed=20)))


def counted(stores: int, variants: int, seed: int) -> dict[str, float | None]:
    """Give shares by horizon, level, kind of demand and pace over all stores and cuts."""
    drawn = (sales(np.random.default_rng([seed, store]), variants) for store in range(stores))
    return Coverage.joined([part for units in drawn for part in looked_back(units)]).figures()


def told(figures: dict[str, float | None]) -> Iterator[Row]:
    """Yield each share beside its promise; the stock that it takes is told."""
    for days, least in LEAST_OF_SLOW.items():
        for level, (low, high) in BANDS.items():
            share = figures[f"coverage{100 * level:.0f}_{days}d"] or 0.0
            case = f"stock for {level:.0%} lasts {days} days"
            yield Row(SUBJECT, case, share, f"{low:g} to {high:g}", low <= share <= high)
        yield at_least(f"{days} days, the worst kind of demand", figures[f"coverage95_worst_kind_{days}d"], WORST)
        case = f"{days} days, at most one unit expected in three weeks"
        yield at_least(case, figures[f"coverage95_slow_{days}d"], least)
        yield Row(SUBJECT, f"{days} days, one error for all", figures[f"plain95_{days}d"], TOLD, None)
        yield Row(SUBJECT, f"{days} days, stock beyond one error for all", figures[f"extra_stock_{days}d"], TOLD, None)


def at_least(case: str, share: float | None, limit: float) -> Row:
    """Return a row of a share that may not be below its limit; one that nothing was counted for does not hold."""
    return Row(SUBJECT, case, share, f">= {limit:g}", share is not None and share >= limit)


def looked_back(units: NDArray[np.float32]) -> Iterator[Coverage]:
    """Forecast one store from each cut by what it had taught until then."""
    count = len(units)
    seen, first = np.ones(units.shape, bool), np.zeros(count, np.int64)
    panel = Panel(np.arange(count), np.datetime64("2025-01-06"), units, seen, first)
    total = units.sum(axis=0, dtype=np.float64)
    history = History(panel, np.full(count, "", dtype=object), total, "GB", ())
    backtest = Backtest(history, seed=0, lead_days=14)
    for cut in CUTS:
        known = history.until(cut)
        season = backtest.cheap.season(cut, AHEAD)
        mean = spread_over(backtest.cheap.week(cut), AHEAD) * season.index(backtest.season_power(cut))
        spread = spread_of(known.panel, mean, dispersion_of(known.panel, 14).by_series, backtest.doubt(cut))
        yield coverage_of(mean, spread, known, history.actual(cut, AHEAD), known.sale_days >= 8)


def sales(rng: np.random.Generator, variants: int) -> NDArray[np.float32]:
    """Draw a store's units, variant by day."""
    rate = rng.lognormal(0, 1.3, (variants, 1))
    week = 1 + 0.5 * rng.dirichlet(np.ones(7)) * 7
    level = np.exp(OWN * wandering(rng, variants, 60) + SHARED * wandering(rng, 1, 40))
    mean = rate * week[np.arange(DAYS) % 7] / week.mean() * level
    bursts = (rng.random((variants, 1)) < 0.1) & (wandering(rng, variants, 20) < 1.2)
    mean = np.where(bursts, 0.02 * mean, mean)
    drawn: NDArray[np.float32] = rng.poisson(mean * rng.gamma(1.5, 1 / 1.5, mean.shape)).astype(np.float32)
    return drawn


def wandering(rng: np.random.Generator, count: int, days: int) -> NDArray[np.float64]:
    """Draw levels that wander around zero with an sd of one and forget themselves within so many days."""
    kept = np.exp(-1 / days)
    steps = rng.normal(0, np.sqrt(1 - kept**2), (count, DAYS))
    steps[:, 0] = rng.normal(size=count)
    for day in range(1, DAYS):
        steps[:, day] += kept * steps[:, day - 1]
    return steps
