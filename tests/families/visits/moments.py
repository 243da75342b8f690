"""The same family where nobody asks at a door: we ask about open sessions, and both versions answer each moment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from pipelines.usecases.contract import Frames, PairedWeeks
from tests.families import visits


def questions(frames: Frames) -> list[dict[str, Any]]:
    """Ask by the pages seen; of who came before nothing is asked."""
    return [{"pages": pages, "is_returning": 0} for pages in frames["moments"]["pages"].fillna(0).tolist()]


def compare(frames: Frames, new: pd.DataFrame, old: pd.DataFrame | None = None, *, days: int = 7) -> pd.DataFrame:
    """Price squared errors at a pound each; beside no other version, those of one chance in two."""
    rows = new if old is None else new.merge(old, on=["first_day", "unit_id", "moment"], suffixes=("", "_old"))
    theirs = np.full(len(rows), 0.5) if old is None else rows["score_old"]
    missed = pd.DataFrame({"first_day": rows["first_day"], "units": 1, "coverage": 1.0})
    missed["loss"], missed["against"] = (100 * (each - rows["came"]) ** 2 for each in (rows["score"], theirs))
    weeks = missed.groupby("first_day", as_index=False).agg(
        {"loss": "sum", "against": "sum", "units": "sum", "coverage": "mean"}
    )
    return weeks.assign(bets=[{} for _ in range(len(weeks))])


USE_CASE = replace(
    visits.USE_CASE,
    unit="checkout",
    reaches_shoppers=False,
    needs=("moments",),
    asks="moments",
    questions="moments:questions",
    evidence=PairedWeeks("moments:compare"),
)
