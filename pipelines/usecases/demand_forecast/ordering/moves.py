"""Goods that lie at one place beyond its need and are missing at another: to be moved before more is bought.

Standard library: a page asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from math import ceil, floor


@dataclass(frozen=True)
class Held:
    """What one place has of a variant, what comes there, and what it needs for the days that an order would cover."""

    variant_id: int
    location_id: int
    stock: int
    incoming: int
    needed: float

    @property
    def spare(self) -> int:
        """Count what lies there beyond the need: what only comes cannot be moved."""
        return max(0, floor(self.stock - self.needed))

    @property
    def missing(self) -> int:
        """Count what is missing there, with what comes."""
        return max(0, ceil(self.needed - self.stock - self.incoming))


@dataclass(frozen=True)
class Move:
    """So many units of a variant from one place to another."""

    variant_id: int
    giver: int
    taker: int
    units: int


def moves(places: Iterable[Held]) -> Iterator[Move]:
    """Yield what to move, variant by variant: from whoever has most to spare to whoever misses most.

    Nobody gives what they need, nobody gets more than they miss, and so few moves as that allows are made.

    >>> [(move.giver, move.taker, move.units) for move in moves([Held(1, 7, 40, 0, 12.5), Held(1, 8, 0, 5, 20.0)])]
    [(7, 8, 15)]
    """
    ordered = sorted(places, key=lambda held: held.variant_id)
    for _, group in groupby(ordered, key=lambda held: held.variant_id):
        here = list(group)
        givers = sorted((held for held in here if held.spare), key=lambda held: (-held.spare, held.location_id))
        takers = sorted((held for held in here if held.missing), key=lambda held: (-held.missing, held.location_id))
        yield from matched(givers, takers)


def matched(givers: list[Held], takers: list[Held]) -> Iterator[Move]:
    """Deal what is spare out to who misses it, both from the most to the least."""
    spare, missing = [held.spare for held in givers], [held.missing for held in takers]
    giver = taker = 0
    while giver < len(givers) and taker < len(takers):
        units = min(spare[giver], missing[taker])
        yield Move(givers[giver].variant_id, givers[giver].location_id, takers[taker].location_id, units)
        spare[giver] -= units
        missing[taker] -= units
        giver, taker = giver + (not spare[giver]), taker + (not missing[taker])
