"""How often a year without decay raises the alarm, and how often a decay is found (METHODS 4b)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.evidence import Row, absent, at_least, at_most, real_data, told
from benchmarks.usecases.demand_forecast.rig import real_shops
from pipelines.stats.inference import decay
from pipelines.usecases.demand_forecast.judging.comparison import compare

Floats = NDArray[np.float64]

SUBJECT = "decay"
SEED = 1
DRAWS, QUICK_DRAWS = 20_000, 2_000
BACKTESTS = (28, 56, 84)
MEMORIES = (0.0, 0.3, 0.5)
LAWS = ("normal", "t4", "lognormal")
YEAR, HALF_A_YEAR, FOUND_WITHIN = 365, 182, 60
MOST_FALSE = 0.10
LEAST_FOUND = {0.0: 0.80, 0.3: 0.80, 0.5: 0.65}
BURN_IN = 50


def rows(quick: bool) -> list[Row]:
    """Simulate years without decay, lasting shifts, and look at real shops."""
    draws = QUICK_DRAWS if quick else DRAWS
    return [*false_alarms(draws), *found(draws), *on_real_shops(quick)]


def false_alarms(draws: int) -> Iterator[Row]:
    """Count the years without decay that raise an alarm."""
    for law in (*LAWS, "mirrored"):
        for memory in MEMORIES:
            for days in BACKTESTS:
                share = alarmed(days_of(law, memory, draws, days + YEAR), days)
                case = f"years without decay alarmed: {law}, AR {memory:g}, {days} days of backtest"
                yield told(SUBJECT, case, share) if law == "mirrored" else at_most(SUBJECT, case, share, MOST_FALSE)


def found(draws: int) -> Iterator[Row]:
    """Count the lasting shifts of one sd that are found in time."""
    days = BACKTESTS[-1]
    for memory, least in LEAST_FOUND.items():
        seen = days_of("normal", memory, draws, days + FOUND_WITHIN)
        seen[:, days:] += 1
        case = f"shift of 1 sd found in {FOUND_WITHIN} days: AR {memory:g}, {days} days of backtest"
        yield at_least(SUBJECT, case, alarmed(seen, days), least)


def alarmed(days: Floats, backtest: int) -> float:
    """Give the share of rows of days that raise an alarm after their backtest."""
    usual, live = decay.block_means(days[:, :backtest]), decay.block_means(days[:, backtest:])
    sums = decay.cusum(decay.scores(usual, live))
    return float((sums.max(axis=1) > decay.alarm_limit(usual.shape[1])).mean())


def days_of(law: str, memory: float, draws: int, days: int, seed: int = SEED) -> Floats:
    """Draw rows of days with mean 0 and sd 1, each of which remembers the one before."""
    rng = np.random.default_rng(seed)
    return decay.with_memory(shocks(law, rng, (draws, BURN_IN + days)), memory)[:, BURN_IN:]


def shocks(law: str, rng: np.random.Generator, size: tuple[int, int]) -> Floats:
    """Draw independent shocks with mean 0 and sd 1."""
    if law == "normal":
        return rng.standard_normal(size)
    if law == "t4":
        heavy: Floats = rng.standard_t(4, size) / np.sqrt(2)
        return heavy
    skewed = (rng.lognormal(size=size) - np.exp(0.5)) / np.sqrt(np.e**2 - np.e)
    return np.asarray(skewed if law == "lognormal" else -skewed)


def on_real_shops(quick: bool) -> Iterator[Row]:
    """Count the alarms of half-years of real shops: seasons are not exchangeable, so nothing is promised."""
    folder = real_data("demand")
    if folder is None:
        yield absent(SUBJECT, "half-years of real shops alarmed", "../shared/data/demand")
        return
    shares = []
    for shop in real_shops.shops(folder):
        weighed = compare(shop.frames, shop.forecasts(every=1, days=1), days=1)
        days = (weighed["loss"] - weighed["against"]).to_numpy()
        starts = range(0, len(days) - BACKTESTS[-1] - HALF_A_YEAR + 1, 28 if quick else 7)
        parts = np.array([days[start : start + BACKTESTS[-1] + HALF_A_YEAR] for start in starts])
        shares.append(alarmed(parts, BACKTESTS[-1]))
        yield told(SUBJECT, f"half-years alarmed: {shop.name}, {len(starts)} of them", shares[-1])
    yield told(SUBJECT, "half-years of real shops alarmed, over the shops", float(np.mean(shares)))
