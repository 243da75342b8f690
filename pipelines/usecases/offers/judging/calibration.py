"""Whether as many offers are accepted as was said before, with the range that chance leaves."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import norm

from pipelines.stats.drift.accuracy import probabilities
from pipelines.usecases.offers.decisions import Floats

LEAST_ACCEPTED = 20
Z = float(norm.ppf(0.975))


def calibration(said: Floats, accepted: Floats) -> dict[str, Any]:
    """Give by how much more is said than came, as a share of what came, and how good the chances were.

    >>> calibration(np.full(400, 0.12), np.tile([1.0] + [0.0] * 9, 40))["miscalibration"]
    0.2
    """
    known = np.isfinite(said) & np.isfinite(accepted)
    p, y = said[known], accepted[known]
    none: dict[str, Any] = {
        "miscalibration": None,
        "miscalibration_range": None,
        "log_loss": None,
        "known": len(y),
    }
    if y.sum() < LEAST_ACCEPTED:
        return none
    off = float(p.sum() / y.sum() - 1)
    reach = Z * float(np.sqrt((p * (1 - p)).sum())) / float(y.sum())
    return none | {
        "miscalibration": round(off, 6),
        "miscalibration_range": [off - reach, off + reach],
        "log_loss": probabilities.log_loss(y, p),
    }
