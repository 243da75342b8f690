"""Fill an order with so much money: each pack after the other that keeps most margin for its price.

Standard library only: a page asks it while the merchant waits. What a unit keeps was worked out with the advice, by the
same draws (`arrival.Ahead.sold_thanks_to`); it falls from unit to unit, so the best pack next is the best there is, but
for what whole packs leave of the money.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace
from itertools import pairwise

Step = tuple[int, float]  # units so far, and what they keep: (6, 1200.0), (12, 1900.0), …
NONE: Step = (0, 0.0)


@dataclass(frozen=True)
class Buyable:
    """One variant that could be ordered: what a unit costs, and what an order of so many keeps.

    The first step holds the smallest order; every further one whole packs.
    """

    unit_cost: int
    pack_size: int
    steps: Sequence[Step]


def fill(buyable: Mapping[int, Buyable], budget: int) -> dict[int, int]:
    """Give the units of each variant that the money buys; what is not bought is left out.

    >>> caps, scarves = Buyable(10, 6, [(6, 90.0), (12, 120.0)]), Buyable(20, 1, [(1, 60.0), (2, 100.0)])
    >>> fill({1: caps, 2: scarves}, 99), fill({1: caps, 2: scarves}, 100)
    ({2: 2}, {1: 6, 2: 2})
    """
    left, bought = budget, dict.fromkeys(buyable, 0)
    best = [(-worth(each, 0), key, 0) for key, each in buyable.items() if each.steps]
    heapify(best)
    while best:
        _, key, at = best[0]
        each = buyable[key]
        before, after = (NONE, *each.steps)[at : at + 2]
        units = min(after[0] - before[0], fitting(each, left) if at else after[0])
        if units * each.unit_cost > left:
            units = 0
        bought[key] += units
        left -= units * each.unit_cost
        if units == after[0] - before[0] and at + 1 < len(each.steps):
            heapreplace(best, (-worth(each, at + 1), key, at + 1))
        else:
            heappop(best)
    return {key: units for key, units in bought.items() if units}


def fitting(each: Buyable, left: int) -> int:
    """Give how many units in whole packs the money still buys."""
    return left // (each.unit_cost * each.pack_size) * each.pack_size


def worth(each: Buyable, at: int) -> float:
    """Give what one step keeps for its price."""
    before, after = (NONE, *each.steps)[at : at + 2]
    return (after[1] - before[1]) / ((after[0] - before[0]) * each.unit_cost)


def keeps(steps: Sequence[Step], units: int) -> float:
    """Give what so many units keep, between the steps by their share.

    >>> [keeps([(6, 90.0), (12, 120.0)], units) for units in (0, 3, 6, 9, 50)]
    [0.0, 45.0, 90.0, 105.0, 120.0]
    """
    for (low, kept), (high, more) in pairwise((NONE, *steps)):
        if units < high:
            return kept + (more - kept) * (units - low) / (high - low)
    return steps[-1][1] if steps else 0.0
