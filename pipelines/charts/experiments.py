"""How a comparison of two versions goes: the range over time, evidence by group, windows in a row, weeks in money.

Differences are relative, new minus old: 0.05 is 5 % better and stands to the right, or above.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from pipelines import words
from pipelines.charts.figure import BLUE, INK, Figure, plotly, plotly_band, plotly_line
from pipelines.charts.svg import Canvas, Scale, area_path, line_path, number, share

HEALTH = {
    "ok": "Within every limit",
    "breach": "Over a limit",
    "no_data": "Nothing heard of this version",
    "quiet": "Too few to judge",
    "down": "Neither version heard of",
}
CELL_TOP, CELL_BOTTOM = 12, 40
WIDEST = 0.02  # of the width, one window: a few windows do not fill the row


@dataclass(frozen=True)
class Day:
    """How two versions stood at the end of one day; nothing is said while there are too few orders."""

    day: date
    value: float | None
    low: float | None
    high: float | None
    canary: int = 0
    control: int = 0


@dataclass(frozen=True)
class Week:
    """What the errors of both versions cost in one week, in minor units."""

    first_day: date
    new: int
    old: int


def change(value: float | None) -> str:
    r"""Write a relative difference.

    >>> change(0.05), change(-0.123), change(0), change(None)
    ('5\xa0% more', '12\xa0% less', 'no difference', '—')
    """
    if value is None:
        return words.UNKNOWN
    return f"{words.percent(abs(value))} {'more' if value > 0 else 'less'}" if value else "no difference"


def change_range(low: float | None, high: float | None) -> str:
    r"""Write the range of a relative difference.

    >>> change_range(-0.05, 0.02), change_range(0.01, 0.04)
    ('5\xa0% less to 2\xa0% more', '1\xa0% more to 4\xa0% more')
    """
    return "" if low is None or high is None else f"{change(low)} to {change(high)}"


# The range over time


def interval_over_time(
    days: Sequence[Day], *, title: str, subtitle: str, description: str, what: str, id: str
) -> Figure:
    """Draw the difference day by day with its range, on days on which it was known."""
    known = [(place, day) for place, day in enumerate(days) if day.value is not None]
    ends = [end for _, day in known for end in (day.low, day.high, day.value) if end is not None]
    scale = Scale.over(100 * min([*ends, 0.0]), 100 * max([*ends, 0.0]), top=10, bottom=172, lines=5)
    canvas = Canvas(196, f"Difference in {what} over {len(days)} days", id)
    canvas.grid(scale, [axis_percent(value) for value in scale.lines])
    xs = [(place + 0.5) / len(days) for place in range(len(days))]
    upper = [(xs[place], scale.y(100 * day.high)) for place, day in known if day.high is not None]
    lower = [(xs[place], scale.y(100 * day.low)) for place, day in known if day.low is not None]
    line = [(xs[place], scale.y(100 * (day.value or 0))) for place, day in known]
    if len(upper) > 1:
        canvas.path("fan2", area_path(upper, lower))
    canvas.path("new", line_path(line))
    canvas.path("dot", f"M{number(1000 * line[-1][0])} {number(line[-1][1])}h.01", stroke=BLUE)
    sides(canvas, scale, what)
    ticks(canvas, [day.day for day in days])
    return Figure(
        id=id,
        title=title,
        subtitle=subtitle,
        svg=canvas.svg(),
        description=description,
        table_head=("Day", "Difference", "Lowest", "Highest", "New version, units", "Old version, units"),
        table_rows=tuple(day_row(day, days[-1].day) for day in days),
        plotly=over_time_plotly([day for _, day in known], what),
        gutter=canvas.gutter(),
    )


def axis_percent(value: float) -> str:
    """Write a difference at an axis."""
    digits = 0 if value == round(value) else 1
    return f"{'+' if value > 0 else ''}{words.number(value, digits)}{words.NBSP}%"


def sides(canvas: Canvas, scale: Scale, what: str) -> None:
    """Say on which side of zero the new version does better."""
    zero = scale.y(0)
    if zero - scale.top > 24:
        canvas.text(0.0143, scale.top + 14, f"More {what}", css="on", anchor="start")
    if scale.bottom - zero > 24:
        canvas.text(0.0143, scale.bottom - 8, f"Fewer {what}", css="on", anchor="start")


def ticks(canvas: Canvas, days: Sequence[date]) -> None:
    """Write some of the days below a chart."""
    every = -(-len(days) // 6)
    for place in range(0, len(days), every):
        css = "opt" if place // every % 2 else ""
        anchor = "end" if place == len(days) - 1 > 0 else "middle"
        canvas.text((place + 0.5) / len(days), 191, words.short_day(days[place], days[-1]), css=css, anchor=anchor)


def day_row(day: Day, today: date) -> tuple[str, ...]:
    """Write one day of the table."""
    told = (change(day.value), change(day.low), change(day.high))
    return (words.day(day.day, today), *told, words.number(day.canary), words.number(day.control))


def over_time_plotly(days: Sequence[Day], what: str) -> dict[str, object]:
    """Give what plotly draws of it."""
    x = [day.day.isoformat() for day in days]
    data = plotly_band("Range", x, [day.low for day in days], [day.high for day in days], "#dcebfc")
    return plotly([*data, plotly_line("Difference", x, [day.value for day in days], BLUE)], y_title=what)


# Evidence by group

Bounds = tuple[float | None, float | None, float | None]  # value, low, high


def change_intervals(groups: Sequence[Bounds]) -> tuple[str, tuple[str, ...]]:
    """Draw the groups on one scale: the head of the column, and one drawing each; right of the line is better."""
    ends = [end for group in groups for end in group if end is not None]
    low, high = min([*ends, 0.0]), max([*ends, 0.0])
    room = (high - low) or 1.0

    def place(value: float) -> float:
        return 0.07 + 0.86 * (value - low) / room

    zero = place(0)
    head = (
        f'<svg class="interval head" aria-hidden="true"><text x="{share(zero)}" dx="-8" y="12" text-anchor="end">'
        f'{"less" if zero > 0.2 else ""}</text><text x="{share(zero)}" dx="8" y="12">'
        f"{'more' if zero < 0.8 else ''}</text></svg>"
    )
    return head, tuple(change_interval(place, group) for group in groups)


def change_interval(place: Callable[[float], float], group: Bounds) -> str:
    """Draw one group; one of which nothing can be said shows the zero line alone."""
    value, low, high = group
    zero = share(place(0))
    marks = [stroke(zero, zero, -9, 50, "#b5b5b5", 1)]
    said = change(value) if value is not None else "Too few orders to say"
    if low is not None and high is not None:
        left, right = share(place(low)), share(place(high))
        said += f", range {change_range(low, high)}"
        marks += [stroke(left, right, 10, 10, INK, 2), stroke(left, left, 6, 14, INK, 2)]
        marks += [stroke(right, right, 6, 14, INK, 2)]
    if value is not None:
        marks.append(f'<circle cx="{share(place(value))}" cy="10" r="4.5" fill="{INK}"/>')
    return f'<svg class="interval" role="img" aria-label="{escape(said)}">{"".join(marks)}</svg>'


def stroke(x1: str, x2: str, y1: int, y2: int, color: str, width: int) -> str:
    """Draw a straight line."""
    return f'<line x1="{x1}" x2="{x2}" y1="{y1}" y2="{y2}" stroke="{color}" stroke-width="{width}"/>'


# Windows in a row


def window_row(windows: Sequence[tuple[str, str]], *, title: str, subtitle: str, description: str, id: str) -> Figure:
    """Draw one mark per window, oldest first: (when, health). What is wrong differs in shape, not in colour alone."""
    canvas = Canvas(64, f"How {len(windows)} measurements went", id)
    scale = Scale.over(0, 1, top=CELL_TOP, bottom=CELL_BOTTOM, lines=1)
    wide = min(WIDEST, 1 / len(windows))
    for place, (_, health) in enumerate(windows):
        window_mark(canvas, scale, place * wide, wide, health)
    canvas.text(0, 58, windows[0][0], anchor="start")
    if len(windows) * wide > 0.3:
        canvas.text(len(windows) * wide, 58, windows[-1][0], anchor="end")
    seen = [health for health in HEALTH if any(health == one for _, one in windows)]
    return Figure(
        id=id,
        title=title,
        subtitle=subtitle,
        svg=canvas.svg(),
        description=description,
        table_head=("Window", "State"),
        table_rows=tuple((at, HEALTH.get(health, health)) for at, health in reversed(windows)),
        plotly={},
        gutter="none",
        key=tuple((f"i-{health}", HEALTH[health]) for health in seen),
    )


def window_mark(canvas: Canvas, scale: Scale, x: float, wide: float, health: str) -> None:
    """Draw one window: a bar, a low bar where there was little, a hatch where there was nothing."""
    left, width = x + 0.1 * wide, 0.8 * wide
    if health in ("no_data", "down"):
        canvas.hatch(left, left + width, scale)
    else:
        tall = 0.25 if health == "quiet" else 1.0
        canvas.bar(left, width, scale, tall, "bar bad" if health == "breach" else "bar")
    if health in ("breach", "down"):
        canvas.triangle(x + wide / 2, 6)


# Weeks compared in money


def weeks_compared(
    weeks: Sequence[Week],
    *,
    title: str,
    subtitle: str,
    description: str,
    names: tuple[str, str],
    currency: str,
    id: str,
) -> Figure:
    """Draw what the errors of the new and of the old version cost, week by week."""
    scale = Scale.over(0, max(1, *(max(week.new, week.old) for week in weeks)), top=16, bottom=172, lines=4)
    canvas = Canvas(196, f"Cost of errors week by week, {names[0]} and {names[1]}", id)
    canvas.grid(scale, [words.axis_money(value, currency) for value in scale.lines])
    room = 1 / len(weeks)
    wide = min(0.06, 0.3 * room)
    for place, week in enumerate(weeks):
        middle = (place + 0.5) * room
        canvas.bar(middle - wide * 1.05, wide, scale, week.old, "bar old")
        canvas.bar(middle + wide * 0.05, wide, scale, week.new, "bar newer")
    ticks(canvas, [week.first_day for week in weeks])
    return Figure(
        id=id,
        title=title,
        subtitle=subtitle,
        svg=canvas.svg(),
        description=description,
        table_head=("Week from", names[1], names[0], "Difference"),
        table_rows=tuple(week_row(week, weeks[-1].first_day, currency) for week in weeks),
        plotly={},
        gutter=canvas.gutter(),
        key=(("i-old", names[1]), ("i-newer", names[0])),
    )


def week_row(week: Week, today: date, currency: str) -> tuple[str, ...]:
    """Write one week of the table."""
    amounts = (words.money(week.old, currency), words.money(week.new, currency))
    return (words.day(week.first_day, today), *amounts, words.less(week.old - week.new, currency))
