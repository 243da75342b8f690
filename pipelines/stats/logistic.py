"""Logistic regression with a penalty, by Newton's method."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ROUNDS = 60


def solve(design: Floats, came: Floats, weight: Floats, start: Floats, penalty: Floats) -> Floats:
    """Find the penalised maximum by Newton's method, each step halved until it helps."""

    def loss(weights: Floats) -> float:
        said = design @ weights
        return float(weight @ (np.logaddexp(0, said) - came * said) + penalty @ (weights - start) ** 2 / 2)

    found, now = start.copy(), loss(start)
    for _ in range(ROUNDS):
        share = sigmoid(design @ found)
        slope = design.T @ (weight * (came - share)) - penalty * (found - start)
        bend = (design.T * (weight * share * (1 - share))) @ design + np.diag(penalty)
        step = np.linalg.solve(bend, slope)
        while (then := loss(found + step)) > now and np.abs(step).max() > 1e-12:
            step /= 2
        found, now = found + step, min(then, now)
        if np.abs(step).max() < 1e-10:
            break
    return found


def sigmoid(value: Floats) -> Floats:
    """Turn log odds into chances."""
    return np.asarray(np.exp(-np.logaddexp(0, -value)))
