"""Figures and shares as the page writes them; what is not known is a dash or a gap."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.queries.monitoring.rows import Figure
from dashboard.queries.monitoring.verdicts import Share
from pipelines import words


def values(rows: Sequence[Figure | None]) -> list[float | None]:
    """Give what is known."""
    return [None if row is None else row.value for row in rows]


def said(rows: Sequence[Figure | None]) -> list[str]:
    """Give the verdict of each moment."""
    return ["" if row is None else row.verdict for row in rows]


def percent(value: float | None) -> float | None:
    return None if value is None else 100 * value


def ms(value: float | None) -> str:
    """Write a time within which answers come: what a page reads by itself takes none, and is there within the first.

    >>> ms(38.2), ms(0.0), ms(None)
    ('38 ms', '1 ms', '—')
    """
    return words.UNKNOWN if value is None else f"{words.number(max(value, 1.0))} ms"


def share_with_range(share: Share) -> str:
    """Write a share and where it lies 19 of 20 times; a dash where nobody was counted."""
    if share.range is None:
        return words.UNKNOWN
    return f"{words.percent(share.value)} ({spanned(share)})"


def spanned(share: Share) -> str:
    """Say where a share lies 19 of 20 times."""
    low, high = share.range or (0.0, 1.0)
    return f"{small(low)} to {small(high)}"


def small(share: float) -> str:
    """Write a share of which even little matters."""
    return f"under 0.1{words.NBSP}%" if 0 < share < 0.0005 else words.percent(share)
