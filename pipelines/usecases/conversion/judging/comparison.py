"""What two versions' chances missed, week by week, on the same moments (METHODS 4b).

A moment's squared error weighs as much as its cart is worth, which was known then: so the truth is the cheapest chance
to say. An empty cart, or one of which nothing is known, counts as a usual cart of the same shop.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from pipelines.usecases.contract import Frames
from pipelines.usecases.conversion.judging.evaluation import labelled, usual
from pipelines.usecases.conversion.learning.columns import Floats, amounts, column_of
from pipelines.usecases.conversion.scorer import CHECKOUT, SESSION

WEEK = 7
MOMENT = ["first_day", "unit_id", "moment"]
LEAST_APART = 0.1  # of the orders that the old version said: two that say almost the same prove little
A_CART = 1.0  # in minor units, where no cart's value is known: what is missed is still told apart


def compare(frames: Frames, new: pd.DataFrame, old: pd.DataFrame | None = None, *, days: int = WEEK) -> pd.DataFrame:
    """Price what both missed; without an old version, beside the usual share of the four weeks before.

    Reads   new, old: first_day | unit_id | moment | score | question | came
    Writes  first_day | loss | against | bets | units | coverage; both losses in minor units of money
    """
    told = new.drop_duplicates(MOMENT)
    if old is not None:
        told = told.merge(old.drop_duplicates(MOMENT)[[*MOMENT, "score"]], on=MOMENT, suffixes=("", "_old"))
    of, value = asked(told["question"], frames)
    told = told.assign(of=of, value=value)
    if old is None:
        told["score_old"] = usual_of(frames, told)
    known = told[np.isfinite(told[["score", "score_old", "came"]]).all(axis=1)]
    asked_for = new.groupby("first_day").size()
    found = []
    for first_day in sorted(known["first_day"].unique()):
        week = known[known["first_day"] == first_day]
        found.append({"first_day": first_day, **priced(week), "coverage": len(week) / int(asked_for[first_day])})
    return pd.DataFrame(found, columns=["first_day", "loss", "against", "bets", "units", "coverage"])


def asked(questions: pd.Series, frames: Frames) -> tuple[list[str], Floats]:
    """Read of each question whether it is about a checkout, and what the cart was worth."""
    plain: list[dict[str, Any]] = [json.loads(each) if isinstance(each, str) else {} for each in questions]
    of = [CHECKOUT if each.get("of") == CHECKOUT else SESSION for each in plain]
    value = amounts(pd.Series([each.get("value") for each in plain], dtype=object))
    return of, np.where(value > 0, value, usual_cart(frames))


def usual_cart(frames: Frames) -> float:
    """Give what a cart is usually worth that is not empty."""
    known = amounts(column_of(frames["moments"], "value"))
    known = known[known > 0]
    return float(known.mean()) if len(known) else A_CART


def usual_of(frames: Frames, told: pd.DataFrame) -> Floats:
    """Say the usual share of each moment's kind, as known before its week."""
    known, said = labelled(frames), np.full(len(told), np.nan)
    for first_day in told["first_day"].unique():
        mine = (told["first_day"] == first_day).to_numpy()
        before: date = first_day - timedelta(days=1)
        said[mine] = usual(known[known["ds"] <= pd.Timestamp(before)], told[mine], before)
    return said


def priced(week: pd.DataFrame) -> dict[str, Any]:
    """Price one week of moments of which both spoke."""
    ours, theirs, came, value = (
        week[name].to_numpy(dtype=np.float64) for name in ("score", "score_old", "came", "value")
    )
    loss, against = (float(value @ (said - came) ** 2) for said in (ours, theirs))
    return {"loss": loss, "against": against, "bets": bets(ours, theirs, came), "units": len(week)}


def bets(ours: Floats, theirs: Floats, came: Floats) -> dict[str, float]:
    """Bet on what needs no scale: chances moment by moment, and how many orders they add up to.

    >>> bets(np.array([0.9]), np.array([0.5]), np.array([1.0]))["orders"]
    -1.0
    """
    apart = float(np.abs(ours - theirs).sum())
    missed = float(((ours - came) ** 2 - (theirs - came) ** 2).sum())
    orders, mine, other = (float(each.sum()) for each in (came, ours, theirs))
    level = max(abs(mine - other), LEAST_APART * other)
    return {
        "chances": missed / (2 * apart) if apart else 0.0,
        "orders": (abs(orders - mine) - abs(orders - other)) / level if level else 0.0,
    }
