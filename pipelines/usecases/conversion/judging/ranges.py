"""Between what figures of chances lie, and from where on more than chance explains them."""

from __future__ import annotations

import math

import numpy as np

from pipelines.stats.chances import Range
from pipelines.stats.drift.accuracy import calibration
from pipelines.usecases.conversion.learning.columns import Floats
from pipelines.usecases.conversion.learning.leakage import least_auc

DRAWS = 200


def ece_range(came: Floats, said: Floats, weight: float, *, seed: int) -> Range:
    """Give the error of calibration beyond what perfect chances show by chance, and as it is."""
    if not len(came):
        return None
    random = np.random.default_rng(seed)
    found = calibration.ece_equal_mass(came, said)
    drawn = [calibration.ece_equal_mass((random.random(len(said)) < said).astype(float), said) for _ in range(DRAWS)]
    by_chance = float(np.quantile(drawn, 0.95)) / math.sqrt(weight)
    return [max(found - by_chance, 0.0), found]


def auc_range(came: Floats, said: Floats) -> Range:
    """Give how well buyers are surely told apart, and as measured."""
    if not 0 < came.sum() < len(came):
        return None
    low, found = least_auc(said, came)
    return [low, found]
