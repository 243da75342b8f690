"""How near a version came over a period that is over: figures that are watched once it runs (METHODS 4b).

Days without stock are left out on both sides: what would have sold is not known.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from pipelines.stats import metrics
from pipelines.stats.frames import Mask, Matrix
from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast.judging.comparison import WEEK, Said, column_of, of_rows, of_the_rule
from pipelines.usecases.demand_forecast.learning.history import history_of

LEVEL = 0.95

Accuracy = dict[str, float | None]


def accuracy(frames: Frames, said: pd.DataFrame, *, days: int = WEEK) -> Accuracy:
    """Set what a version said of one period beside what sold; a figure that is not defined is None.

    Reads   said: variant_id | first_day | origin | mean | dispersion | model_error, all of one period
    """
    history = history_of(frames)
    start = column_of(history, said["first_day"].iloc[0])
    ours, rule = of_rows(history, said, start, days), of_the_rule(history, said, days)
    sold, spoken = history.actual(start, days), np.isfinite(ours.daily)
    judged = spoken & np.isfinite(sold) & np.isfinite(rule.daily)
    y, mine, naive = (np.where(judged, each, np.nan) for each in (sold, ours.daily, rule.daily))
    scale = history.until(start).daily_scale
    by_series = metrics.rmsse_by_series(y, mine, scale)
    return {
        "wape": metrics.wape(totals(y), totals(mine)),
        "wape_by_rule": metrics.wape(totals(y), totals(naive)),
        "rmsse": float(np.nanmean(by_series)) if np.isfinite(by_series).any() else None,
        "bias": metrics.bias(y, mine),
        "skill": metrics.skill(y, mine, naive),
        "missed": missed(y, mine),
        "missed_by_rule": missed(y, naive),
        **of_the_quantile(replace(ours, daily=np.where(judged, ours.daily, 0)), totals(y)),
        "stockout_share": share(spoken & ~judged, spoken),
    }


def of_the_quantile(said: Said, sold: Matrix) -> Accuracy:
    """Judge the units that would have been held for the days that count."""
    held = np.where(np.isfinite(sold), said.quantile(np.full(len(sold), LEVEL)), np.nan)
    return {"pinball95": metrics.pinball(sold, held, LEVEL), "coverage95": metrics.coverage(sold, held)}


def missed(sold: Matrix, said: Matrix) -> float | None:
    """Add up the units by which each day of each variant was missed."""
    off = np.abs(said - sold)
    return float(np.nansum(off)) if np.isfinite(off).any() else None


def totals(units: Matrix) -> Matrix:
    """Add up the days of each variant that count; one without any is unknown."""
    known = np.isfinite(units)
    return np.where(known.any(axis=1), np.where(known, units, 0).sum(axis=1), np.nan)


def share(part: Mask, whole: Mask) -> float | None:
    """Give the share of days."""
    return float(part.sum() / whole.sum()) if whole.any() else None
