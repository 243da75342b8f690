"""What one offer added to the profit of a shopper who was shown it, beside shoppers who were shown nothing.

Who was shown nothing was held out, or drawn so. Days count by how often the offer was shown on them, within each a
decision by the inverse of its chance; so an offer that is shown in good weeks alone gains nothing by that, and a day on
which it was hardly tried weighs hardly anything. Ranges hold at every look, so that a page may be opened daily.
"""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np

from pipelines.stats.inference import intervals, off_policy
from pipelines.stats.inference.off_policy import Valued
from pipelines.usecases.offers.decisions import Decisions, Floats, Mask
from pipelines.usecases.offers.learning.extras import capped, shown_nothing

PLANNED = 10_000  # shoppers of both kinds, at which a range is tightest; the same for every shop
FARTHEST = 1_000  # times as many shoppers: beyond that nobody is told how many are needed


def added(known: Decisions, at: int) -> dict[str, Any]:
    """Give what an offer adds for each shopper, in minor units, with its range; nothing while too little is known."""
    profit = capped(known.profit)
    shown, none = asked(known, at, np.isfinite(profit))
    counts = {"shown": int(shown.sum()), "beside": int(none.sum())}
    pair = weighed(known, shown, none)
    first, second = (off_policy.snips(profit[of], weight, known.visitor[of]) for of, weight in pair)
    found = between(first, second)
    return {"counts": counts, "value": None} if found is None else {"counts": counts, **found}


def asked(known: Decisions, at: int, has_profit: Mask) -> tuple[Mask, Mask]:
    """Keep those who were shown an offer, and those shown nothing to whom it was open, on days that have both.

    Where its terms changed, days after that day alone: what it was before is another offer.
    """
    could = has_profit & known.on_terms(at) & (known.eligible == at).any(axis=1)
    shown = could & (known.offer == at) & ~known.held_out
    none = shown_nothing(known, could)
    both = np.intersect1d(known.day[shown], known.day[none])
    is_then = np.isin(known.day, both)
    return shown & is_then, none & is_then


def weighed(known: Decisions, shown: Mask, none: Mask) -> list[tuple[Mask, Floats]]:
    """Weigh both kinds by their chances, so that each day counts by how often the offer was shown on it."""
    chance, (_, day) = 1 / known.propensity, np.unique(known.day, return_inverse=True)
    days = int(day.max(initial=0)) + 1
    times = np.bincount(day[shown], minlength=days)
    of_day = (np.bincount(day[of], chance[of], days) for of in (shown, none))
    return [
        (of, chance[of] * (times / np.maximum(sums, 1))[day[of]])
        for of, sums in zip((shown, none), of_day, strict=True)
    ]


def between(shown: Valued, none: Valued, planned: int = PLANNED) -> dict[str, Any] | None:
    """Give the difference of two estimates with its range, and how many shoppers it would take to be proven."""
    if not (shown.is_enough and none.is_enough):
        return None
    value, se = shown.value - none.value, float(np.hypot(shown.se, none.se))
    found = intervals.always_valid(value, se, shown.ess + none.ess, planned)
    if found is None:
        return None
    half = (found.high - found.low) / 2
    times = (half / abs(value)) ** 2 if value else float("inf")
    return {"value": value, "low": found.low, "high": found.high, "times": ceil(times) if times < FARTHEST else None}
