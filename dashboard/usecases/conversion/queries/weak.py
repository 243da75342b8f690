"""The step that peak hours are weakest at, beyond what chance and the days explain, and what that would be worth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby, pairwise

from dashboard.usecases.conversion.queries.hours import Hours, Sums, total
from pipelines import words

GOING_ON = {
    "carts": ("fewer visits put something in the cart", "visits"),
    "checkouts": ("fewer carts reach the checkout", "carts"),
    "orders": ("fewer checkouts are finished", "checkouts"),
    "finished": ("fewer checkouts are finished", "checkouts"),
}
FEWEST, FEWEST_DAYS = 100, 14  # of what goes on or stops, in peak hours and in others, and days with any
Z = {1: 1.96, 3: 2.394}  # standard errors of 19 of 20 times, over so many steps together


@dataclass(frozen=True)
class Weak:
    """The step that peak hours are weakest at, beyond chance, and what it would be worth if they were not."""

    step: str
    at_peak: float
    at_others: float
    orders: float
    low: float
    high: float
    order_minor: float  # what an order brings on average

    @property
    def heading(self) -> str:
        """State the message."""
        told, of = GOING_ON[self.step]
        return f"At peak hours {told}: {short(self.at_peak)} instead of {short(self.at_others)} of 100 {of}"

    def worth(self, currency: str) -> str:
        """Say what it would be worth, in orders and in money."""
        money = [words.money(round(each * self.order_minor), currency, whole=True) for each in self.range]
        return (
            f"If peak hours did like the others: about {words.counted(round(self.orders), 'order')} more, {money[0]} "
            f"of sales, very likely (19 of 20 times) between {money[1]} and {money[2]}. Some of these shoppers may buy "
            "later; we do not know how many."
        )

    @property
    def range(self) -> tuple[float, float, float]:
        return self.orders, self.low, self.high


def why_not(hours: Hours) -> str:
    """Say why nothing can be said of peak hours yet."""
    if not any(hour.is_peak for hour in hours.each):
        return "Your peak hours are learned from your orders, once a day."
    if (days := len(hours.days)) < FEWEST_DAYS:
        return f"Peak hours are compared from {FEWEST_DAYS} days on; so far {words.counted(days, 'day')}."
    return ""


def weakest(hours: Hours) -> Weak | None:
    """Find the step at which peak hours lose most orders."""
    if why_not(hours):
        return None
    steps = list(pairwise(hours.steps))
    found = [weak for before, name in steps if (weak := weak_at(hours, before, name, Z[len(steps)]))]
    return max(found, key=lambda weak: weak.orders, default=None)


def weak_at(hours: Hours, before: str, name: str, z: float) -> Weak | None:
    """Compare one step at peak hours with the others; nothing where it is no weaker, or too little is known."""
    peak, other = hours.of(is_peak=True), hours.of(is_peak=False)
    last = hours.steps[-1]
    ends: int = getattr(peak, last)
    if min(getattr(peak, before), getattr(other, before)) < FEWEST or not ends:
        return None
    away = behind(peak, other, before, name)
    reach = z * max(by_chance(peak, other, before, name), by_days(hours, before, name))
    if away <= reach:
        return None
    each = getattr(peak, before) * ends / getattr(peak, name)  # orders, were all of them to go on
    rates = rate(peak, before, name), rate(other, before, name)
    return Weak(name, *rates, each * away, each * (away - reach), each * (away + reach), hours.order_minor)


def rate(sums: Sums, before: str, name: str) -> float:
    """Give the share that goes on."""
    whole: int = getattr(sums, before)
    return getattr(sums, name) / whole if whole else 0.0


def behind(peak: Sums, other: Sums, before: str, name: str) -> float:
    """Say how far peak hours are behind the others."""
    return rate(other, before, name) - rate(peak, before, name)


def by_chance(peak: Sums, other: Sums, before: str, name: str) -> float:
    """Give the standard error of that, if everybody went on by the same chance."""
    shares = [(rate(each, before, name), getattr(each, before)) for each in (peak, other)]
    return math.sqrt(sum(share * (1 - share) / n for share, n in shares))


def by_days(hours: Hours, before: str, name: str) -> float:
    """Give the standard error of that as days differ: each is left out once (jackknife)."""
    peak, other = hours.of(is_peak=True), hours.of(is_peak=False)
    without = []
    for _, day in groupby(hours.each, key=lambda hour: hour.day):
        mine = list(day)
        one, rest = (total(hour.counted for hour in mine if hour.is_peak is kind) for kind in (True, False))
        without.append(behind(minus(peak, one), minus(other, rest), before, name))
    mean = math.fsum(without) / len(without)
    return math.sqrt((len(without) - 1) / len(without) * math.fsum((each - mean) ** 2 for each in without))


def minus(sums: Sums, part: Sums) -> Sums:
    """Take a part out of sums."""
    return Sums(*(whole - less for whole, less in zip(sums, part, strict=True)))


def short(share: float) -> str:
    """Write how many of a hundred."""
    return words.number(100 * share, 0 if share >= 0.1 else 1)
