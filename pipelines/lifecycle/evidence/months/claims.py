"""A claim of a month: what it is about, its figure with its range, on what it stands, or why nothing was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal

from pipelines.models import Shop
from pipelines.stats.inference import marks
from pipelines.stats.inference.significance import Interval

Unit = Literal["money", "share"]


@dataclass(frozen=True)
class Asked:
    """Which month of which model is asked for."""

    shop: Shop
    use_case: str
    starts_at: datetime
    ends_at: datetime
    apart: frozenset[date]  # days that are no usual ones: freezes, the shop's own events
    live: Mapping[date, int]  # day -> the version that ran when it began; days of the simple rule have none


@dataclass(frozen=True)
class Claim:
    """One claim; above zero is good for the shop, in minor units of money or as a share."""

    key: str
    title: str
    unit: Unit
    how: str  # on what it stands, or why nothing was measured
    value: float | None = None
    low: float | None = None
    high: float | None = None
    is_fair: bool = True  # nothing but what is compared differed
    n: int = 0
    counted: str = ""  # what n counts
    is_counted: bool = False  # as money that came of it: other claims are of the same money, or of none
    details: Mapping[str, Any] | None = None  # for those who build models

    @property
    def mark(self) -> str:
        """Say how sure it is."""
        return marks.mark(self.low, self.high, is_fair=self.is_fair)

    def as_dict(self) -> dict[str, Any]:
        """Give plain JSON."""
        return asdict(self) | {"mark": self.mark, "details": dict(self.details or {})}


def not_measured(key: str, title: str, unit: Unit, why: str, *, n: int = 0, counted: str = "") -> Claim:
    """Claim nothing, and say why: never a zero."""
    return Claim(key, title, unit, why, n=n, counted=counted)


def ranged(interval: Interval) -> dict[str, Any]:
    """Give a value and its range as a claim takes them."""
    return {"value": interval.value, "low": interval.low, "high": interval.high}
