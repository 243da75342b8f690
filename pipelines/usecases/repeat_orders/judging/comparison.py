"""What chances cost once it is known who came: squared errors, each of what the customer usually pays.

The squared error is a proper score, so the truth is the cheapest chance to say; what is at stake hangs on nobody's
answer. Of a chance that was told some days before its period, those days are not taken off.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pandas as pd

from pipelines.stats import chances
from pipelines.usecases.contract import Frames
from pipelines.usecases.repeat_orders import rule
from pipelines.usecases.repeat_orders.customers import Floats, days_of, number_of
from pipelines.usecases.repeat_orders.past import past_of

WEEK = 7
NAMES = ["first_day", "loss", "against", "bets", "units", "coverage"]


def compare(frames: Frames, new: pd.DataFrame, old: pd.DataFrame | None = None, *, days: int = WEEK) -> pd.DataFrame:
    """Price both versions' errors in the periods that are over; without an old one, those of the simple rule.

    Reads   new, old: first_day | customer | within_<days> | worth
    Writes  first_day | loss | against | bets | units | coverage; losses in minor units of money
    """
    found = []
    for first_day, told in over(frames, new, days):
        both = beside_the_rule(frames, first_day, told, days) if old is None else beside(told, old, days)
        came = who_came(frames, both, first_day, days)
        ours, theirs = both["said"].to_numpy(np.float64), both["theirs"].to_numpy(np.float64)
        loss, against = (float((both["worth"] * (each - came) ** 2).sum()) for each in (ours, theirs))
        bets, coverage = chances.bets(ours, theirs, came), len(both) / len(told)
        found.append([first_day, loss, against, bets, len(both), coverage])
    return pd.DataFrame(found, columns=NAMES)


def accuracy(frames: Frames, said: pd.DataFrame, *, days: int = WEEK) -> dict[str, float | None]:
    """Set what was said of one period beside who came; a figure that is not defined is None."""
    first_day = said["first_day"].iloc[0]
    both = beside_the_rule(frames, first_day, said.assign(said=said[f"within_{days}"]), days)
    came = who_came(frames, both, first_day, days)
    ours, theirs = both["said"].to_numpy(np.float64), both["theirs"].to_numpy(np.float64)
    told = chances.figures(came, ours)
    return {
        **{name: told[name] for name in ("log_loss", "brier", "auc", "said", "ordered")},
        "log_loss_by_rule": chances.figures(came, theirs)["log_loss"],
        "missed": float(((ours - came) ** 2).sum()),
        "missed_by_rule": float(((theirs - came) ** 2).sum()),
    }


def over(frames: Frames, new: pd.DataFrame, days: int) -> Iterator[tuple[date, pd.DataFrame]]:
    """Yield what was said of each period that is over, oldest first."""
    for first_day in sorted(new["first_day"].unique()):
        if first_day + timedelta(days=days - 1) <= frames.asof:
            rows = new[new["first_day"] == first_day]
            yield first_day, rows.assign(said=rows[f"within_{days}"])


def beside(told: pd.DataFrame, old: pd.DataFrame, days: int) -> pd.DataFrame:
    """Keep the customers of whom both versions spoke."""
    theirs = old[["first_day", "customer", f"within_{days}"]].rename(columns={f"within_{days}": "theirs"})
    return told.merge(theirs, on=["first_day", "customer"])


def beside_the_rule(frames: Frames, first_day: date, told: pd.DataFrame, days: int) -> pd.DataFrame:
    """Set what the simple rule had said on the day before beside it, of customers who are still known."""
    known_days, day = days_of(frames), number_of(first_day) - 1
    known = known_days.known_on(day)
    told = told[told["customer"].isin(known.index)]
    return told.assign(theirs=rule.said(known.loc[told["customer"]], past_of(known_days, day, days)))


def who_came(frames: Frames, told: pd.DataFrame, first_day: date, days: int) -> Floats:
    """Tell who of these customers ordered in a period."""
    return days_of(frames).came(told.set_index("customer"), number_of(first_day) - 1, days)
