"""A variant: what sold day by day, and what will."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pipelines import words
from pipelines.charts.figure import (
    BLUE,
    INK,
    PALE,
    STRONGER,
    Figure,
    Row,
    plotly,
    plotly_band,
    plotly_hatch,
    plotly_line,
    runs,
    tick_days,
)
from pipelines.charts.svg import Canvas, Point, Scale, area_path, line_path, number


@dataclass(frozen=True)
class Sales:
    """What one variant sold day by day up to yesterday."""

    first_day: date
    units: Sequence[float]
    out_of_stock: Sequence[bool]

    @property
    def until(self) -> date:
        """Give the first day that is not history."""
        return self.first_day + timedelta(days=len(self.units))


@dataclass(frozen=True)
class Fan:
    """A forecast day by day from today on, with the range of 8 of 10 days and of half of all days."""

    mean: Sequence[float]
    low80: Sequence[float]
    high80: Sequence[float]
    low50: Sequence[float]
    high50: Sequence[float]


@dataclass(frozen=True)
class Span:
    """Named days, both ends included."""

    name: str
    first_day: date
    last_day: date


@dataclass(frozen=True)
class Sum:
    """Forecast units of some days with their range."""

    first_day: date
    last_day: date
    units: float
    low: float
    high: float


FAN_TOP, FAN_BOTTOM, FAN_HEIGHT = 30, 248, 272


def fan_chart(
    sales: Sales,
    fan: Fan,
    *,
    title: str,
    description: str,
    sums: Sequence[Sum],
    out_expected: Span | None = None,
    freezes: Sequence[Span] = (),
    id: str = "fan",
) -> Figure:
    """Draw a variant's daily sales with their 7-day average, stock-outs, and the forecast as a fan."""
    days = len(sales.units) + len(fan.mean)
    time = _Time(sales.first_day, days, sales.until)
    highest = max([*sales.units, *fan.high80, 1.0])
    scale = Scale.over(0, highest, top=FAN_TOP, bottom=FAN_BOTTOM, lines=4, whole=True)
    what = f"Units sold per day since {time.say(time.first_day)} and forecast to {time.say(time.last_day)}"
    canvas = Canvas(FAN_HEIGHT, what, id)
    _time_in_the_background(canvas, time, scale, sales, out_expected, freezes)
    canvas.grid(scale, [words.number(value) for value in scale.lines])
    average = _moving_average(sales)
    _draw_fan(canvas, time, scale, sales, fan, average)
    _name_the_lines(canvas, time, scale, sales, fan, average)
    _date_ticks(canvas, time, FAN_HEIGHT - 5)
    return Figure(
        id=id,
        title=title,
        subtitle=f"Units per day. History since {time.say(time.first_day)}, forecast to {time.say(time.last_day)}.",
        svg=canvas.svg(),
        description=description,
        table_head=("Week", "Sold", "Forecast", "8 of 10 times"),
        table_rows=(*_sold_weeks(sales), *(_sum_row(item, sales.until) for item in sums)),
        plotly=_fan_plotly(sales, fan, out_expected),
        gutter=canvas.gutter(),
        key=_fan_key(sales, fan, out_expected, freezes),
    )


@dataclass(frozen=True)
class _Time:
    """Days along the width: each day's point stands in the middle of its own strip."""

    first_day: date
    days: int
    today: date

    def x(self, index: float) -> float:
        return (index + 0.5) / self.days

    def index(self, day: date) -> int:
        return (day - self.first_day).days

    @property
    def last_day(self) -> date:
        return self.first_day + timedelta(days=self.days - 1)

    def say(self, day: date) -> str:
        return words.short_day(day, self.today)

    def edges(self, first: date, last: date) -> tuple[float, float]:
        return self.index(first) / self.days, (self.index(last) + 1) / self.days


def _time_in_the_background(
    canvas: Canvas, time: _Time, scale: Scale, sales: Sales, out_expected: Span | None, freezes: Sequence[Span]
) -> None:
    for freeze in freezes:
        canvas.band(*time.edges(freeze.first_day, freeze.last_day), scale)
    without_stock = runs(sales.out_of_stock)
    for start, stop in without_stock:
        canvas.hatch(start / time.days, stop / time.days, scale)
    if without_stock:
        start, stop = max(without_stock, key=lambda run: run[1] - run[0])
        _label(canvas, (start + stop) / 2 / time.days, scale.top - 6, "Out of stock")
    if out_expected:
        canvas.hatch(*time.edges(out_expected.first_day, out_expected.last_day), scale)
        span = words.day_range(out_expected.first_day, out_expected.last_day, sales.until)
        canvas.text(1, scale.top - 20, f"Out of stock expected, {span}", css="on opt", anchor="end")
        canvas.text(1, scale.top - 20, "Out of stock expected", css="on narrow", anchor="end")


def _label(canvas: Canvas, x: float, y: float, text: str) -> None:
    """Write a label over a point; near the left edge it starts there."""
    canvas.text(max(x, 0.0), y, text, css="on", anchor="start" if x < 0.08 else "middle")


def _draw_fan(
    canvas: Canvas, time: _Time, scale: Scale, sales: Sales, fan: Fan, average: Sequence[float | None]
) -> None:
    start = len(sales.units)
    for css, low, high in (("fan2", fan.low80, fan.high80), ("fan1", fan.low50, fan.high50)):
        upper, lower = (_points(time, scale, values, start) for values in (high, low))
        canvas.path(css, area_path(upper, lower))
    bars = [
        f"M{number(1000 * time.x(index))} {scale.bottom}V{number(scale.y(units))}"
        for index, units in enumerate(sales.units)
        if units > 0
    ]
    if bars:
        canvas.path("days", "".join(bars))
    for first, last in runs([value is not None for value in average]):
        canvas.path("now", line_path(_points(time, scale, [value or 0.0 for value in average[first:last]], first)))
    canvas.path("new", line_path(_points(time, scale, fan.mean, start)))


def _points(time: _Time, scale: Scale, values: Sequence[float], start: int) -> list[Point]:
    return [(time.x(start + index), scale.y(value)) for index, value in enumerate(values)]


def _name_the_lines(
    canvas: Canvas, time: _Time, scale: Scale, sales: Sales, fan: Fan, average: Sequence[float | None]
) -> None:
    start = len(sales.units)
    today = start / time.days
    canvas.upright(today, scale.top, scale.bottom)
    canvas.text(today, scale.top - 6, "Today", css="on", anchor="end", dx=4)
    if start >= 28:
        middle = round(0.4 * start)
        near = [value or 0.0 for value in average[max(0, middle - 12) : middle + 12]]
        bars = list(sales.units[max(0, middle - 12) : middle + 12])
        canvas.text(time.x(middle), scale.y(max(near + bars)) - 8, "Sold, 7-day average", css="on")
    tail = fan.high80[-max(1, len(fan.high80) // 3) :]
    canvas.text(1, scale.y(max(tail)) - 8, "Forecast", css="on new", anchor="end")


def _moving_average(sales: Sales) -> list[float | None]:
    """Average the last seven days with stock; nothing on days without."""
    averages: list[float | None] = []
    for index, is_out in enumerate(sales.out_of_stock):
        window = range(max(0, index - 6), index + 1)
        stocked = [sales.units[day] for day in window if not sales.out_of_stock[day]]
        averages.append(None if is_out else sum(stocked) / len(stocked))
    return averages


def _date_ticks(canvas: Canvas, time: _Time, y: float) -> None:
    """Write four to eight dates; every second goes away when narrow, the last stands at the end."""
    ticks = tick_days(time.first_day, time.last_day)
    for place, day in enumerate(ticks):
        css = "opt" if (len(ticks) - place) % 2 == 0 else ""
        x = time.x(time.index(day))
        canvas.text(x if x < 0.95 else 1.0, y, time.say(day), css=css, anchor="middle" if x < 0.95 else "end")


def _sold_weeks(sales: Sales) -> list[Row]:
    weeks: list[Row] = []
    for back in range(min(4, len(sales.units) // 7), 0, -1):
        first = sales.until - timedelta(days=7 * back)
        start = len(sales.units) - 7 * back
        sold = sum(sales.units[start : start + 7])
        last = first + timedelta(days=6)
        weeks.append((words.day_range(first, last, sales.until), words.number(sold), "", ""))
    return weeks


def _sum_row(item: Sum, today: date) -> Row:
    days = (item.last_day - item.first_day).days + 1
    name = words.day_range(item.first_day, item.last_day, today) if days <= 7 else f"Next {days} days"
    return (name, "", words.number(item.units), f"{words.number(item.low)} to {words.number(item.high)}")


def _fan_key(sales: Sales, fan: Fan, out_expected: Span | None, freezes: Sequence[Span]) -> tuple[tuple[str, str], ...]:
    """Explain the shadings that can be seen; what sells little has no range to be seen of single days."""
    key = [("i-days", "sold per day")] if any(sales.units) else []
    if any(high > low for low, high in zip(fan.low50, fan.high50, strict=True)):
        key.append(("i-fan1", "half of all days"))
    if any(high > low for low, high in zip(fan.low80, fan.high80, strict=True)):
        key.append(("i-fan2", "8 of 10 days"))
    if out_expected or any(sales.out_of_stock):
        key.append(("i-out", "out of stock"))
    if freezes:
        key.append(("i-peak", "freeze"))
    return tuple(key)


def _fan_plotly(sales: Sales, fan: Fan, out_expected: Span | None) -> dict[str, Any]:
    highest = max([*sales.units, *fan.high80, 1.0])
    days = [
        (sales.first_day + timedelta(days=a), sales.first_day + timedelta(days=b)) for a, b in runs(sales.out_of_stock)
    ]
    gaps = [("Out of stock", first, until) for first, until in days]
    if out_expected:
        gaps.append(("Out of stock expected", out_expected.first_day, out_expected.last_day + timedelta(days=1)))
    past = [(sales.first_day + timedelta(days=index)).isoformat() for index in range(len(sales.units))]
    ahead = [(sales.until + timedelta(days=index)).isoformat() for index in range(len(fan.mean))]
    return plotly(
        [
            {"type": "bar", "name": "Sold per day", "x": past, "y": list(sales.units), "marker": {"color": "#cccccc"}},
            *plotly_band("8 of 10 days", ahead, fan.low80, fan.high80, PALE),
            *plotly_band("Half of all days", ahead, fan.low50, fan.high50, STRONGER),
            plotly_line("Sold, 7-day average", past, _moving_average(sales), INK),
            plotly_line("Forecast", ahead, list(fan.mean), BLUE),
            *(plotly_hatch(name, first.isoformat(), until.isoformat(), highest) for name, first, until in gaps),
        ],
        y_title="Units per day",
    )
