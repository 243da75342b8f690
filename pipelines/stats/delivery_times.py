"""How long deliveries take, from what was sent and what came.

An order counts once, however many parts it came in: each part by its share of the units. What has not come yet is
known to take longer than so far, which is neither forgotten nor called a delivery (Kaplan & Meier 1958). While a vendor
has few deliveries, those of all vendors count beside its own. Standard library: the web process asks, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEVELS = tuple((place + 0.5) / 16 for place in range(16))
FEWEST = 5  # deliveries: with fewer, nothing is measured
OTHERS = 5  # deliveries that all vendors together count as


@dataclass(frozen=True)
class Part:
    """A share of one order: how many days after it was sent it came, or for how many it has not come."""

    share: float
    days: int
    has_come: bool
    is_late: bool | None  # nothing: it may still come in time


Sent = Sequence[Part]
"""The parts of one order."""


@dataclass(frozen=True)
class DeliveryTimes:
    """How many days deliveries take, at LEVELS, how many were seen, and which share of them is late."""

    deliveries: int
    days: tuple[int, ...]
    late: float

    @property
    def median(self) -> int:
        return median_of(self.days)

    @property
    def most(self) -> int:
        """Give the days within which nine in ten come."""
        return self.days[-2]


def median_of(days: Sequence[int]) -> int:
    """Give the middle of days at LEVELS."""
    return days[len(LEVELS) // 2 - 1]


def measure(by_vendor: Mapping[str, Sequence[Sent]]) -> dict[str, DeliveryTimes]:
    """Give the delivery times of each vendor of whom enough was seen to come."""
    everything = [sent for orders in by_vendor.values() for sent in orders]
    return {
        vendor: times_of(orders, everything) for vendor, orders in by_vendor.items() if count_come(orders) >= FEWEST
    }


def count_come(orders: Sequence[Sent]) -> int:
    """Count the orders of which something came."""
    return sum(any(part.has_come for part in sent) for sent in orders)


def times_of(own: Sequence[Sent], everything: Sequence[Sent]) -> DeliveryTimes:
    """Give the delivery times of one vendor, drawn towards those of all while it has few."""
    count = count_come(own)
    mine, all_of_them = come_by(own), come_by(everything)
    days = sorted({*mine, *all_of_them})
    shares = {day: (count * at(mine, day) + OTHERS * at(all_of_them, day)) / (count + OTHERS) for day in days}
    levels = tuple(next((day for day in days if shares[day] >= level - 1e-9), days[-1]) for level in LEVELS)
    (late, settled), (late_of_all, settled_of_all) = lateness(own), lateness(everything)
    usual = late_of_all / settled_of_all if settled_of_all else 0.0
    return DeliveryTimes(count, levels, (late + OTHERS * usual) / (settled + OTHERS))


def come_by(orders: Sequence[Sent]) -> dict[int, float]:
    """Give the share that has come by each day after it was sent, of all days on which something was seen.

    >>> come_by([[Part(1.0, 10, True, False)], [Part(1.0, 30, True, True)], [Part(1.0, 5, False, None)]])
    {5: 0.0, 10: 0.5, 30: 1.0}
    """
    parts = [part for sent in orders for part in sent]
    under_way, missing, found = sum(part.share for part in parts), 1.0, {}
    for day in sorted({part.days for part in parts}):
        here = [part for part in parts if part.days == day]
        came = sum(part.share for part in here if part.has_come)
        missing *= max(0.0, 1 - came / under_way) if under_way > 1e-9 else 1.0
        under_way -= sum(part.share for part in here)
        found[day] = 1 - missing
    return found


def at(shares: Mapping[int, float], day: int) -> float:
    """Give the share that has come by a day."""
    return max((share for seen, share in shares.items() if seen <= day), default=0.0)


def lateness(orders: Sequence[Sent]) -> tuple[float, float]:
    """Give how many orders were late, and of how many that is known, parts by their share."""
    settled = [part for sent in orders for part in sent if part.is_late is not None]
    return sum(part.share for part in settled if part.is_late), sum(part.share for part in settled)
