"""What was said against what came: one point for each group, on the line where both are the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.charts.svg import Canvas, number, share
from pipelines.words import NBSP

TICKS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)  # each about three times the one below
TOP, BOTTOM, HEIGHT = 14.0, 280.0, 306


@dataclass(frozen=True)
class Point:
    """One group: what was said of it, and what came, with its range."""

    said: float
    came: float
    low: float
    high: float


@dataclass(frozen=True)
class Thirds:
    """A scale on which each line stands for about three times the one below."""

    ticks: Sequence[float]

    @classmethod
    def over(cls, values: Sequence[float]) -> Thirds:
        """Reach from the line below the least to the line above the most; nothing is below the first line of all."""
        below = [index for index, tick in enumerate(TICKS) if tick <= max(min(values), TICKS[0])]
        above = next(index for index, tick in enumerate(TICKS) if tick >= min(max(values), 1.0))
        return cls(TICKS[min(below[-1], above - 1 if above else 0) : max(above, 1) + 1])

    def at(self, value: float) -> float:
        """Give how far up a value stands, from 0 to 1."""
        low, high = math.log(self.ticks[0]), math.log(self.ticks[-1])
        return min(1.0, max(0.0, (math.log(max(value, self.ticks[0])) - low) / (high - low)))

    def y(self, value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * self.at(value)


def calibration(points: Sequence[Point], *, id: str, label: str, came: str) -> str:
    """Draw the groups; `came` names what was hoped for, such as Bought."""
    scale = Thirds.over([value for point in points for value in (point.said, point.came)])
    canvas = Canvas(HEIGHT, label, id)
    for place, tick in enumerate(scale.ticks):
        line(canvas, scale, place, tick)
    canvas.front.append(f'<line class="limit" x1="0" x2="100%" y1="{number(BOTTOM)}" y2="{number(TOP)}"/>')
    for point in points:
        dot(canvas, scale, point)
    middle = points[(2 * len(points)) // 3]
    canvas.text(scale.at(middle.said), scale.y(middle.came) + 18, came, css="on", dx=10)
    canvas.text(0.3, BOTTOM - 0.3 * (BOTTOM - TOP) - 12, "as predicted", css="on rule", anchor="end")
    return canvas.svg()


def line(canvas: Canvas, scale: Thirds, place: int, tick: float) -> None:
    """Draw a line of the scale, with its value at both sides."""
    css, y = "g" if place else "ax", number(scale.y(tick))
    percent = f"{100 * tick:g}{NBSP}%"
    canvas.behind.append(f'<line class="{css}" x1="0" x2="100%" y1="{y}" y2="{y}"/>')
    canvas.behind.append(f'<text x="0" dx="-8" y="{y}" dy="4" text-anchor="end">{percent}</text>')
    last = place == len(scale.ticks) - 1
    anchor = "end" if last else "middle" if place else "start"
    canvas.text(scale.at(tick), HEIGHT - 7, percent, css="opt" if place % 2 and not last else "", anchor=anchor)


def dot(canvas: Canvas, scale: Thirds, point: Point) -> None:
    """Draw one group with its range."""
    x, low, high = share(scale.at(point.said)), number(scale.y(point.low)), number(scale.y(point.high))
    canvas.front.append(f'<line class="whisker" x1="{x}" x2="{x}" y1="{low}" y2="{high}"/>')
    canvas.front.append(f'<circle class="ink" cx="{x}" cy="{number(scale.y(point.came))}" r="4.5"/>')
