"""Evidence by group: one line per group, whisker, dot, and a zero line through all rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from pipelines import words
from pipelines.charts.figure import INK
from pipelines.charts.svg import share


def group_intervals(groups: Sequence[tuple[int, tuple[int, int] | None]], currency: str) -> tuple[str, tuple[str, ...]]:
    """Draw (saved, interval) of each group on one scale: the head of the column, and one drawing per group.

    Savings point to the left, as less cost does. A group without an interval shows its value alone.
    """
    ends = [-end for saved, interval in groups for end in (interval or (saved, saved))]
    low, high = min([*ends, 0]), max([*ends, 0])
    room = (high - low) or 1

    def place(saved: float) -> float:
        return 0.07 + 0.86 * (-saved - low) / room

    zero = place(0)
    head = (
        f'<svg class="interval head" aria-hidden="true"><text x="{share(zero)}" dx="-8" y="12" text-anchor="end">costs '
        f'less</text><text x="{share(zero)}" dx="8" y="12">more</text></svg>'
    )
    return head, tuple(_interval(place, saved, interval, currency) for saved, interval in groups)


def _interval(place: Callable[[float], float], saved: int, interval: tuple[int, int] | None, currency: str) -> str:
    at = share(place(saved))
    said = words.less(saved, currency)
    marks = [_stroke(share(place(0)), share(place(0)), -9, 50, "#b5b5b5", 1)]
    if interval:
        said += f", range {words.less_range(*interval, currency)}"
        left, right = share(place(interval[1])), share(place(interval[0]))
        marks += [_stroke(left, right, 10, 10, INK, 2)]
        marks += [_stroke(end, end, 6, 14, INK, 2) for end in (left, right)]
    dot = f'<circle cx="{at}" cy="10" r="4.5" fill="{INK}"/>'
    return f'<svg class="interval" role="img" aria-label="{escape(said)}">{"".join(marks)}{dot}</svg>'


def _stroke(x1: str, x2: str, y1: int, y2: int, color: str, width: int) -> str:
    wide = f' stroke-width="{width}"' if width != 1 else ""
    return f'<line x1="{x1}" x2="{x2}" y1="{y1}" y2="{y2}" stroke="{color}"{wide}/>'
