"""What two versions' chances cost on the same moments, period by period: squared errors, each of what was at stake.

The squared error is a proper score, so the truth is the cheapest chance to say (Brier 1950); it is weighed by the money
in the cart, which is what the shop decides over. A cart that is empty or not known counts like the usual one.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from pipelines.stats.chances import bets
from pipelines.usecases.contract import Frames
from pipelines.usecases.conversion.moments import moments, waits
from pipelines.usecases.conversion.scorer import CHECKOUT, SESSION

WEEK = 7
BEFORE = timedelta(days=14)  # of which the simple rule knows how many ordered
WITHIN = 24.0  # hours
NOTHING_KNOWN = 10_000.0  # minor units at stake where no cart is known: then all moments count alike
KEY = ["first_day", "unit_id", "moment"]
NAMES = ["first_day", "loss", "against", "bets", "units", "coverage"]


def compare(frames: Frames, new: pd.DataFrame, old: pd.DataFrame | None = None, *, days: int = WEEK) -> pd.DataFrame:
    """Price both versions' errors in the periods that are over; without an old one, those of the usual share.

    Reads   new, old: first_day | unit_id | moment | score | question | came
    Writes  first_day | loss | against | bets | units | coverage; losses in minor units of money
    """
    over = new[new["first_day"].map(lambda day: day + timedelta(days=days - 1) <= frames.asof).astype(bool)]
    over = over[over["question"].map(lambda text: isinstance(text, str) and bool(text)).astype(bool)]  # else of what?
    both = over.assign(theirs=np.nan) if old is None else merged(over, old)
    found = []
    for first_day in sorted(both["first_day"].unique()):
        rows, spoken = both[both["first_day"] == first_day], int((over["first_day"] == first_day).sum())
        told = judged(frames, first_day, rows, is_rule=old is None)
        found.append({"first_day": first_day, **told, "coverage": len(rows) / spoken})
    return pd.DataFrame(found, columns=NAMES)


def merged(new: pd.DataFrame, old: pd.DataFrame) -> pd.DataFrame:
    """Keep the moments of which both spoke."""
    return new.merge(old[[*KEY, "score"]].rename(columns={"score": "theirs"}), on=KEY)


def judged(frames: Frames, first_day: date, rows: pd.DataFrame, *, is_rule: bool) -> dict[str, Any]:
    """Price the moments of one period."""
    asked = [json.loads(text) for text in rows["question"]]
    came, ours = rows["came"].to_numpy(np.float64), rows["score"].to_numpy(np.float64)
    theirs = usual(frames, first_day, asked) if is_rule else rows["theirs"].to_numpy(np.float64)
    stake = stakes(asked)
    return {
        "loss": float((stake * (ours - came) ** 2).sum()),
        "against": float((stake * (theirs - came) ** 2).sum()),
        "bets": bets(ours, theirs, came),
        "units": len(rows),
    }


def stakes(asked: list[dict[str, Any]]) -> np.ndarray:
    """Give the money at stake at each moment."""
    told = np.array([float(each.get("value") or 0) for each in asked])
    usually = float(np.median(told[told > 0])) if (told > 0).any() else NOTHING_KNOWN
    return np.where(told > 0, told, usually)


def usual(frames: Frames, first_day: date, asked: list[dict[str, Any]]) -> np.ndarray:
    """Give the share of the two weeks before that ordered, of sessions and of checkouts."""
    known = moments(frames)
    before = known[known["ds"].between(pd.Timestamp(first_day - BEFORE), pd.Timestamp(first_day - timedelta(days=2)))]
    came = np.where(np.nan_to_num(waits(before), nan=np.inf) <= WITHIN, 1.0, 0.0)
    shares = {of: share(came[(before["of"] == of).to_numpy()]) for of in (SESSION, CHECKOUT)}
    return np.array([shares.get(each.get("of", SESSION), 0.5) for each in asked])


def share(came: np.ndarray) -> float:
    """Give a share, shrunk a little; of nothing it is one half."""
    return float((came.sum() + 1) / (len(came) + 2))
