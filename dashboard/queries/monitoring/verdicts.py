"""What figures mean in a word. Green only where a range rules harm out; what is not known has words of its own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dashboard.queries.monitoring.rows import Figure
from dashboard.queries.words import Badge
from pipelines.lifecycle.evidence.windows import SEVERE

Z = 1.96
OK, BREACH, INSUFFICIENT, QUIET, NO_DATA, UNKNOWN = "ok", "breach", "insufficient", "quiet", "no_data", ""
BADGES = {
    OK: Badge("Within limits", "success"),
    BREACH: Badge("Over a limit", "critical"),
    INSUFFICIENT: Badge("Too few to tell"),
    QUIET: Badge("Quiet"),
    NO_DATA: Badge("No data", "warning"),
    UNKNOWN: Badge("Not measured yet"),
}
WORST_FIRST = (BREACH, NO_DATA, OK, INSUFFICIENT, QUIET, UNKNOWN)


@dataclass(frozen=True)
class Share:
    """A share of units over several windows, with its range (Wilson 1927); nothing where nobody was counted."""

    hits: int
    n: int

    @property
    def value(self) -> float | None:
        return self.hits / self.n if self.n else None

    @property
    def range(self) -> tuple[float, float] | None:
        """Return between which shares it lies 19 of 20 times."""
        if not self.n:
            return None
        share, scale = self.hits / self.n, 1 + Z * Z / self.n
        middle = share + Z * Z / (2 * self.n)
        reach = Z * math.sqrt(share * (1 - share) / self.n + Z * Z / (4 * self.n * self.n))
        return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)

    def verdict(self, allowed: float) -> str:
        """Say whether it is over what is allowed, or surely not much over it."""
        if self.range is None:
            return QUIET
        low, high = self.range
        if low > allowed:
            return BREACH
        return OK if high < SEVERE * allowed else INSUFFICIENT


def pooled(rows: Iterable[Figure | None]) -> Share:
    """Take windows together; those without a figure count for nothing."""
    known = [row for row in rows if row is not None and row.value is not None]
    hits = sum(round(row.n * (row.value or 0.0)) for row in known)
    return Share(hits, sum(row.n for row in known))


def silence(rows: Sequence[Figure | None]) -> str:
    """Say of windows without any figure why there is none: the newest one that was looked at says it."""
    said = [row.verdict for row in rows if row is not None]
    return said[-1] if said else UNKNOWN


def worst(verdicts: Iterable[str]) -> str:
    """Return what somebody should know first; nothing unknown hides what is known to be wrong."""
    found = set(verdicts) or {UNKNOWN}
    return next((each for each in WORST_FIRST if each in found), UNKNOWN)
