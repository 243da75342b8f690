"""A logistic regression of three weights, shrunk a little so that few visits teach little."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from pipelines.usecases.contract import PARAMETERS, Frames, NotEnoughHistory, Progress, silent

LEAST_DAYS = 14
SHRINKAGE = 0.1
ROUNDS = 25  # of Newton's method: far more than it takes


@dataclass(frozen=True)
class Fitted:
    """What was learned."""

    intercept: float
    pages: float
    is_returning: float

    @property
    def weights(self) -> np.ndarray:
        return np.array([self.intercept, self.pages, self.is_returning])


def fit(frames: Frames, *, seed: int = 0, progress: Progress = silent) -> Fitted:
    """Learn from visits of which it is known whether they ordered; nothing is drawn, so the seed is not asked."""
    known = matured(frames)
    require_history(frames)
    progress(0.5, "Weighing visits")
    return learned(known)


def require_history(frames: Frames) -> None:
    """Refuse a history that is too short, in words."""
    visits = seen(frames)
    days = (pd.Timestamp(frames.asof) - visits["ds"].min()).days + 1 if len(visits) else 0
    if days < LEAST_DAYS:
        raise NotEnoughHistory(f"Visits of {days} of the {LEAST_DAYS} days that are needed are known.")


def seen(frames: Frames) -> pd.DataFrame:
    """Keep the visits up to the last complete day."""
    visits = frames["visits"]
    return visits[visits["ds"] <= pd.Timestamp(frames.asof)]


def matured(frames: Frames) -> pd.DataFrame:
    """Keep the visits that had a whole day to order in: of the last day nobody knows yet."""
    visits = seen(frames)
    is_old = visits["ds"] <= pd.Timestamp(frames.asof - timedelta(days=1))
    return visits[is_old & visits["ordered"].notna()]


def learned(visits: pd.DataFrame) -> Fitted:
    """Find the weights by Newton's method; ordered in none or all of them is no reason to be sure."""
    features, ordered = design(visits), visits["ordered"].to_numpy(dtype=np.float64)
    weights = np.zeros(features.shape[1])
    for _ in range(ROUNDS):
        share = shares(features, weights)
        slope = features.T @ (ordered - share) - SHRINKAGE * weights
        bend = (features.T * (share * (1 - share))) @ features + SHRINKAGE * np.eye(len(weights))
        weights = weights + np.linalg.solve(bend, slope)
    return Fitted(*(float(weight) for weight in weights))


def design(visits: pd.DataFrame) -> np.ndarray:
    """Give the numbers that are weighed, one row a visit."""
    pages = np.log1p(visits["pages"].to_numpy(dtype=np.float64))
    return np.column_stack([np.ones(len(visits)), pages, visits["is_returning"].to_numpy(dtype=np.float64)])


def shares(features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Give the chance of an order, one a row."""
    share: np.ndarray = 1 / (1 + np.exp(-(features @ weights)))
    return share


def predict(fitted: Fitted, frames: Frames) -> pd.DataFrame:
    """Say of each visit how likely it was to order."""
    visits = seen(frames)
    return visits[["unique_id", "ds"]].assign(y_hat=shares(design(visits), fitted.weights))


def questions(frames: Frames) -> list[dict[str, Any]]:
    """Give what was asked at each visit, in the order of `predict`."""
    asked = seen(frames)[["pages", "is_returning"]]
    return [
        {"pages": int(pages), "is_returning": bool(returning)} for pages, returning in asked.itertuples(index=False)
    ]


def dump(fitted: Fitted) -> dict[str, bytes]:
    """Write the weights, which are all there is to export."""
    return {PARAMETERS: json.dumps(asdict(fitted), sort_keys=True).encode()}


def load(files: Mapping[str, bytes]) -> Fitted:
    """Read the weights."""
    return Fitted(**json.loads(files[PARAMETERS]))
