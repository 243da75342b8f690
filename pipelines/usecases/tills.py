"""How a checkout asks a use case: what is known of its cart, and what may be picked for it (standard library only)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from pipelines.records import record


@dataclass(frozen=True)
class Till:
    """Say under which path of the checkout's doors a use case is asked, by its `score`.

    Without `choose` what is known of the moment is the question. With it, something of the merchant's is picked: the
    package of the use case's tables has a module `till` (`models/own.py` says what is in it), whose shelf `choose`
    ("module:function") takes with a Cart, and gives a Chosen. The question then also holds a `decision`, what is
    `eligible`, and the `chance` of an order that the use case says whose answers are chances of a checkout; the answer
    names what was picked under `picked`, 0 for nothing, and the `propensity` of that. `paying` says each day of what is
    picked whether it can pay.
    """

    path: str
    choose: str = ""
    picked: str = ""
    paying: str = ""  # "module:function", (Frames) -> a Paying of each that runs and is known well enough


@dataclass(frozen=True, slots=True)
class Paying:
    """Say how many orders something has to bring that would not have come otherwise to be worth what it gave."""

    id: int
    orders: int  # of those who were shown it
    given: int  # in minor units
    needed: float  # of those orders
    low: float  # as many of them would not have come otherwise, at any look
    high: float

    @property
    def costs(self) -> bool:
        """Tell whether it gave more than it can have brought."""
        return min(self.high, self.orders) < self.needed


@record(frozen=True, slots=True)
class Line:
    """One line of a cart."""

    product: int | None
    variant: int | None
    quantity: int
    price: int  # of a unit, in minor units


@record(frozen=True, slots=True)
class Cart:
    """What a door knows of a checkout; money in minor units of its currency."""

    currency: str
    value: int | None
    lines: tuple[Line, ...]
    is_returning: bool | None
    at: datetime
    has_consent: bool = True
    is_out: bool = False  # wants no decisions made about them
    closed: frozenset[int] = frozenset()  # products that cannot be bought now


@record(frozen=True, slots=True)
class Chosen:
    """What may be picked, each with its id; what each would cost; and why the others are left out."""

    eligible: list[dict[str, int]]
    costs: dict[int, int] = field(default_factory=dict)
    left_out: dict[int, str] = field(default_factory=dict)
