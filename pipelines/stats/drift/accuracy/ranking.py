"""How good shown lists were: did what was wanted stand near the top (METHODS 4c)?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.stats.drift.findings import Finding
from pipelines.stats.drift.shares import wilson
from pipelines.stats.inference.significance import Interval

Floats = NDArray[np.float64]

K = 10
LEAST_LISTS = 200


@dataclass(frozen=True)
class Ranking:
    """Hold what lists of k places were worth, on average over those of which it is known."""

    finding: Finding
    lists: int
    known: int
    hit_rate: Interval
    recall: float
    ndcg: float
    mrr: float
    map: float


def accuracy(hits: ArrayLike, wanted: ArrayLike, k: int = K) -> Ranking:
    """Measure lists: `hits` is 1 or 0 per list and place, best place first, `wanted` counts what was wanted in all.

    A list is left out while it is not known (NaN) what was wanted, or where nothing was. Gains are 1 or 0.
    """
    rows = np.asarray(hits, dtype=np.float64)
    shown, total = (rows if rows.ndim == 2 else rows.reshape(0, k))[:, :k], np.asarray(wanted, dtype=np.float64)
    known = np.isfinite(shown).all(axis=1) & (total > 0)
    shown, most = shown[known], np.minimum(total[known], k)
    count = len(shown)
    return Ranking(
        finding=_finding(len(rows), count),
        lists=len(rows),
        known=count,
        hit_rate=wilson(float(shown.any(axis=1).sum()), count),
        recall=_mean(shown.sum(axis=1) / total[known]),
        ndcg=_mean(_ndcg(shown, most)),
        mrr=_mean(_first(shown)),
        map=_mean((shown * shown.cumsum(axis=1) / _places(shown)).sum(axis=1) / most),
    )


def _ndcg(shown: Floats, most: Floats) -> Floats:
    """Discount each hit by the logarithm of its place, over the best list (Järvelin & Kekäläinen 2002)."""
    best = np.cumsum(1 / np.log2(np.arange(2, max(most.max(initial=0), 1) + 2)))
    return np.asarray(shown @ (1 / np.log2(_places(shown) + 1)) / best[most.astype(np.int64) - 1])


def _first(shown: Floats) -> Floats:
    """Give one over the place of the first hit, 0 without a hit among k."""
    return np.asarray((shown / _places(shown)).max(axis=1, initial=0.0))


def _places(shown: Floats) -> Floats:
    return np.arange(1, shown.shape[1] + 1, dtype=np.float64)


def _finding(lists: int, known: int) -> Finding:
    if not known:
        return Finding.NO_DATA
    return Finding.OK if known >= LEAST_LISTS else Finding.INSUFFICIENT


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else np.nan
