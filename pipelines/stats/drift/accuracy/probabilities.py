"""How good live probabilities were, once it is known what happened (METHODS 4d).

Labels come late, and those that say yes come first: a window is judged when 95 % of its labels are known. A figure that
is not defined (no labels, only one kind of them) is NaN, never zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.stats.drift.accuracy import calibration
from pipelines.stats.drift.findings import Finding
from pipelines.stats.drift.shares import wilson
from pipelines.stats.inference.significance import Interval

Floats = NDArray[np.float64]

MATURE = 0.95  # share of labels that are known, from which on figures can be decided on
LEAST_LABELS = 200
TOP = 0.1
EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Accuracy:
    """Hold a window's accuracy; `known` counts the rows with a label and a probability."""

    finding: Finding
    rows: int
    known: int
    rate: Interval
    log_loss: float
    log_loss_of_rate: float
    brier: float
    auc: float
    average_precision: float
    ece_equal_width: float
    ece_equal_mass: float
    calibration_z: float
    spiegelhalter_z: float
    lift: float


def accuracy(y: ArrayLike, p: ArrayLike) -> Accuracy:
    """Measure probabilities against labels of 0, 1 or NaN (not known yet)."""
    truth, said = _both_known(y, p)
    rate = wilson(float(truth.sum()), len(truth))
    return Accuracy(
        finding=_finding(np.size(p), truth),
        rows=np.size(p),
        known=len(truth),
        rate=rate,
        log_loss=log_loss(truth, said),
        log_loss_of_rate=log_loss(truth, np.full(len(truth), rate.value)),
        brier=_mean((said - truth) ** 2),
        auc=auc(truth, 1 - truth, said),
        average_precision=average_precision(truth, said),
        ece_equal_width=calibration.ece_equal_width(truth, said),
        ece_equal_mass=calibration.ece_equal_mass(truth, said),
        calibration_z=calibration.in_the_large(truth, said),
        spiegelhalter_z=calibration.spiegelhalter(truth, said),
        lift=lift(truth, said),
    )


def _both_known(y: ArrayLike, p: ArrayLike) -> tuple[Floats, Floats]:
    """Keep the rows with a label and a probability; what is neither (1.2, infinite) is no probability."""
    truth, said = np.asarray(y, dtype=np.float64), np.asarray(p, dtype=np.float64)
    known = np.isin(truth, (0.0, 1.0)) & (said >= 0) & (said <= 1)
    return truth[known], said[known]


def _finding(rows: int, truth: Floats) -> Finding:
    """Say whether a window's figures can be decided on; labels that never come are no data."""
    if not len(truth):
        return Finding.NO_DATA
    is_enough = len(truth) >= max(LEAST_LABELS, MATURE * rows) and 0 < truth.sum() < len(truth)
    return Finding.OK if is_enough else Finding.INSUFFICIENT


def log_loss(truth: Floats, said: Floats) -> float:
    """Give the mean negative log likelihood; a certainty that was wrong costs 36, not infinity."""
    safe = np.clip(said, EPS, 1 - EPS)
    return _mean(-(truth * np.log(safe) + (1 - truth) * np.log1p(-safe)))


def auc(positives: Floats, negatives: Floats, said: Floats) -> float:
    """Give the probability that a positive was ranked above a negative, ties half (Mann & Whitney 1947).

    Positives and negatives are weights of each row: labels, or what is expected of them.

    >>> auc(np.array([1.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.0]), np.array([0.9, 0.4, 0.4]))
    0.75
    """
    hits, misses = _by_score(positives, negatives, said)
    pairs = hits.sum() * misses.sum()
    return float(misses @ (hits.cumsum() - hits / 2) / pairs) if pairs > 0 else np.nan


def average_precision(truth: Floats, said: Floats) -> float:
    """Give the area under precision and recall, by steps: the mean precision at each positive."""
    hits, misses = _by_score(truth, 1 - truth, said)
    found = hits.cumsum()
    return float(hits @ (found / (found + misses.cumsum())) / hits.sum()) if hits.sum() > 0 else np.nan


def lift(truth: Floats, said: Floats, top: float = TOP) -> float:
    """Give how many times as many positives the highest tenth holds as any tenth does; ties share its last places."""
    hits, misses = _by_score(truth, 1 - truth, said)
    size, wanted = hits + misses, top * len(truth)
    if not hits.sum() > 0:
        return np.nan
    taken = np.clip(wanted - (size.cumsum() - size), 0.0, size)
    return float(hits @ (taken / size)) / wanted / float(truth.mean())


def _by_score(positives: Floats, negatives: Floats, said: Floats) -> tuple[Floats, Floats]:
    """Add up rows of the same score, the highest first."""
    _, place = np.unique(-said, return_inverse=True)
    hits, misses = (np.bincount(place, weights).astype(np.float64) for weights in (positives, negatives))
    return hits, misses


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else np.nan
