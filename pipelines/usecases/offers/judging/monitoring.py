"""How many of a day's offers were accepted, beside how many were said to be: watched once a version runs."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from pipelines.usecases.contract import Frames
from pipelines.usecases.offers.decisions import day_of, decisions_of

Accuracy = dict[str, float | None]
LEAST = 20  # offers, before a share of them is told


def accuracy(frames: Frames, said: pd.DataFrame, *, days: int = 1) -> Accuracy:
    """Compare what was said of the decisions of some days with what came of them.

    Reads   said: unique_id | y_hat | first_day, all of one period
    """
    first = pd.Timestamp(said["first_day"].iloc[0]).date()
    known = decisions_of(frames).decisions
    inside = (known.day >= day_of(first)) & (known.day <= day_of(first + timedelta(days=days - 1)))
    rows = pd.DataFrame({"unique_id": known.unique_id, "offer": known.offer, "accepted": known.accepted})[inside]
    told = rows[(rows["offer"] >= 0) & rows["accepted"].notna()].merge(said[["unique_id", "y_hat"]], on="unique_id")
    if len(told) < LEAST:
        return {"accepted_share": None, "said_share": None, "n": len(told)}
    return {
        "accepted_share": float(told["accepted"].mean()),
        "said_share": float(told["y_hat"].mean()),
        "n": len(told),
    }
