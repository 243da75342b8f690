"""Whether a feature is still what it was: it varies, it is there, its categories are known (METHODS 4a).

Each breach must also be beyond chance: a flag of one row in a hundred is often constant in a healthy window.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.stats.drift.columns import Figures, Names
from pipelines.stats.drift.findings import Problem
from pipelines.stats.drift.shares import chance_of_more

MOST = 0.2  # share of rows that may be missing or unseen
RISE = 0.05  # above the reference's share, which a breach has at least
CHANCE = 0.001
LEAST_ROWS = 30  # on both sides: a few rows, perhaps of one visitor, break nothing


@dataclass(frozen=True)
class Schema:
    """Hold which shares of a window's rows were of no use, and the problem that this makes, if any."""

    missing: float
    infinite: float
    unseen: float
    problem: Problem | None


def check(reference: Figures | Names, current: Figures | Names) -> Schema:
    """Compare a window's column with the reference's; both have rows."""
    n = len(current.values)
    infinite = current.infinite if isinstance(current, Figures) else 0
    unseen = _unseen(reference, current)
    return Schema(current.missing / n, infinite / n, unseen / n, _problem(reference, current, unseen))


def _problem(reference: Figures | Names, current: Figures | Names, unseen: int) -> Problem | None:
    n, m = len(current.values), len(reference.values)
    if min(n, m) < LEAST_ROWS:
        return None
    if _is_breach(unseen, n, _expected_unseen(reference), m):
        return Problem.UNSEEN
    if _is_breach(_none(current), n, _none(reference), m):
        return Problem.MISSING
    return Problem.CONSTANT if _became_constant(reference, current) else None


def _is_breach(hits: int, n: int, usual: int, m: int) -> bool:
    limit = max(MOST, usual / m + RISE)
    return hits / n > limit and chance_of_more(hits, n, usual, m) <= CHANCE


def _none(column: Figures | Names) -> int:
    """Count the rows without a value; one that is infinite is none."""
    return column.missing + (column.infinite if isinstance(column, Figures) else 0)


def _unseen(reference: Figures | Names, current: Figures | Names) -> int:
    """Count the rows whose category the reference never had, or with a name where figures were."""
    if isinstance(current, Figures):
        return current.unreadable
    known = current.counts.index.isin(reference.counts.index) if isinstance(reference, Names) else False
    return int(current.counts[~known].sum())


def _expected_unseen(reference: Figures | Names) -> int:
    """Count the categories that came once: as often the next row brings one that never came (Good 1953)."""
    return int((reference.counts == 1).sum()) if isinstance(reference, Names) else reference.unreadable


def _became_constant(reference: Figures | Names, current: Figures | Names) -> bool:
    """Tell whether all rows hold one value beyond chance; the row that names the value is not counted."""
    value = current.constant
    usable = len(current.values) - _none(current)
    if value is None or reference.constant is not None or usable < LEAST_ROWS:
        return False
    usual = reference.count_of(value)  # type: ignore[arg-type]
    return chance_of_more(usable - 1, usable - 1, usual, len(reference.values) - _none(reference)) <= CHANCE
