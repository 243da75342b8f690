"""What was measured hour by hour or day by day: lines with gaps, a verdict below each moment, what happened behind.

A moment without a figure is a gap in the line, and its word stands in the strip below: nothing unknown is a zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines.charts.figure import BLUE, INK, Figure, Row, plotly, plotly_line, runs
from pipelines.charts.svg import Canvas, Scale, line_path, number

HEIGHT, TOP, BOTTOM = 208, 12, 164
NAMES, BAR = 16, 20  # room above the lines: for the names of freezes, for releases and their words
STRIP_TOP, STRIP_BOTTOM, TICKS = 170, 178, 203
COLORS = {"now": INK, "new": BLUE, "rule": "#8a8a8a"}
SAID = {
    "ok": "within the limit",
    "breach": "over the limit",
    "insufficient": "too few to tell",
    "quiet": "quiet: nobody asked",
    "no_data": "no data",
}
LETTERS = 12  # height of a name
WORDS_WIDE = 0.105  # of the width, that "Version 12 live" takes on a wide screen
NARROW = 0.14  # of the width: words of a shorter stretch go where the window is narrow


@dataclass(frozen=True)
class Line:
    """One series: a value for each moment, None where there is none."""

    name: str
    css: str  # now, new or rule
    values: Sequence[float | None]


@dataclass(frozen=True)
class Stretch:
    """A part of the width, from 0 to 1, with its words."""

    start: float
    stop: float
    words: str = ""


@dataclass(frozen=True)
class Behind:
    """What else was going on: peak hours, times in which little is usual, what was live, and alerts."""

    peaks: Sequence[Stretch] = ()
    apart: Sequence[Stretch] = ()  # freezes, and days of the store's own
    releases: Sequence[Stretch] = ()
    alerts: Sequence[tuple[float, str]] = ()


@dataclass(frozen=True)
class Timeline:
    """Everything that is drawn; moments are stretches of the width, each with the time that a chart on demand shows."""

    id: str
    title: str
    subtitle: str
    what: str
    description: str
    moments: Sequence[Stretch]
    lines: Sequence[Line]
    write: Callable[[float], str]
    ticks: Sequence[tuple[float, str]]
    verdicts: Sequence[str] = ()
    limit: float | None = None
    behind: Behind = field(default_factory=Behind)
    table_head: Row = ()
    table_rows: tuple[Row, ...] = ()
    gutter: str = "wide"


def draw(timeline: Timeline) -> Figure:
    """Draw what was measured."""
    known = [value for line in timeline.lines for value in line.values if value is not None]
    ends = [*known, *([timeline.limit] if timeline.limit is not None and known else [])]
    top = TOP + NAMES * bool(timeline.behind.apart) + BAR * bool(timeline.behind.releases)
    scale = Scale.over(min([0.0, *ends]), max([0.0, *ends]) or 1.0, top=top, bottom=BOTTOM, lines=4)
    canvas = Canvas(HEIGHT, timeline.what, timeline.id)
    shade(canvas, scale, timeline.behind)
    canvas.grid(scale, [timeline.write(value) for value in scale.lines])
    for line in timeline.lines:
        trace(canvas, scale, line, timeline.moments)
    if timeline.limit is not None:
        y = number(scale.y(timeline.limit))
        canvas.behind.append(f'<line class="limit" x1="0" x2="100%" y1="{y}" y2="{y}"/>')
        canvas.text(0, scale.y(timeline.limit) - 5, "Limit", css="on", anchor="start", dx=4)
    strip(canvas, timeline)
    name(canvas, scale, timeline)
    for x, words in timeline.ticks:
        canvas.text(x, TICKS, words, css="opt" if timeline.ticks.index((x, words)) % 2 else "")
    return Figure(
        id=timeline.id,
        title=timeline.title,
        subtitle=timeline.subtitle,
        svg=canvas.svg(),
        description=timeline.description,
        table_head=timeline.table_head,
        table_rows=timeline.table_rows,
        plotly=on_demand(timeline),
        gutter=timeline.gutter,
        key=key(timeline),
    )


def shade(canvas: Canvas, scale: Scale, behind: Behind) -> None:
    """Draw what else was going on behind the lines."""
    for stretch in behind.peaks:
        canvas.band(stretch.start, stretch.stop, scale)
    for stretch in behind.apart:
        canvas.band(stretch.start, stretch.stop, scale, "band apart")
        css = "on opt" if stretch.stop - stretch.start < NARROW else "on"
        ends = stretch.start > 1 - WORDS_WIDE - NARROW  # its words are as long as the merchant made them
        edge = min(1.0, stretch.stop) if ends else max(0.0, stretch.start)
        canvas.text(edge, scale.top - 5, stretch.words, css=css, anchor="end" if ends else "start")
    for stretch in behind.releases:
        at = f'x="{100 * stretch.start:.2f}%" width="{100 * (stretch.stop - stretch.start):.2f}%"'
        canvas.behind.append(f'<rect class="rel" {at} y="18" height="5"/>')
    name_releases(canvas, behind.releases)
    for x, _ in behind.alerts:
        canvas.triangle(x, scale.top + 8)


def name_releases(canvas: Canvas, releases: Sequence[Stretch]) -> None:
    """Write the words of releases, the newest first: one that has no room before the next goes without."""
    following = 1 + WORDS_WIDE
    for stretch in sorted(releases, key=lambda each: each.start, reverse=True):
        ends = stretch.start > 1 - NARROW
        left = 1 - WORDS_WIDE if ends else stretch.start
        if left + WORDS_WIDE > following:
            continue
        following = left
        css = "on opt" if stretch.stop - stretch.start < NARROW else "on"
        canvas.text(1 if ends else stretch.start, 12, stretch.words, css=css, anchor="end" if ends else "start")


def trace(canvas: Canvas, scale: Scale, line: Line, moments: Sequence[Stretch]) -> None:
    """Draw one line, broken wherever nothing is known; a moment between two gaps is a dot."""
    for start, stop in runs([value is not None for value in line.values]):
        points = [
            ((moments[place].start + moments[place].stop) / 2, scale.y(line.values[place] or 0.0))
            for place in range(start, stop)
        ]
        if len(points) == 1:
            x, y = points[0]
            canvas.path("dot", f"M{number(1000 * x)} {number(y)}h.01", stroke=COLORS[line.css])
        else:
            canvas.path(line.css, line_path(points))


def strip(canvas: Canvas, timeline: Timeline) -> None:
    """Draw below the lines what was said of each moment, equal ones that follow each other as one."""
    scale = Scale(0, 1, 1, STRIP_TOP, STRIP_BOTTOM)
    for verdict in [each for each in SAID if each in timeline.verdicts]:
        for start, stop in runs([each == verdict for each in timeline.verdicts]):
            left, right = timeline.moments[start].start, timeline.moments[stop - 1].stop
            if verdict == "no_data":
                canvas.hatch(left, right, scale)
            else:
                canvas.band(left, right, scale, f"said-{verdict}")


def name(canvas: Canvas, scale: Scale, timeline: Timeline) -> None:
    """Write each line's name above its first point, or below where there is no room.

    Names that would lie on each other go to the line's end. The first that begins near the right edge ends there, too;
    of names that would meet one comes further in.
    """
    ends, written = [(0, "start"), (-1, "end"), (-1, "end")], list[tuple[float, float]]()
    for line, (place, anchor) in zip(timeline.lines, ends, strict=False):
        known = [index for index, value in enumerate(line.values) if value is not None]
        if known:
            at = timeline.moments[known[place]]
            point = scale.y(line.values[known[place]] or 0.0)
            y = point - 8 if point >= scale.top + 18 else point + 18
            anchor = "start" if anchor == "start" and at.start <= 1 - NARROW else "end"
            left = at.start if anchor == "start" else at.stop - WORDS_WIDE
            away = -LETTERS if 2 * y > scale.top + scale.bottom else LETTERS
            while any(abs(y - other) < LETTERS and abs(left - across) < WORDS_WIDE for across, other in written):
                y += away
            written.append((left, y))
            canvas.text(at.start if anchor == "start" else at.stop, y, line.name, css=f"on {line.css}", anchor=anchor)


def key(timeline: Timeline) -> tuple[tuple[str, str], ...]:
    """Explain the shadings that are there."""
    behind, said = timeline.behind, set(timeline.verdicts)
    shown = [("i-peak", "peak hours")] * bool(behind.peaks)
    shown += [("i-apart", "freeze or days of your own: expected")] * bool(behind.apart)
    shown += [("i-rel", "a version went live or is tried")] * bool(behind.releases)
    shown += [("i-alert", "alert")] * bool(behind.alerts)
    shown += [(f"i-said-{verdict}", words) for verdict, words in SAID.items() if verdict in said]
    return tuple(shown)


def on_demand(timeline: Timeline) -> dict[str, Any]:
    """Give what plotly draws, gaps left open."""
    x = [moment.words for moment in timeline.moments]
    drawn = [plotly_line(line.name, x, line.values, COLORS[line.css]) for line in timeline.lines]
    return plotly([each | {"connectgaps": False} for each in drawn], y_title=timeline.subtitle)
