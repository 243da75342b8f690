"""What showing an offer brings beyond its acceptances: orders that would have come anyway, and those that stay away.

Known only beside those who were shown nothing, held out or explored, by what their orders earned. Each outcome is
weighed by the inverse of its chance, money counts up to what one order in two hundred exceeds. Before that is known
well, what all offers share is drawn towards nothing, by as much as all acceptances may be orders that come anyway; what
one offer has of its own is drawn towards the others, by a fifth of what its acceptances earn. On other terms it is
another offer: what it was before counts for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.stats.inference import off_policy
from pipelines.stats.inference.off_policy import Valued
from pipelines.usecases.offers.decisions import NO_OFFER, Decisions, Floats, Mask

LEAST = 50  # decisions of either kind, whose money is known
CAP = 0.995  # of the orders
OWN = 0.2  # of what acceptances earn
Pair = tuple[float, float]


@dataclass(frozen=True)
class Extras:
    """Hold what lies beyond acceptances, each with how sure it is: of all offers alike, and of each its own."""

    shared: Pair | None
    own: dict[str, Pair]


@dataclass(frozen=True)
class Seen:
    """Hold what showing one offer brought beyond acceptances, before what comes of no offer is taken off."""

    offer: str
    beyond: Valued
    none: Valued
    gross: float

    @property
    def doubt(self) -> float:
        """Give how far off that may be, squared."""
        return self.beyond.se**2

    @property
    def usual(self) -> float:
        """Give how much of its own an offer may have, squared."""
        return (OWN * self.gross) ** 2


def extras_of(known: Decisions) -> Extras:
    """Estimate what lies beyond acceptances, of all offers together and of each."""
    seen = seen_of(known)
    if not seen:
        return Extras(None, {})
    gap = np.array([each.beyond.value - each.none.value for each in seen])
    doubt, usual = (np.array([getattr(each, name) for each in seen]) for name in ("doubt", "usual"))
    weight = 1 / (doubt + usual)
    of_none = max(each.none.se**2 for each in seen)
    gross = float(np.mean([each.gross for each in seen])) ** 2
    shared = shrunk(float(gap @ weight / weight.sum()), 1 / float(weight.sum()) + of_none, gross)
    own = {
        each.offer: shrunk(float(beyond - shared[0]), float(variance), each.usual)
        for each, beyond, variance in zip(seen, gap, doubt, strict=True)
    }
    return Extras(shared, own)


def shrunk(value: float, doubt: float, usual: float) -> Pair:
    """Draw an estimate towards nothing: both are told by the square of how far off they may be.

    >>> shrunk(-10.0, doubt=4.0, usual=4.0)
    (-5.0, 1.414214)
    """
    kept = usual / (usual + doubt)
    return round(value * kept, 6), round(float(np.sqrt(doubt * kept)), 6)


def seen_of(known: Decisions) -> list[Seen]:
    """Look at each offer that was often enough shown, beside no offer where it was open."""
    profit, found = capped(known.profit), []
    for at, offer in enumerate(known.ids.tolist()):
        has_profit = np.isfinite(profit) & known.on_terms(at)
        shown = has_profit & (known.offer == at) & np.isfinite(known.accepted)
        could = (known.eligible == at).any(axis=1) | (known.eligible == NO_OFFER).all(axis=1)
        none = shown_nothing(known, has_profit & could)
        if min(shown.sum(), none.sum()) >= LEAST:
            gross = weighed(known, known.earned, shown).value
            least = float(np.mean(known.margin[shown])) / LEAST
            beyond = weighed(known, profit - known.earned, shown)
            seen = Seen(str(offer), beyond, weighed(known, profit, none), max(gross, least))
            if np.isfinite(seen.doubt + seen.none.se):  # one shopper alone says nothing
                found.append(seen)
    return found


def shown_nothing(known: Decisions, rows: Mask) -> Mask:
    """Keep those who were shown nothing by chance: the held out, and while they are few also who was drawn nothing.

    Who was drawn nothing where an offer was likely stands for many: a handful of them would outweigh all held out.
    """
    held_out = rows & known.held_out
    return held_out if held_out.sum() >= LEAST else rows & (known.offer == NO_OFFER) & (known.held_out | known.is_drawn)


def weighed(known: Decisions, reward: Floats, chosen: Mask) -> Valued:
    """Estimate the mean over everybody of what is known of those who were chosen, by their chances."""
    return off_policy.snips(reward[chosen], 1 / known.propensity[chosen], known.visitor[chosen])


def capped(profit: Floats) -> Floats:
    """Count each order up to what few exceed, in both directions."""
    orders = np.abs(profit[np.isfinite(profit) & (profit != 0)])
    most = float(np.quantile(orders, CAP)) if len(orders) else 0.0
    return np.clip(profit, -most, most)
