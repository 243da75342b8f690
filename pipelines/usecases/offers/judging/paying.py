"""Whether an offer can pay, by orders instead of money: long before its money is proven, and before its budget is gone.

Money of orders is so widely spread that the profit of a hundred shoppers proves nothing. That they ordered at all is
known far better. What an offer gave is so much of what its orders earned; so many of them must be orders that would not
have come otherwise, less as they are larger than the carts of those who were shown none became. Ranges hold at every
look. It takes an order that is won to be like those that came: what an offer wins in large carts alone is not seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.stats.inference import off_policy
from pipelines.usecases.contract import Frames
from pipelines.usecases.offers.decisions import Decisions, Floats, Mask, decisions_of, seen
from pipelines.usecases.offers.judging.added import asked, between, weighed
from pipelines.usecases.tills import Paying

PLANNED = 1_000  # shoppers of both kinds, at which a range is tightest: a budget is gone long before 10,000
LEAST, LEAST_BESIDE = 10, 30  # orders of those who were shown it, and of those shown none, for what an order earns


@dataclass(frozen=True)
class Came:
    """Hold what came of each decision: whether an order, what it earned before the offer's cost, that, and the cart."""

    ordered: Floats
    earned: Floats
    given: Floats
    cart: Floats

    def per_cart(self, of: Mask) -> float:
        """Give what orders earned for each unit of money that was in their carts when it was decided."""
        told = of & (self.ordered == 1) & (self.cart > 0)
        carts = float(self.cart[told].sum())
        return float(self.earned[told].sum()) / carts if carts else float("nan")

    def larger(self, shown: Mask, none: Mask) -> float:
        """Give by how much carts that were shown it grew more; nothing where the others earned nothing."""
        grew, beside = self.per_cart(shown), self.per_cart(none)
        return max(0.0, grew / beside - 1) if np.isfinite(grew) and beside > 0 else 0.0


def paying(frames: Frames) -> list[Paying]:
    """Say of each offer that runs what it takes to pay and what it can have brought, where both are known.

    Reads   offers: offer_id | is_live | since, decisions: ordered | profit | given | value and those of `decisions_of`
    """
    known = decisions_of(frames).decisions
    rows = seen(frames).set_index("unique_id").loc[known.unique_id]
    ordered, profit, given, cart = (rows[name].to_numpy(np.float64) for name in ("ordered", "profit", "given", "value"))
    came, offers = Came(ordered, profit + given, given, cart), frames["offers"]
    return list(each_of(known, came, offers[offers["is_live"] == 1]))


def each_of(known: Decisions, came: Came, offers: pd.DataFrame) -> Iterator[Paying]:
    """Yield what is known of each offer that was ever open."""
    for offer in offers["offer_id"].astype("int64").tolist():
        if offer in known.ids:
            found = of_one(known, came, int(np.searchsorted(known.ids, offer)))
            if found:
                yield found


def of_one(known: Decisions, came: Came, at: int) -> Paying | None:
    """Set what an offer takes to pay beside what it can have brought; nothing while too little is known."""
    shown, none = asked(known, at, np.isfinite(came.ordered))
    orders, beside = int(came.ordered[shown].sum()), came.ordered[none].sum()
    earned, given = float(came.earned[shown].sum()), float(came.given[shown].sum())
    if orders < LEAST or beside < LEAST_BESIDE or earned <= 0 or given <= 0:
        return None
    pair = weighed(known, shown, none)
    first, second = (off_policy.snips(came.ordered[of], weight, known.visitor[of]) for of, weight in pair)
    more = between(first, second, PLANNED)
    if more is None:
        return None
    needed = orders * (given / earned - came.larger(shown, none))
    times = int(shown.sum())
    return Paying(int(known.ids[at]), orders, round(given), needed, times * more["low"], times * more["high"])
