"""How well orders were told in advance, at several past moments, beside the plain share of visits that order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from pipelines.usecases.contract import Frames, Progress, silent
from tests.families.visits import model
from tests.families.visits.model import Fitted

HORIZON, ORIGINS = 3, 3  # days scored from each moment, and moments
LEAST_SHARE = 1e-6


@dataclass(frozen=True)
class Evaluation:
    """Figures of the past, as they are stored."""

    figures: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return self.figures


def evaluate(
    frames: Frames, *, champion: Fitted | None = None, seed: int = 0, progress: Progress = silent
) -> Evaluation:
    """Learn as of past days, and score the days after each of them."""
    last = frames.asof - timedelta(days=1)  # of the day after nobody knows yet who orders
    origins = [last - timedelta(days=HORIZON * back) for back in range(ORIGINS, 0, -1)]
    said = [at_origin(frames, origin, champion) for origin in origins]
    progress(1.0, "Past days are scored")
    who = said[0].keys()
    figures = {name: scored(pd.concat([each[name] for each in said])) for name in who}
    by_origin = {name: [scored(each[name])["log_loss"] for each in said] for name in who}
    days = {"origins": [origin.isoformat() for origin in origins], "horizon": HORIZON}
    return Evaluation(figures | {"by_origin": {"all": by_origin}} | days)


def at_origin(frames: Frames, origin: date, champion: Fitted | None) -> dict[str, pd.DataFrame]:
    """Let everybody say how likely the visits of the next days order: share | ordered."""
    then = Frames(frames.tables, origin, frames.country)
    known, visits = model.matured(then), model.matured(frames)
    later = visits[visits["ds"] > pd.Timestamp(origin)]
    later = later[later["ds"] <= pd.Timestamp(origin + timedelta(days=HORIZON))]
    usual = (known["ordered"].sum() + 1) / (len(known) + 2)
    said = {"candidate": by(model.learned(known), later), "baseline": later[["ordered"]].assign(share=usual)}
    return said | ({} if champion is None else {"champion": by(champion, later)})


def by(fitted: Fitted, visits: pd.DataFrame) -> pd.DataFrame:
    """Let what was learned say its shares."""
    return visits[["ordered"]].assign(share=model.shares(model.design(visits), fitted.weights))


def scored(said: pd.DataFrame) -> dict[str, float | None]:
    """Give the log loss, and how many more are said to order than did."""
    if said.empty:
        return {"log_loss": None, "gap": None}
    share, ordered = said["share"].clip(LEAST_SHARE, 1 - LEAST_SHARE), said["ordered"]
    loss = -(ordered * np.log(share) + (1 - ordered) * np.log(1 - share)).mean()
    return {"log_loss": float(loss), "gap": float(share.mean() - ordered.mean())}
