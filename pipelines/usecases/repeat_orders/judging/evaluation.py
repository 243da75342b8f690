"""How well the week's orders were told on past days, beside the simple rule and the version that runs.

At each origin everything is learned anew from what was known then. Of days that the live version already knew, it says
what would have been learned then: by the same rules as the new one.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from pipelines.stats import chances
from pipelines.usecases.contract import Frames, Progress, silent
from pipelines.usecases.repeat_orders import model, rule
from pipelines.usecases.repeat_orders.customers import Days, days_of, number_of
from pipelines.usecases.repeat_orders.model import WEEK, Fitted
from pipelines.usecases.repeat_orders.past import past_of, sampled
from pipelines.usecases.stored import Stored

WEEKS = 13
LEAST_BEFORE = 28  # days of orders before an origin
CANDIDATE, CHAMPION, BASELINE = "candidate", "champion", "baseline"
PARTS = {"once": (1, 1), "few": (2, 4), "often": (5, np.inf)}  # orders so far


def evaluate(frames: Frames, *, champion: Fitted | None = None, seed: int = 0, progress: Progress = silent) -> Stored:
    """Learn as of past weeks, and say who orders in the week after each of them."""
    days, told = sampled(days_of(frames)), []
    first, last = (days.first, number_of(frames.asof)) if len(days.rows) else (0, 0)
    cuts = [frames.asof - timedelta(days=WEEK * back) for back in range(WEEKS, 0, -1)]
    cuts = [cut for cut in cuts if last and number_of(cut) - first >= LEAST_BEFORE]
    for done, cut in enumerate(cuts):
        progress(done / len(cuts), "Telling past weeks from what was known before them")
        told.append(at_origin(days, cut, champion))
    who = [CANDIDATE, BASELINE] + ([CHAMPION] if champion is not None else [])
    rows = pd.concat(told) if told else pd.DataFrame(columns=["cut", "orders", "paid", "came", *who], dtype=np.float64)
    return Stored(figures(rows, cuts, who))


def at_origin(days: Days, cut: date, champion: Fitted | None) -> pd.DataFrame:
    """Let everybody say who comes in the week after a day: cut | orders | paid | came | candidate | baseline | …"""
    day = number_of(cut)
    known, past = days.known_on(day), past_of(days, day, WEEK)
    said = {CANDIDATE: model.chances(known, np.array(model.learned(past))), BASELINE: rule.said(known, past)}
    if champion is not None:
        said[CHAMPION] = champion.chances(known, WEEK) if cut > champion.asof else said[CANDIDATE]
    return known[["orders", "paid"]].assign(cut=cut, came=days.came(known, day, WEEK), **said)


def figures(rows: pd.DataFrame, cuts: list[date], who: list[str]) -> dict[str, Any]:
    """Put the figures of all weeks together."""
    parts = {name: rows[rows["orders"].between(low, high)] for name, (low, high) in PARTS.items()}
    each = {"all": rows, **parts}
    by_origin = {
        name: {one: [of(part[part["cut"] == cut], one)["log_loss"] for cut in cuts] for one in who}
        for name, part in each.items()
    }
    return {
        **{one: of(rows, one) for one in who},
        "slices": {name: {one: of(part, one) for one in who} for name, part in parts.items()},
        "by_origin": by_origin,
        "gap_range": chances.gap_range(rows["came"].to_numpy(), rows[CANDIDATE].to_numpy(), 1.0),
        "weekly_loss": {one: [loss(rows[rows["cut"] == cut], one) for cut in cuts] for one in who},
        "horizon": WEEK,
        "origins": [cut.isoformat() for cut in cuts],
    }


def of(rows: pd.DataFrame, who: str) -> dict[str, Any]:
    """Give the figures of some customers by one of those compared."""
    return chances.figures(rows["came"].to_numpy(), rows[who].to_numpy())


def loss(rows: pd.DataFrame, who: str) -> float:
    """Price the errors of a week: squared, each of what the customer usually pays."""
    return round(float((rows["paid"] * (rows[who] - rows["came"]) ** 2).sum()), 2)
