"""Whether what was said came true: in eight groups of visits and of checkouts, and at peak hours apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from dashboard.queries.monitoring.verdicts import Share
from dashboard.queries.words import Badge
from pipelines import words
from pipelines.charts.calibration import Point, calibration
from pipelines.models import ChanceDay, Shop

SLUG = "conversion"
DAYS, GROUPS = 28, 8
FEWEST = 30  # orders, for a first picture
FEW = 10  # orders below which nothing is said of a kind of hour
PARTS = {"session": "visits", "checkout": "checkouts"}


class Cell(NamedTuple):
    """Units of like chances."""

    part: str
    is_peak: bool
    bin: int
    units: int
    said: float  # sum of their chances
    came: int


@dataclass(frozen=True)
class Sum:
    """Units together: how many, how many orders were to be expected, how many came."""

    units: int
    said: float
    came: int

    @property
    def predicted(self) -> float:
        return self.said / self.units if self.units else 0.0

    @property
    def share(self) -> Share:
        return Share(self.came, self.units)

    @property
    def range(self) -> tuple[float, float]:
        return self.share.range or (0.0, 1.0)

    @property
    def is_in_range(self) -> bool:
        """Tell whether what was said may be true."""
        low, high = self.range
        return low <= self.predicted <= high

    @property
    def rate(self) -> float:
        return self.came / self.units if self.units else 0.0


@dataclass(frozen=True)
class Group:
    """One of about equally large groups, in words."""

    name: str
    sum: Sum


@dataclass(frozen=True)
class Part:
    """Visits, or checkouts: their groups, and the drawing."""

    key: str
    name: str  # visits, checkouts
    all: Sum
    groups: list[Group]

    @property
    def is_drawn(self) -> bool:
        return self.all.came >= FEWEST and len(self.groups) > 1

    @property
    def lacks(self) -> str:
        """Say how much is missing for a first picture."""
        return f"{words.number(self.all.came)} of about {FEWEST} orders of {self.name} for a first picture"

    @property
    def hits(self) -> int:
        return sum(group.sum.is_in_range for group in self.groups)

    @property
    def heading(self) -> str:
        """State the message; one group of eight may lie beside by chance alone."""
        if not self.is_drawn:
            return f"Whether chances of {self.name} come true"
        many = words.number(len(self.groups))
        if self.hits == len(self.groups):
            return f"Chances of {self.name} came true in all {many} groups"
        return f"Chances of {self.name} came true in {words.number(self.hits)} of {many} groups"

    @property
    def drawing(self) -> str:
        """Draw the groups."""
        points = [Point(each.sum.predicted, each.sum.rate, *each.sum.range) for each in self.groups]
        label = f"Predicted chance of an order against what happened, {len(points)} groups of {self.name}"
        return calibration(points, id=f"said-{self.key}", label=label, came="Bought")

    @property
    def in_words(self) -> str:
        """Say what one sees."""
        least, most = self.groups[0].sum, self.groups[-1].sum
        told = [
            f"{which} was predicted {words.exact_percent(group.predicted)} and bought {words.exact_percent(group.rate)}"
            for which, group in (("The least likely", least), ("the most likely", most))
        ]
        return f"{self.hits} of {len(self.groups)} groups hold what was predicted in their range. {'; '.join(told)}."


@dataclass(frozen=True)
class PeakRow:
    """One kind of hour: what was said and what came."""

    name: str
    badge: Badge
    sum: Sum

    @property
    def between(self) -> str:
        """Write between how many orders it very likely lies."""
        low, high = self.sum.range
        return f"{words.number(low * self.sum.units)} to {words.number(high * self.sum.units)}"


@dataclass(frozen=True)
class Chances:
    """What was said on days of which the orders are known."""

    cells: tuple[Cell, ...]
    first_day: date | None
    last_day: date | None

    @property
    def is_known(self) -> bool:
        return bool(self.cells)

    @property
    def parts(self) -> list[Part]:
        """List what was asked about."""
        found = [part_of(key, name, self.cells) for key, name in PARTS.items()]
        return [part for part in found if part.all.units]

    @property
    def main(self) -> str:
        """Name what is told first: visits, or checkouts where no visit is known."""
        return next((key for key in PARTS if any(cell.part == key for cell in self.cells)), "")

    @property
    def main_name(self) -> str:
        return PARTS.get(self.main, "")

    @property
    def all(self) -> Sum:
        return total(self.of(self.main))

    def of(self, part: str) -> list[Cell]:
        """Keep the cells of one part."""
        return [cell for cell in self.cells if cell.part == part]

    @property
    def by_hours(self) -> list[PeakRow]:
        """Set peak hours, others and all beside each other."""
        mine = self.of(self.main)
        kinds = {
            "Peak hours": [cell for cell in mine if cell.is_peak],
            "Other hours": [cell for cell in mine if not cell.is_peak],
            "All hours": mine,
        }
        return [PeakRow(name, badge(total(cells)), total(cells)) for name, cells in kinds.items()]

    @property
    def hours_heading(self) -> str:
        """State the message of that."""
        peak, other, _ = (row.sum for row in self.by_hours)
        if peak.came < FEW:
            return "How peak hours are predicted"
        if peak.is_in_range:
            rest = "as well as the rest" if other.is_in_range else "well, the other hours are not"
            return f"Peak hours are predicted {rest}"
        more = peak.said > peak.came
        return f"At peak hours {'fewer' if more else 'more'} bought than was predicted"


def chances(shop: Shop, now: datetime) -> Chances:
    """Read what was said in the last weeks, and what came of it."""
    since = now.astimezone(shop.zone).date() - timedelta(days=DAYS + 2)
    rows = ChanceDay.objects.for_shop(shop).filter(use_case=SLUG, day__gte=since).order_by("day")
    days = [(day, groups) for day, groups in rows.values_list("day", "groups") if groups]
    cells = tuple(Cell(*cell) for _, groups in days for cell in groups)
    return Chances(cells, days[0][0] if days else None, days[-1][0] if days else None)


def part_of(key: str, name: str, cells: Iterable[Cell]) -> Part:
    """Put the cells of one part into about equally large groups."""
    mine = [cell for cell in cells if cell.part == key]
    groups = [each for each in in_groups(mine) if each]
    names = [str(place) for place in range(1, len(groups) + 1)]
    if len(names) > 1:
        names[0], names[-1] = f"{names[0]} least likely", f"{names[-1]} most likely"
    return Part(key, name, total(mine), [Group(*each) for each in zip(names, map(total, groups), strict=True)])


def in_groups(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Cut units, the least likely first, where each eighth ends; units of like chances stay together."""
    groups: list[list[Cell]] = [[] for _ in range(GROUPS)]
    bins = {cell.bin: 0 for cell in sorted(cells, key=lambda cell: cell.bin)}
    for cell in cells:
        bins[cell.bin] += cell.units
    units, before, place = sum(bins.values()), 0, {}
    for bin, held in bins.items():
        place[bin] = min(GROUPS - 1, int(GROUPS * (before + held / 2) / units))
        before += held
    for cell in cells:
        groups[place[cell.bin]].append(cell)
    return groups


def total(cells: Iterable[Cell]) -> Sum:
    """Add units up."""
    each = list(cells)
    return Sum(sum(cell.units for cell in each), sum(cell.said for cell in each), sum(cell.came for cell in each))


def badge(found: Sum) -> Badge:
    """Say in a word whether what was said may be true."""
    if found.came < FEW:
        return Badge("Too few to tell")
    if found.is_in_range:
        return Badge("In range", "success")
    return Badge("Too high" if found.said > found.came else "Too low", "warning")
