"""Whether the evidence that merchants are asked to trust keeps its promises: simulated rates beside what was promised.

A subject is a module here with `rows(quick) -> list[Row]`, told one after the other; the suite runs the same functions
on less. The short form of all subjects takes less than ten minutes of one core.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One simulated rate beside its promise; `holds` is None where it is only told, or could not be measured."""

    subject: str
    case: str
    measured: float | None
    promise: str
    holds: bool | None


def at_most(subject: str, case: str, measured: float, limit: float) -> Row:
    """Return a row of a rate that may not be above its limit."""
    return Row(subject, case, measured, f"<= {limit:g}", measured <= limit)


def at_least(subject: str, case: str, measured: float, limit: float) -> Row:
    """Return a row of a rate that may not be below its limit."""
    return Row(subject, case, measured, f">= {limit:g}", measured >= limit)


def told(subject: str, case: str, measured: float) -> Row:
    """Return a row of a rate that is printed and not promised."""
    return Row(subject, case, measured, "told, not promised", None)
