"""Made shops whose sales follow a known power of the price."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from pipelines.usecases.contract import Frames

START = date(2026, 1, 5)  # a Monday
PRICE = 1_000.0
COLUMNS = ["unique_id", "first_day", "last_day", "depth", "known_from", "announced"]


def planned(ids: list[int], first: int, last: int, depth: float, known: int = 0) -> pd.DataFrame:
    """Plan one announced sale for some variants, by the numbers of its days."""
    day = [pd.Timestamp(START + timedelta(days=at)) for at in (first, last, known)]
    return pd.DataFrame([(one, day[0], day[1], depth, day[2], True) for one in ids], columns=COLUMNS)


def sold_at(depth: np.ndarray, power: float, rate: float, seed: int = 0, *, priced: bool = True) -> Frames:
    """Draw units for discounts (variants, days); where not `priced`, nobody says what was paid."""
    units = np.random.default_rng(seed).poisson(rate * (1 - depth) ** -power)
    row, day = np.nonzero(units)
    sales = pd.DataFrame(
        {
            "unique_id": row + 1,
            "ds": pd.Timestamp(START) + pd.to_timedelta(day, unit="D"),
            "y": units[row, day].astype("float32"),
        }
    )
    if priced:
        sales = sales.assign(price=np.float32(PRICE), discount=depth[row, day].astype("float32"))
    return Frames({"daily_sales": sales}, START + timedelta(days=depth.shape[1] - 1), "GB")


def weeks_of_sale(variants: int, days: int, seed: int = 0, *, every: int = 42) -> np.ndarray:
    """Draw discounts: a week at 10 to 40 % off every few weeks, each variant at its own time."""
    rng = np.random.default_rng(seed)
    depth = np.zeros((variants, days))
    for variant in range(variants):
        for first in range(int(rng.integers(60, 60 + every)), days, every):
            depth[variant, first : first + 7] = rng.choice([0.1, 0.2, 0.3, 0.4])
    return depth
