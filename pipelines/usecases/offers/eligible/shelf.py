"""What the door has in memory of a shop's offers."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from pipelines.usecases.offers.eligible.whom import Whom

ANYBODY = Whom()


@dataclass(frozen=True, slots=True)
class OnOffer:
    """One offer that runs, with what is left of it and how often it was shown and accepted."""

    id: int
    kind: str
    whom: Whom = ANYBODY
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    floor: int = 0  # least margin that it must leave, in minor units
    cost_minor: int = 0
    cost_percent: float = 0.0  # of the cart's value
    threshold: int | None = None  # cart value from which it is given
    product: int | None = None
    variant: int | None = None
    price: int | None = None  # of that variant
    left_minor: int | None = None  # of its budget; nothing: it has none
    left_times: int | None = None  # this week
    is_code_lost: bool = False  # Shopify said that its code gives nobody anything
    shown: int = 0
    accepted: int = 0
    code: str = ""
    message: str = ""
    name: str = ""


class Costs:
    """What variants cost, in little memory: two rows of numbers, sorted by the variant's id."""

    def __init__(self, pairs: Iterable[tuple[int, int]] = ()) -> None:
        ordered = sorted(pairs)
        self.variants = array("q", (variant for variant, _ in ordered))
        self.costs = array("q", (cost for _, cost in ordered))

    def of(self, variant: int) -> int | None:
        """Return what a variant costs, or nothing where nobody knows."""
        place = bisect_left(self.variants, variant)
        is_known = place < len(self.variants) and self.variants[place] == variant
        return self.costs[place] if is_known else None


@dataclass(frozen=True, slots=True)
class Shelf:
    """The offers of a shop, and by what its carts are reckoned."""

    currency: str
    cost_share: float  # of a price, where no cost is known
    offers: tuple[OnOffer, ...] = ()
    costs: Costs = field(default_factory=Costs)
    largest: int | None = None  # cart that is believed; nothing: no order is known

    @property
    def products(self) -> frozenset[int]:
        return frozenset(offer.product for offer in self.offers if offer.product is not None)
