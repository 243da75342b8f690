"""What a month's days saved against the simple rule, added up day by day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import accumulate

from pipelines import words
from pipelines.charts.figure import INK, Figure, plotly, plotly_line
from pipelines.charts.svg import Canvas, Scale, line_path

TICKS = 5
LABEL_DAYS = 6  # under the words at the end of the line


def saved_days(days: Sequence[tuple[date, int]], apart: frozenset[date], *, currency: str, title: str) -> Figure:
    """Draw the running sum in minor units; days of freezes and events are shaded, and add nothing to it."""
    sums = list(accumulate(0 if day in apart else minor for day, minor in days))
    cost = [-each for each in sums]
    scale = Scale.over(min([0, *cost]), max([0, *cost]), top=18, bottom=172, lines=4)
    total = words.less(sums[-1], currency)
    canvas = Canvas(196, f"Running cost of errors against the simple rule, {len(days)} days", "saved")
    canvas.grid(scale, [words.axis_money(value, currency, signed=True) for value in scale.lines])
    width = 1 / len(days)
    for place, (day, _) in enumerate(days):
        if day in apart:
            canvas.band(place * width, (place + 1) * width, scale)
    xs = [(place + 0.5) * width for place in range(len(days))]
    canvas.path("now", line_path((x, scale.y(value)) for x, value in zip(xs, cost, strict=True)))
    canvas.text(1, max(12.0, min(map(scale.y, cost[-LABEL_DAYS:])) - 8), total, css="on", anchor="end")
    every = -(-len(days) // TICKS)
    today = days[-1][0]
    for place in range(0, len(days), every):
        canvas.text(xs[place], 191, words.short_day(days[place][0], today), css="opt" if place // every % 2 else "")
    rows = tuple(
        (words.short_day(day, today), words.less(minor, currency), words.less(running, currency))
        for (day, minor), running in zip(days, sums, strict=True)
    )
    return Figure(
        id="saved",
        title=title,
        subtitle="Running cost of errors against the simple rule’s; below zero is less. Shaded days are left out.",
        svg=canvas.svg(),
        description=f"By {words.short_day(today, today)} errors had cost {total} than the simple rule’s.",
        table_head=("Day", "That day", "Until then"),
        table_rows=rows,
        plotly=plotly([plotly_line("Running", [day.isoformat() for day, _ in days], cost, INK)], y_title=currency),
        gutter=canvas.gutter(),
    )
