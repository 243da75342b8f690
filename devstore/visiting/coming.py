"""A visit on its way: what came of it so far, and when what is bought is bought."""

from dataclasses import dataclass
from datetime import date

from devstore.checking_out import DELIVERY
from devstore.visiting.funnel import Way
from devstore.visiting.reacting import Reaction
from devstore.visiting.visit import Visit


@dataclass(frozen=True)
class Coming:
    """A visit, its day, and when what is bought is bought: not before the app was told."""

    visit: Visit
    day: date
    at: int
    slot: str  # of the list that was seen
    because: dict[int, int]  # units by variant that are wanted because of it
    way: Way
    checkout: int | None = None  # that was begun
    told_at: int = 0
    reaction: Reaction | None = None  # to an offer

    @property
    def without(self) -> dict[int, int]:
        """Give the units by variant that are bought if no offer is seen."""
        return self.visit.own | self.because

    @property
    def wanted(self) -> dict[int, int]:
        if self.reaction is None:
            return self.without
        added = {self.reaction.adds: 1} if self.reaction.adds else {}
        return added | (self.without or self.way.cart) if self.reaction.buys else {}

    @property
    def sold_at(self) -> int:
        return max(self.at, self.told_at)

    @property
    def steps(self) -> list[tuple[int, int]]:
        """Say when the steps of a checkout are reached, between its beginning and its end: who buys reaches all."""
        pace = (self.sold_at - self.told_at) // (DELIVERY + 1)
        last = DELIVERY if self.wanted else self.way.reaches
        return [(self.told_at + pace * step, step) for step in range(1, last + 1)] if self.checkout and pace else []
