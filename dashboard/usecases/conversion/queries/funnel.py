"""How far visits go, at peak hours and at others, and what it would be worth if peak hours did like the others."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from dashboard.usecases.conversion.queries.hours import Hours, Sums
from dashboard.usecases.conversion.queries.weak import Weak, weakest, why_not
from pipelines import words

NAMES = {
    "visits": "Visits",
    "carts": "Put something in the cart",
    "checkouts": "Started checkout",
    "orders": "Bought",
    "started": "Started checkout",
    "finished": "Bought",
}
OF = {"visits": "visits", "carts": "carts", "checkouts": "checkouts", "started": "checkouts"}


@dataclass(frozen=True)
class Part:
    """One step in one kind of hour."""

    count: str
    note: str  # its share of the step before


@dataclass(frozen=True)
class Step:
    """One step, in all hours, at peak hours and at others."""

    name: str
    width: str  # of its bar, against the first step
    all: Part
    peak: Part
    other: Part

    @property
    def parts(self) -> list[tuple[str, Part]]:
        return [("All hours", self.all), ("At peak hours", self.peak), ("Other hours", self.other)]


@dataclass(frozen=True)
class Funnel:
    """The steps, and what is said of them."""

    steps: list[Step]
    weak: Weak | None
    why_not: str  # is nothing said of peak hours

    @property
    def of(self) -> str:
        """Name what all steps are shares of."""
        return self.steps[0].name.lower() if len(self.steps) > 2 else "checkouts"

    @property
    def heading(self) -> str:
        """State the message."""
        if self.weak:
            return self.weak.heading
        if not self.why_not:
            return "At peak hours shoppers go on as at other hours, as far as chance lets us see"
        return "How far visits go" if len(self.steps) > 2 else "How many checkouts are finished"


def funnel(hours: Hours) -> Funnel:
    """Bring the steps into words."""
    kinds = hours.all, hours.of(is_peak=True), hours.of(is_peak=False)
    return Funnel(
        steps=[step(name, before, kinds) for before, name in pairwise(("", *hours.steps))],
        weak=weakest(hours),
        why_not=why_not(hours),
    )


def step(name: str, before: str, kinds: tuple[Sums, Sums, Sums]) -> Step:
    """Bring one step into words."""
    first, count = kinds[0].visits or kinds[0].started, getattr(kinds[0], name)
    parts = [part(each, name, before, kinds[0]) for each in kinds]
    return Step(NAMES[name], f"{100 * count / first if first else 0:.2f}%", *parts)


def part(each: Sums, name: str, before: str, everything: Sums) -> Part:
    """Write a count, and its share of the step before; of the first step the share of all hours."""
    count = getattr(each, name)
    if not before:
        whole = getattr(everything, name)
        note = "all" if each is everything else share_of(count, whole, "all")
    else:
        note = share_of(count, getattr(each, before), OF[before])
    return Part(words.number(count), note)


def share_of(count: int, whole: int, of: str) -> str:
    return f"{words.exact_percent(count / whole)} of {of}" if whole else ""
