"""Whether an answer may be shown: each variant answered, only numbers, a total that the last weeks do not belie."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from pipelines.usecases.contract import Frames, Soundness
from pipelines.usecases.demand_forecast.ordering.known import TOTAL

MONTH = 28
LEAST_SHARE, MOST_SHARE = 0.25, 4.0  # of what the last 28 days sold (METHODS 4b)
LEAST_SOLD = 20  # fewer units tell little about a total: two sales instead of one are no fault
AMOUNTS = [
    "forecast_28",
    "low_28",
    "high_28",
    "order_up_to",
    "order_quantity",
    "order_cost_minor",
    "lost_units",
    "at_risk_minor",
    "overstock_minor",
]


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


def advice(rows: pd.DataFrame, frames: Frames) -> Soundness:
    """Judge advice: one line in all for each variant for sale, one for each of its places, and only numbers."""
    wanted, totals = frames["series"]["unique_id"], rows[rows["location_id"] == TOTAL]
    missing = int((~wanted.isin(totals["variant_id"])).sum())
    twice = int(rows.duplicated(["variant_id", "location_id"]).sum())
    amounts = rows[AMOUNTS].to_numpy(dtype=np.float64)
    wrong = int((~np.all(np.isfinite(amounts) & (amounts >= 0), axis=1)).sum())
    broken = ""
    if missing:
        broken = f"{missing:,} of {len(wanted):,} variants got no advice"
    elif twice:
        broken = f"{twice:,} lines of advice came twice"
    elif wrong:
        broken = f"{wrong:,} of {len(rows):,} lines of advice are not numbers from zero up"
    return Soundness(len(wanted), len(totals), missing + twice + wrong, broken)


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
