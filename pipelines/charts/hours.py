"""Counts hour by hour, such as deliveries from Shopify."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines import words
from pipelines.charts.figure import Figure, plotly, runs
from pipelines.charts.svg import Canvas, Scale


@dataclass(frozen=True)
class Hour:
    """What arrived in one hour."""

    name: str
    count: int
    failed: int = 0
    is_peak: bool = False


def hour_bars(
    hours: Sequence[Hour], *, title: str, description: str, what: str = "Deliveries", id: str = "hours"
) -> Figure:
    """Draw counts per hour as bars; peak hours shaded, a triangle where something failed."""
    scale = Scale.over(0, max([hour.count for hour in hours] + [1]), top=12, bottom=110, lines=3, whole=True)
    canvas = Canvas(132, f"{what} per hour, last {len(hours)} hours", id)
    for start, stop in runs([hour.is_peak for hour in hours]):
        canvas.band(start / len(hours), stop / len(hours), scale)
    canvas.grid(scale, [words.number(value) for value in scale.lines])
    for place, hour in enumerate(hours):
        canvas.bar((place + 0.12) / len(hours), 0.76 / len(hours), scale, hour.count)
        if hour.failed:
            canvas.triangle((place + 0.5) / len(hours), max(scale.y(hour.count) - 9, 8))
        if place % 3 == 2 and place < len(hours) - 2:
            canvas.text(place / len(hours), 127, hour.name, css="opt" if place % 6 == 2 else "")
    canvas.text(1, 127, "now", anchor="end")
    return Figure(
        id=id,
        title=title,
        subtitle=f"{what} per hour. Grey: peak hours. Triangles: failed.",
        svg=canvas.svg(),
        description=description,
        table_head=("Hour", what, "Failed"),
        table_rows=tuple((hour.name, words.number(hour.count), words.number(hour.failed)) for hour in hours),
        plotly=plotly(
            [{"type": "bar", "name": what, "x": [hour.name for hour in hours], "y": [hour.count for hour in hours]}],
            y_title=f"{what} per hour",
        ),
        gutter=canvas.gutter(),
    )
