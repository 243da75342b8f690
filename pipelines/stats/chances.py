"""The figures of chances that were told, once it is known what came (METHODS 4d), and how two who told them compare."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.stats.drift.accuracy import calibration
from pipelines.stats.drift.accuracy.probabilities import auc, log_loss
from pipelines.stats.drift.shares import wilson

Floats = NDArray[np.float64]
Range = list[float] | None

BINS = 8  # of the calibration that a merchant sees
LEAST_APART = 1e-9


def figures(came: Floats, said: Floats, weight: float = 1.0) -> dict[str, Any]:
    """Give the figures of some moments; `series` counts orders or what is no order, whichever are fewer."""
    rows, orders = len(came), float(came.sum())
    return {
        "log_loss": told(log_loss(came, said)),
        "brier": told(float(((said - came) ** 2).mean()) if rows else math.nan),
        "auc": told(auc(came, 1 - came, said)),
        "ece": told(calibration.ece_equal_mass(came, said)),
        "calibration_z": told(calibration.in_the_large(came, said) * math.sqrt(weight)),
        "gap": told(float(said.sum()) / orders - 1 if orders else math.nan),
        "said": told(float(said.mean()) if rows else math.nan),
        "ordered": told(orders / rows if rows else math.nan),
        "rows": rows,
        "series": int(weight * min(orders, rows - orders)),
    }


def told(value: float) -> float | None:
    """Give a figure, or nothing where it is not defined."""
    return float(value) if math.isfinite(value) else None


def gap_range(came: Floats, said: Floats, weight: float) -> Range:
    """Give between what the gap lies 19 of 20 times: so many orders come by chance where as many are said."""
    orders = float(came.sum())
    if not orders:
        return None
    share = wilson(weight * orders, weight * len(came))
    bounds = [float(said.mean()) / bound - 1 if bound else math.inf for bound in (share.high, share.low)]
    return bounds if math.isfinite(bounds[1]) else None


def bins(came: Floats, said: Floats) -> list[dict[str, float | int]]:
    """Give what was said and what came in bins of equally many moments, least likely first, with their range."""
    if not len(said):
        return []
    edges = np.unique(np.quantile(said, np.arange(1, BINS) / BINS))
    place = np.searchsorted(edges, said, side="left")
    found = []
    for each in np.unique(place):
        mine = place == each
        share = wilson(float(came[mine].sum()), int(mine.sum()))
        told = {"said": float(said[mine].mean()), "came": share.value, "low": share.low, "high": share.high}
        found.append({**told, "orders": int(came[mine].sum()), "rows": int(mine.sum())})
    return found


def bets(ours: np.ndarray, theirs: np.ndarray, came: np.ndarray) -> dict[str, float]:
    """Bet on the squared errors, each moment by how far apart the two are: 1 where the new one erred all it could."""
    apart, both = np.abs(ours - theirs), ours + theirs
    most = float((apart * np.maximum(both, 2 - both)).sum())
    if most < LEAST_APART:
        return {}
    return {"answers": float(((ours - came) ** 2 - (theirs - came) ** 2).sum() / most)}
