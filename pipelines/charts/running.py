"""The replayed past: what a version would have saved, added up week by week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pipelines import words
from pipelines.charts.figure import BLUE, PALE, Figure, Row, plotly, plotly_band, plotly_line
from pipelines.charts.svg import Canvas, Scale, area_path, line_path, number


@dataclass(frozen=True)
class ReplayWeek:
    """What was saved in a week and since the first, with the range of the latter once it is known; minor units."""

    first_day: date
    saved: int
    running: int
    interval: tuple[int, int] | None = None


def running_difference(
    weeks: Sequence[ReplayWeek], *, title: str, description: str, names: tuple[str, str], currency: str, id: str = "run"
) -> Figure:
    """Draw how much less (below zero) or more the first of two cost than the second, added up week by week."""
    ends = [-value for week in weeks for value in (week.running, *(week.interval or ()))]
    scale = Scale.over(min([*ends, 0]), max([*ends, 0]), top=10, bottom=172, lines=5)
    canvas = Canvas(196, f"Running difference in cost, {names[0]} against {names[1]}, {len(weeks)} weeks", id)
    canvas.grid(scale, [words.axis_money(value, currency, signed=True) for value in scale.lines])
    xs = [place / len(weeks) for place in range(len(weeks) + 1)]
    known = [(xs[place + 1], week.interval) for place, week in enumerate(weeks) if week.interval]
    if len(known) > 1:
        upper = [(x, scale.y(-interval[0])) for x, interval in known if interval]
        lower = [(x, scale.y(-interval[1])) for x, interval in known if interval]
        canvas.path("fan2", area_path(upper, lower))
    ys = [scale.y(0), *(scale.y(-week.running) for week in weeks)]
    canvas.path("new", line_path(zip(xs, ys, strict=True)))
    canvas.path("dot", f"M1000 {number(ys[-1])}h.01", stroke=BLUE)
    _running_words(canvas, scale, weeks, names[0], currency, ys[-3:])
    return Figure(
        id=id,
        title=title,
        subtitle="Running difference in cost, week by week. Pale: range, 19 of 20 times, from the eighth week on.",
        svg=canvas.svg(),
        description=description,
        table_head=("Week", "Difference", "Difference so far", "Range"),
        table_rows=tuple(_running_row(week, weeks[-1].first_day, currency) for week in weeks),
        plotly=_running_plotly(weeks, currency),
        gutter=canvas.gutter(),
    )


def _running_words(
    canvas: Canvas, scale: Scale, weeks: Sequence[ReplayWeek], name: str, currency: str, end: Sequence[float]
) -> None:
    said = words.less(weeks[-1].running, currency)
    y = min(end) - 10 if min(end) > scale.top + 22 else max(end) + 26  # off the line, which it is as wide as weeks of
    canvas.text(1, y, said, css="on new", anchor="end", dx=-12)
    zero = scale.y(0)
    subject = name[:1].upper() + name[1:]
    if zero - scale.top > 24:
        canvas.text(0.0143, (zero + scale.top) / 2 + 4, f"{subject} costs more", anchor="start")
    if scale.bottom - zero > 24:
        canvas.text(0.0143, scale.bottom - 12, f"{subject} costs less", anchor="start")
    every = -(-len(weeks) // 6)
    for place in range(0, len(weeks), every):
        day = words.short_day(weeks[place].first_day, weeks[-1].first_day)
        canvas.text((place + 0.5) / len(weeks), 191, day, css="opt" if place // every % 2 else "")


def _running_row(week: ReplayWeek, today: date, currency: str) -> Row:
    span = words.day_range(week.first_day, week.first_day + timedelta(days=6), today)
    interval = words.less_range(*week.interval, currency) if week.interval else words.UNKNOWN
    return (span, words.less(week.saved, currency), words.less(week.running, currency), interval)


def _running_plotly(weeks: Sequence[ReplayWeek], currency: str) -> dict[str, Any]:
    def major(minor: float) -> float:
        return float(-words.to_major(round(minor), currency))

    days = [(week.first_day + timedelta(days=6)).isoformat() for week in weeks]
    low = [major(week.interval[1]) if week.interval else None for week in weeks]
    high = [major(week.interval[0]) if week.interval else None for week in weeks]
    line = plotly_line("Difference so far", days, [major(week.running) for week in weeks], BLUE)
    return plotly(
        [*plotly_band("Range", days, low, high, PALE), line],
        y_title="Difference in cost",
        prefix=words.symbol(currency),
    )
