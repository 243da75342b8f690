"""Whether probabilities mean what they say: of those told 10 %, does one in ten happen (METHODS 4d)?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

Floats = NDArray[np.float64]

BINS = 10
WELL = 0.02  # calibration error up to which nothing is corrected


def ece_equal_width(truth: Floats, said: Floats) -> float:
    """Give the expected calibration error over ten bins of equal width (Naeini et al. 2015)."""
    return _ece(truth, said, np.arange(1, BINS) / BINS)


def ece_equal_mass(truth: Floats, said: Floats) -> float:
    """Give the expected calibration error over ten bins of equally many rows; equal scores stay together."""
    return _ece(truth, said, np.unique(np.quantile(said, np.arange(1, BINS) / BINS)) if len(said) else said)


def _ece(truth: Floats, said: Floats, edges: Floats) -> float:
    """Weigh each bin's distance of what was said from what happened by its rows; a bin holds its upper edge."""
    if not len(truth):
        return np.nan
    away = np.bincount(np.searchsorted(edges, said, side="left"), said - truth)
    return float(np.abs(away).sum()) / len(truth)


def in_the_large(truth: Floats, said: Floats) -> float:
    """Give by how many standard errors more happened than was said in all; NaN where all was told as certain."""
    return _over(float((truth - said).sum()), float((said * (1 - said)).sum()))


def spiegelhalter(truth: Floats, said: Floats) -> float:
    """Give Spiegelhalter's z (1986): above 0 where the Brier score is worse than the probabilities themselves say."""
    gap = 1 - 2 * said
    return _over(float(((truth - said) * gap).sum()), float((gap**2 * said * (1 - said)).sum()))


def _over(value: float, variance: float) -> float:
    return value / float(np.sqrt(variance)) if variance > 0 else np.nan


def recalibrated(said: Floats, reference_truth: Floats, reference_said: Floats) -> Floats:
    """Correct probabilities by a reference with labels, where its calibration error is above 2 % (isotonic regression).

    >>> recalibrated(np.array([0.8]), np.array([0.0, 1.0] * 50), np.full(100, 0.8))
    array([0.5])
    """
    if not len(reference_said) or ece_equal_mass(reference_truth, reference_said) <= WELL:
        return said
    scores, place = np.unique(reference_said, return_inverse=True)
    rows = np.bincount(place)
    fitted = isotonic_regression(np.bincount(place, reference_truth) / rows, weights=rows).x
    return np.asarray(np.interp(said, scores, fitted))
