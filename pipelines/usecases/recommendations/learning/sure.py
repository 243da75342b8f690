"""What is more than chance: only what surely finds more than a rule takes its place."""

from __future__ import annotations

import numpy as np

from pipelines.usecases.recommendations.baskets import Floats

SURE = 1.64  # standard errors


def surest(found: Floats, rule: Floats, *, by: float = SURE) -> int | None:
    """Choose the row that finds most if it surely finds more than the rule, else the one of which that is surest."""
    sure = np.array([surely(row - rule, by=by) for row in found])
    for at in (int(found.mean(axis=1).argmax()), int(sure.argmax())):
        if sure[at] > 0:
            return at
    return None


def surely(difference: Floats, *, by: float = SURE) -> float:
    """Give what paired differences surely come to: their mean, less what chance may have given.

    >>> surely(np.array([1.0] * 20)), surely(np.array([1.0, -1.0] * 20)) > 0
    (1.0, False)
    """
    if len(difference) < 2:
        return -np.inf
    return float(difference.mean() - by * difference.std(ddof=1) / np.sqrt(len(difference)))
