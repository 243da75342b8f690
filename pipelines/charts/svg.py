"""The parts that our charts are made of: text in real pixels, shapes that stretch (standard library only).

x is a share of the width from 0 to 1, y is in pixels from the top.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape

Point = tuple[float, float]
WIDTH = 1000
# Room left of a chart, by its name among the styles: so many letters of a label at the scale stand in it.
GUTTERS = {"slim": 2.0, "": 4.0, "wide": 5.5, "wider": 8.0, "widest": 11.0}
THIN = ",. \u00a0"  # half as wide as other letters


def number(value: float) -> str:
    """Write a coordinate with at most one decimal.

    >>> number(12.0), number(3.14159), number(-0.04)
    ('12', '3.1', '0')
    """
    text = f"{value:.1f}"
    return text.removesuffix(".0").replace("-0", "0") if text in ("-0.0", "0.0") else text.removesuffix(".0")


def share(x: float) -> str:
    """Write a share of the width."""
    return f"{100 * x:.2f}%"


def letters(text: str) -> float:
    """Count how many letters' room a label takes.

    >>> letters("£500"), letters("\u2212£1,000")
    (4.0, 6.5)
    """
    return sum(0.5 if letter in THIN else 1.0 for letter in text)


def line_path(points: Iterable[Point]) -> str:
    """Join points by a line inside the stretching part, each as `number` writes it: a chart has hundreds.

    >>> line_path([(0.0, 12.0), (0.12345, -0.04), (1.0, 3.14159)])
    'M0 12L123.5 0L1000 3.1'
    """
    text = "L".join(f"{WIDTH * x:.1f} {y:.1f}" for x, y in points) + "L"
    return "M" + text.replace("-0.0", "0.0").replace(".0 ", " ").replace(".0L", "L")[:-1]


def area_path(upper: Sequence[Point], lower: Sequence[Point]) -> str:
    """Close the area between two lines."""
    return line_path([*upper, *reversed(lower)]) + "Z"


def nice_step(span: float, most: int) -> float:
    """Choose a round step so that at most so many of them cover the span.

    >>> [nice_step(span, 5) for span in (10, 108, 0.7, 2300)]
    [2.0, 50.0, 0.2, 500.0]
    """
    rough = span / most
    size = 10.0 ** math.floor(math.log10(rough))
    return next(float(f"{factor * size:.12g}") for factor in (1, 2, 5, 10) if factor * size >= rough * (1 - 1e-9))


@dataclass(frozen=True)
class Scale:
    """From values to pixels, with round grid lines."""

    lowest: float
    highest: float
    step: float
    top: float
    bottom: float

    @classmethod
    def over(cls, low: float, high: float, *, top: float, bottom: float, lines: int = 4, whole: bool = False) -> Scale:
        """Cover the values from the round number below to the round number above."""
        span = high - low
        step = nice_step(span if span > 0 else 1.0, lines)
        step = max(step, 1.0) if whole else step
        lowest, highest = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
        return cls(lowest, max(highest, lowest + step), step, top, bottom)

    def y(self, value: float) -> float:
        """Give the pixel of a value."""
        return self.bottom - (value - self.lowest) / (self.highest - self.lowest) * (self.bottom - self.top)

    @property
    def lines(self) -> list[float]:
        """List the values with a grid line, from low to high."""
        count = round((self.highest - self.lowest) / self.step)
        return [round(self.lowest + index * self.step, 10) for index in range(count + 1)]


@dataclass
class Canvas:
    """One chart while it is being drawn."""

    height: int
    label: str
    id: str
    behind: list[str] = field(default_factory=list)
    shapes: list[str] = field(default_factory=list)
    front: list[str] = field(default_factory=list)
    patterns: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)

    def band(self, x0: float, x1: float, scale: Scale, css: str = "band") -> None:
        """Shade a span of time behind everything."""
        self.behind.append(f'<rect class="{css}" {_box(x0, x1, scale)}/>')

    def hatch(self, x0: float, x1: float, scale: Scale) -> None:
        """Hatch a span of time: out of stock."""
        if not self.patterns:
            self.patterns.append(_HATCH.format(id=self.id))
        self.behind.append(f'<rect fill="url(#{self.id}-h)" {_box(x0, x1, scale)}/>')

    def grid(self, scale: Scale, labels: Sequence[str], *, axis_at: float = 0.0) -> None:
        """Draw the horizontal lines with their values; the zero line is darker."""
        self.labels += labels
        for value, label in zip(scale.lines, labels, strict=True):
            y = number(scale.y(value))
            css = "ax" if value == axis_at else "g"
            self.behind.append(f'<line class="{css}" x1="0" x2="100%" y1="{y}" y2="{y}"/>')
            self.behind.append(f'<text x="0" dx="-8" y="{y}" dy="4" text-anchor="end">{escape(label)}</text>')

    def gutter(self, least: str = "slim") -> str:
        """Name the room that the labels at the scale take, or more, so that charts below each other begin alike."""
        widest = max(map(letters, self.labels), default=0.0)
        names = list(GUTTERS)
        return next((name for name in names[names.index(least) :] if widest <= GUTTERS[name]), names[-1])

    def bar(self, x: float, width: float, scale: Scale, value: float, css: str = "bar") -> None:
        """Draw one bar from the bottom of the scale."""
        y = scale.y(value)
        size = f'x="{share(x)}" width="{share(width)}" y="{number(y)}" height="{number(scale.bottom - y)}"'
        self.behind.append(f'<rect class="{css}" {size}/>')

    def path(self, css: str, d: str, **attributes: str) -> None:
        """Draw a stretching shape."""
        more = "".join(f' {name}="{value}"' for name, value in attributes.items())
        self.shapes.append(f'<path class="{css}"{more} d="{d}"/>')

    def upright(self, x: float, top: float, bottom: float) -> None:
        """Draw a vertical line."""
        at = share(x)
        self.front.append(f'<line class="ax" x1="{at}" x2="{at}" y1="{number(top)}" y2="{number(bottom)}"/>')

    def triangle(self, x: float, y: float) -> None:
        """Mark an alert."""
        box = f'<svg x="{share(x)}" y="{number(y)}" width="1" height="1" overflow="visible">'
        self.front.append(f'{box}<path class="alert" d="M0-6 6 5H-6Z"/></svg>')

    def text(self, x: float, y: float, words: str, *, css: str = "", anchor: str = "middle", dx: int = 0) -> None:
        """Write words."""
        css_text = f' class="{css}"' if css else ""
        shift = f' dx="{dx}"' if dx else ""
        place = f'x="{share(x)}" y="{number(y)}"{shift} text-anchor="{anchor}"'
        self.front.append(f"<text{css_text} {place}>{escape(words)}</text>")

    def svg(self) -> str:
        """Put the layers together."""
        defs = f"<defs>{''.join(self.patterns)}</defs>" if self.patterns else ""
        stretch = f'<svg width="100%" height="{self.height}" viewBox="0 0 {WIDTH} {self.height}" '
        shapes = f'{stretch}preserveAspectRatio="none">{"".join(self.shapes)}</svg>'
        head = f'role="img" aria-label="{escape(self.label)}" aria-describedby="{self.id}-d" height="{self.height}"'
        return f"<svg {head}>{defs}{''.join(self.behind)}{shapes}{''.join(self.front)}</svg>"


_HATCH = (
    '<pattern id="{id}-h" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="5" height="5" fill="#f1f1f1"/><path d="M0 0V5" stroke="#b5b5b5" stroke-width="1.5"/></pattern>'
)


def _box(x0: float, x1: float, scale: Scale) -> str:
    left, right = max(0.0, x0), min(1.0, x1)
    size = f'x="{share(left)}" y="{number(scale.top)}" width="{share(max(0.0, right - left))}"'
    return f'{size} height="{number(scale.bottom - scale.top)}"'
