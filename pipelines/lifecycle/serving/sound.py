"""Whether an answer may be shown: every unit answered, only numbers, and a total that the last weeks do not belie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from pipelines.usecases.contract import Frames

MONTH = 28
LEAST_SHARE, MOST_SHARE = 0.25, 4.0  # of what the last 28 days sold (METHODS 4b)
LEAST_SOLD = 20  # fewer units tell little about a total: two sales instead of one are no fault


@dataclass(frozen=True)
class Soundness:
    """How many units were asked for and answered, how many of those were wrong, and what is wrong in words."""

    expected: int = 0
    units: int = 0
    errors: int = 0
    broken: str = ""


def soundness(tables: dict[str, pd.DataFrame], frames: Frames) -> Soundness:
    """Judge the first table that there is a rule for; others are taken as they are."""
    judged = [judge(tables[name], frames) for name, judge in JUDGES.items() if name in tables]
    return judged[0] if judged else Soundness(units=max(map(len, tables.values()), default=0))


def forecasts(rows: pd.DataFrame, frames: Frames) -> Soundness:
    """Judge forecasts: one of each variant for sale, all of them numbers, and together in reach of what sold."""
    wanted = frames["series"]["unique_id"]
    missing = int((~wanted.isin(rows["variant_id"])).sum())
    wrong = int((~are_numbers(rows)).sum())
    twice = int(rows["variant_id"].duplicated().sum())
    if missing:
        broken = f"{missing:,} of {len(wanted):,} variants got no forecast"
    elif twice:
        broken = f"{twice:,} variants got more than one forecast"
    elif wrong:
        broken = f"{wrong:,} of {len(rows):,} forecasts are not numbers from zero up"
    else:
        broken = far_off(sum(float(np.sum(mean[:MONTH])) for mean in rows["mean"]), units_sold(frames))
    errors = missing + twice + wrong or (len(rows) if broken else 0)
    return Soundness(len(wanted), len(rows), errors, broken)


def are_numbers(rows: pd.DataFrame) -> pd.Series:
    """Mark the forecasts whose every day, and whose doubt, is a number from zero up."""
    daily = np.array([bool(np.all(np.isfinite(mean) & (mean >= 0))) for mean in rows["mean"]], dtype=bool)
    doubt = rows[["dispersion", "model_error"]].to_numpy(dtype=np.float64)
    return pd.Series(daily & np.all(np.isfinite(doubt) & (doubt >= 0), axis=1), index=rows.index)


def units_sold(frames: Frames) -> float:
    """Count what sold in the last 28 days."""
    sales = frames["daily_sales"]
    return float(sales.loc[sales["ds"] > pd.Timestamp(frames.asof - timedelta(days=MONTH)), "y"].sum())


def far_off(said: float, sold: float) -> str:
    """Say that a month's total cannot be true, or nothing.

    >>> far_off(1_000, 200)
    'It expects 1,000 units in 28 days; the last 28 sold 200'
    >>> far_off(60, 5), far_off(700, 200)
    ('', '')
    """
    too_low = said < LEAST_SHARE * sold and sold >= LEAST_SOLD
    too_high = said > MOST_SHARE * max(sold, LEAST_SOLD)
    if not too_low and not too_high:
        return ""
    return f"It expects {said:,.0f} units in {MONTH} days; the last {MONTH} sold {sold:,.0f}"


JUDGES: dict[str, Callable[[pd.DataFrame, Frames], Soundness]] = {"forecasts": forecasts}
