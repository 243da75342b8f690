"""A small shop with visits, checkouts and orders: frames, and what a hostile one looks like."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

import pandas as pd

from benchmarks.usecases.conversion.rig import made
from pipelines.usecases.contract import Frames

LAST_DAY = date(2026, 11, 22)


@lru_cache(maxsize=8)
def drawn(days: int, a_day: int, seed: int, base: float) -> pd.DataFrame:
    return made.moments(days, a_day, seed=seed, last_day=LAST_DAY, base=base)


def frames(days: int = 40, a_day: int = 40, *, seed: int = 0, base: float = 0.0) -> Frames:
    """Give the frames of a shop of so many days."""
    return of(drawn(days, a_day, seed, base).copy())


def of(moments: pd.DataFrame, asof: date = LAST_DAY) -> Frames:
    return Frames({"moments": moments}, asof, "GB")


def changed(shop: Frames, **columns: Any) -> Frames:
    """Give the same shop with other columns."""
    return of(shop["moments"].assign(**columns))


def small(days: int = 28) -> Frames:
    """Give a shop for the contract: too few orders for trees."""
    return frames(days, 25)
