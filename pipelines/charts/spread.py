"""Two distributions beside each other: how the rows of a feature are usually spread, and how in one window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pipelines import words
from pipelines.charts.figure import BLUE, GREY, Figure, plotly
from pipelines.charts.svg import Canvas, Scale

MOST_BINS = 12
OTHERS, MISSING = "others", "missing"


@dataclass(frozen=True)
class Bin:
    """One bin with the shares of rows in it."""

    name: str
    usual: float
    now: float


def bins_of(stored: Mapping[str, Sequence[Any]]) -> list[Bin]:
    """Read what was stored of a window as shares; bins that are empty on both sides are left out.

    >>> bins_of({"names": ["red"], "usual": [3, 1, 0], "now": [1, 1, 0]})
    [Bin(name='red', usual=0.75, now=0.5), Bin(name='others', usual=0.25, now=0.5)]
    """
    names = names_of(stored)
    usual, now = stored["usual"], stored["now"]
    m, n = sum(usual) or 1, sum(now) or 1
    found = [Bin(name, old / m, new / n) for name, old, new in zip(names, usual, now, strict=True) if old or new]
    return together(found) if "names" in stored else found


def names_of(stored: Mapping[str, Sequence[Any]]) -> list[str]:
    """Name the bins: between two edges, or by their category."""
    if "names" in stored:
        return [*map(str, stored["names"]), OTHERS, MISSING]
    edges = [plain(edge) for edge in stored["edges"]]
    if not edges:
        return ["any value", MISSING]
    between = [f"{low} to {high}" for low, high in pairwise(edges)]
    return [f"up to {edges[0]}", *between, f"over {edges[-1]}", MISSING]


def plain(edge: float) -> str:
    """Write an edge without more digits than it takes.

    >>> plain(2.5), plain(1200.0), plain(-0.125)
    ('2.5', '1,200', '−0.125')
    """
    digits = next(digits for digits in (0, 1, 2, 3) if digits == 3 or round(edge, digits) == edge)
    return words.number(edge, digits)


def together(found: list[Bin]) -> list[Bin]:
    """Keep the most frequent categories, the rest as one."""
    kept = sorted(found, key=lambda each: (each.name in (OTHERS, MISSING), -max(each.usual, each.now)))
    named = [each for each in kept if each.name not in (OTHERS, MISSING)]
    if len(kept) <= MOST_BINS:
        return kept
    rest = [each for each in (*named[MOST_BINS - 2 :], *kept) if each not in named[: MOST_BINS - 2]]
    missing = [each for each in rest if each.name == MISSING]
    others = {each.name: each for each in rest if each.name != MISSING}.values()
    one = Bin(OTHERS, sum(each.usual for each in others), sum(each.now for each in others))
    return [*named[: MOST_BINS - 2], one, *missing[:1]]


def two_spreads(bins: Sequence[Bin], *, title: str, subtitle: str, description: str, id: str = "spread") -> Figure:
    """Draw both shares of each bin: grey what is usual, blue what was there in this window."""
    top = max([*(each.usual for each in bins), *(each.now for each in bins), 0.01])
    scale = Scale.over(0, 100 * top, top=12, bottom=164, lines=4)
    canvas = Canvas(208, title, id)
    canvas.grid(scale, [f"{words.number(value)}{words.NBSP}%" for value in scale.lines])
    room = 1 / max(1, len(bins))
    for place, each in enumerate(bins):
        canvas.bar((place + 0.14) * room, 0.34 * room, scale, 100 * each.usual)
        canvas.bar((place + 0.52) * room, 0.34 * room, scale, 100 * each.now, "bar newer")
        css = "opt" if len(bins) > 4 and place % 3 else ""
        level = 203 if len(bins) > 6 and place % 2 else 184
        canvas.text((place + 0.5) * room, level, short(each.name), css=css)
    return Figure(
        id=id,
        title=title,
        subtitle=subtitle,
        svg=canvas.svg(),
        description=description,
        table_head=("Value", "Usually", "In this window"),
        table_rows=tuple((each.name, words.exact_percent(each.usual), words.exact_percent(each.now)) for each in bins),
        plotly=on_demand(bins),
        gutter=canvas.gutter(),
        key=(("i-ok", "usually"), ("i-newer", "in this window")),
    )


def short(name: str) -> str:
    """Cut a name to what fits below its bars."""
    return name if len(name) <= 14 else f"{name[:13]}…"


def on_demand(bins: Sequence[Bin]) -> dict[str, Any]:
    """Give what plotly draws."""
    x = [each.name for each in bins]
    usual = {"type": "bar", "name": "Usually", "x": x, "y": [100 * each.usual for each in bins]}
    now = {"type": "bar", "name": "In this window", "x": x, "y": [100 * each.now for each in bins]}
    drawn = [usual | {"marker": {"color": GREY}}, now | {"marker": {"color": BLUE}}]
    return plotly(drawn, y_title="Share of rows", suffix=" %")
