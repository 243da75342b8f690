"""Learn a policy of offers from the decisions of the past, and say what it would choose at each of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pipelines.usecases.contract import Frames, NotEnoughHistory, Progress, silent
from pipelines.usecases.offers.decisions import day_of, decisions_of, questions_of
from pipelines.usecases.offers.fitted import Fitted, dump, load
from pipelines.usecases.offers.learning.choices import Choices
from pipelines.usecases.offers.learning.recipe import learned

LEAST_DAYS = 1

__all__ = ["Fitted", "dump", "fit", "load", "predict", "questions"]


def fit(frames: Frames, *, seed: int = 0, progress: Progress | None = None) -> Fitted:
    """Learn from all decisions that are known; without any, a policy begins with what any offer is like."""
    report = progress or silent
    require_offers(frames)
    report(0.1, "Reading past decisions")
    known = decisions_of(frames).decisions
    report(0.3, "Comparing with and without who asks")
    return learned(known.where(known.day <= day_of(frames.asof)), frames.asof, seed=seed)


def require_offers(frames: Frames) -> None:
    """Refuse to learn where there is nothing to offer and never was."""
    if not frames["offers"]["is_live"].fillna(0).astype(bool).any() and not len(decisions_of(frames).decisions):
        raise NotEnoughHistory(f"There is no live offer yet. One must be live, for {LEAST_DAYS} day or more.")


def predict(fitted: Fitted, frames: Frames) -> pd.DataFrame:
    """Say of each decision how likely that is accepted which this version chooses: 0 where it offers nothing."""
    known = decisions_of(frames).decisions
    said = np.zeros(len(known))
    for day in np.unique(known.day).tolist():
        rows = known.day == day
        said[rows] = Choices(fitted, known.where(rows), *known.tallies(day)).chosen()[1]
    ds = known.day.astype("datetime64[D]").astype("datetime64[s]")
    return pd.DataFrame({"unique_id": known.unique_id, "ds": ds, "y_hat": said})


def questions(frames: Frames) -> list[dict[str, Any]]:
    """Give what was asked at each decision, in the order of `predict`."""
    return questions_of(frames)
