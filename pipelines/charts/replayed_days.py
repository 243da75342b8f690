"""The days that were replayed in the test store: by how many units each of two versions was off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.charts.figure import BLUE, INK, Figure, plotly, plotly_line
from pipelines.charts.svg import Canvas, Scale, line_path

TICKS = 7


@dataclass(frozen=True)
class ReplayedDay:
    """One day, counted back from the day of the test, and the units that each version was off."""

    day: int
    new: float
    old: float


def replayed_days(
    days: Sequence[ReplayedDay], *, title: str, names: tuple[str, str], said: str, id: str = "replay"
) -> Figure:
    """Draw the errors of the newer version over those of what runs now, day by day; `said` is what they are of."""
    scale = Scale.over(0, max(max(day.new, day.old) for day in days), top=18, bottom=160, lines=4, whole=True)
    canvas = Canvas(196, f"Units off each day, {names[0]} beside {names[1]}, {len(days)} days", id)
    canvas.grid(scale, [f"{value:,.0f}" for value in scale.lines])
    xs = [(place + 0.5) / len(days) for place in range(len(days))]
    canvas.path("now", line_path((x, scale.y(day.old)) for x, day in zip(xs, days, strict=True)))
    canvas.path("new", line_path((x, scale.y(day.new)) for x, day in zip(xs, days, strict=True)))
    label_ends(canvas, scale, days, names)
    every = -(-len(days) // TICKS)
    for place in range(len(days) - 1, -1, -every):
        css = "opt" if (len(days) - 1 - place) // every % 2 else ""
        canvas.text(xs[place], 191, when(days[place].day), css=css)
    return Figure(
        id=id,
        title=title,
        subtitle=f"{said} Blue: the newer version.",
        svg=canvas.svg(),
        description=" ".join(f"{when(d.day)}: {d.new:,.0f} and {d.old:,.0f} units off." for d in days),
        table_head=("Day", f"{names[0]}, units off", f"{names[1]}, units off"),
        table_rows=tuple((when(day.day), f"{day.new:,.0f}", f"{day.old:,.0f}") for day in days),
        plotly=plotly(
            [
                plotly_line(names[1], [day.day for day in days], [day.old for day in days], INK),
                plotly_line(names[0], [day.day for day in days], [day.new for day in days], BLUE),
            ],
            y_title="Units off",
        ),
        gutter=canvas.gutter(),
    )


def label_ends(canvas: Canvas, scale: Scale, days: Sequence[ReplayedDay], names: tuple[str, str]) -> None:
    """Name both lines at their end, the higher one above it and the lower one below, clear of both."""
    last = days[-1]
    ends = [scale.y(value) for day in days[-2:] for value in (day.new, day.old)]
    above, below = min(ends) - 8, max(ends) + 16
    canvas.text(1, above if last.new >= last.old else below, names[0], css="on new", anchor="end")
    canvas.text(1, below if last.new >= last.old else above, names[1], css="on", anchor="end")


def when(day: int) -> str:
    """Say which day is meant.

    >>> when(-1), when(-14)
    ('Yesterday', '14 days ago')
    """
    return "Yesterday" if day == -1 else f"{-day} days ago"
