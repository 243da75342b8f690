"""Which share goes on to the next step, by two hours of the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from dashboard.usecases.conversion.queries.hours import Hours, Sums
from dashboard.usecases.conversion.queries.weak import rate
from pipelines import words

WIDE, DAY = 2, 24
FEWEST = 100  # of the step before, for a share
LEVELS = ("lowest", "lower", "higher", "highest")
NAMES = {
    "visits": "Visits",
    "carts": "Carts of visits",
    "checkouts": "Checkouts of carts",
    "orders": "Orders of checkouts",
    "started": "Checkouts",
    "finished": "Orders of checkouts",
}
BEFORE = {"carts": "visits", "checkouts": "carts", "orders": "checkouts", "finished": "checkouts"}


@dataclass(frozen=True)
class Column:
    """Two hours of the day."""

    first: int
    is_peak: bool

    @property
    def short(self) -> str:
        return f"{self.first:02}"

    @property
    def name(self) -> str:
        return f"{self.first:02} to {self.first + WIDE:02}"


@dataclass(frozen=True)
class Cell:
    """What two hours say of one step; nothing where too few came."""

    text: str = ""
    level: int = 0
    few: str = ""

    @property
    def word(self) -> str:
        return LEVELS[self.level]


@dataclass(frozen=True)
class Row:
    """One step."""

    name: str
    cells: list[Cell]


@dataclass(frozen=True)
class Clock:
    """The table."""

    columns: list[Column]
    rows: list[Row]

    @property
    def peaks(self) -> str:
        return " and ".join(column.short for column in self.columns if column.is_peak)

    @property
    def is_known(self) -> bool:
        """Tell whether any share is told."""
        return any(cell.text for row in self.rows[1:] for cell in row.cells)


def by_clock(hours: Hours) -> Clock:
    """Bring every step of every two hours into words."""
    each = [hours.of_clock(first, first + WIDE) for first in range(0, DAY, WIDE)]
    first, steps = hours.steps[0], pairwise(hours.steps)
    counts = [(float(getattr(sums, first)), words.number(getattr(sums, first))) for sums in each]
    rows = [row(NAMES[first], counts), *(shares(before, name, each) for before, name in steps)]
    return Clock(columns(hours), rows)


def columns(hours: Hours) -> list[Column]:
    """Name the columns; one is of peak hours if any of its hours is on any day."""
    peaks = {hour.hour for hour in hours.each if hour.is_peak}
    return [Column(first, not peaks.isdisjoint(range(first, first + WIDE))) for first in range(0, DAY, WIDE)]


def shares(before: str, name: str, each: Sequence[Sums]) -> Row:
    """Write which share goes on, where enough came so far."""
    told = [(rate(sums, before, name), getattr(sums, before)) for sums in each]
    cells = [(share, words.exact_percent(share)) if n >= FEWEST else None for share, n in told]
    return row(NAMES[name], cells, f"fewer than {FEWEST} {BEFORE[name]}")


def row(name: str, told: Sequence[tuple[float, str] | None], few: str = "") -> Row:
    """Colour a row within its own bounds."""
    values = [each[0] for each in told if each]
    least, most = min(values, default=0.0), max(values, default=0.0)
    step = (most - least) / len(LEVELS)
    return Row(name, [cell(each, least, step, few) for each in told])


def cell(told: tuple[float, str] | None, least: float, step: float, few: str) -> Cell:
    """Write one cell."""
    if told is None:
        return Cell(few=few)
    value, text = told
    return Cell(text, min(len(LEVELS) - 1, int((value - least) / step)) if step else 0)
