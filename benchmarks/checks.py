"""What a benchmark has measured: a figure, its reference and its target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

Say = Callable[[str], None]


@dataclass(frozen=True)
class Check:
    """One measured figure, its reference from the same run, and the target (None: reported only)."""

    name: str
    value: float | None
    unit: str
    reference: float | None = None
    ratio: float | None = None
    target: str = ""
    ok: bool = True

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def at_least(name: str, value: float, unit: str, limit: float, reference: float | None = None) -> Check:
    """Return a check of `value >= limit`; with a reference, of `value / reference >= limit`."""
    ratio = value / reference if reference else None
    measured = value if ratio is None else ratio
    return Check(name, value, unit, reference, ratio, f">= {limit:g}", measured >= limit)


def at_most(name: str, value: float, unit: str, limit: float, reference: float | None = None) -> Check:
    """Return a check of `value <= limit`; with a reference, of `value / reference <= limit`."""
    ratio = value / reference if reference else None
    measured = value if ratio is None else ratio
    return Check(name, value, unit, reference, ratio, f"<= {limit:g}", measured <= limit)


def within(name: str, value: float, unit: str, low: float, high: float) -> Check:
    """Return a check of `low <= value <= high`."""
    return Check(name, value, unit, target=f"{low:g} to {high:g}", ok=low <= value <= high)
