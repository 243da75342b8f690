"""Sparklines of a whole shop at once: 28 days back in ink, 28 ahead in blue with their range (numpy, workers only)."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.floating[Any]]
BoolMatrix = NDArray[np.bool_]
IntMatrix = NDArray[np.int64]

BACK = AHEAD = 28
WIDTH, HEIGHT, ZERO, ROOM = 128, 30, 28.5, 26.8
X = [f"{WIDTH * place / (BACK + AHEAD - 1):.1f}".removesuffix(".0") for place in range(BACK + AHEAD)]
# Every point that a sparkline can have is written once: x of its day, y in tenths of a pixel.
POINTS = [[f"{x} {tenth / 10:.1f}".removesuffix(".0") for tenth in range(10 * HEIGHT + 1)] for x in X]
INK = 'fill="none" stroke="#303030" stroke-width="1.25" stroke-linejoin="round"'
BLUE = 'fill="none" stroke="#005bd3" stroke-width="1.5" stroke-linejoin="round"'


def sparklines(
    sold: Matrix, out_of_stock: BoolMatrix, mean: Matrix, low: Matrix, high: Matrix, names: Sequence[str]
) -> list[str]:
    """Draw one SVG per variant from its last 28 and next 28 days, each on its own scale.

    All matrices have 28 columns: `sold` and `out_of_stock` up to yesterday, the forecast from today on.
    """
    top = np.maximum.reduce([sold.max(axis=1), mean.max(axis=1), high.max(axis=1)])
    scale = (ROOM / np.where(top > 0, top, 1.0))[:, None]
    back, ahead, lower, upper = (_tenths(values, scale) for values in (sold, mean, low, high))
    gaps = _gaps(out_of_stock)
    rows = zip(back, ahead, lower, upper, gaps, names, strict=True)
    return [_svg(*row) for row in rows]


def _tenths(values: Matrix, scale: Matrix) -> list[list[int]]:
    pixels = ZERO - np.asarray(values, dtype=np.float64) * scale
    tenths: list[list[int]] = np.clip(np.rint(10 * pixels), 0, 10 * HEIGHT).astype(np.int64).tolist()
    return tenths


def _svg(back: list[int], ahead: list[int], low: list[int], high: list[int], gaps: str, name: str) -> str:
    label = f"Sales of the last {BACK} days and forecast of the next {AHEAD} days for {escape(name)}"
    now = POINTS[BACK - 1][back[-1]]
    days = POINTS[BACK:]
    upper = "L".join([row[y] for row, y in zip(days, high, strict=True)])
    lower = "L".join([row[y] for row, y in zip(reversed(days), reversed(low), strict=True)])
    sold = "L".join([row[y] for row, y in zip(POINTS[:BACK], back, strict=True)])
    coming = "L".join([row[y] for row, y in zip(days, ahead, strict=True)])
    return (
        f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{gaps}'
        f'<path class="fan2" d="M{now}L{upper}L{lower}Z"/>'
        f'<path d="M{sold}" {INK}/><path d="M{now}L{coming}" {BLUE}/></svg>'
    )


def _gaps(out_of_stock: BoolMatrix) -> list[str]:
    """Draw grey where a variant had no stock; most rows have nothing to draw."""
    drawn = [""] * len(out_of_stock)
    step = WIDTH / (BACK + AHEAD - 1)
    padded = np.pad(out_of_stock.astype(np.int8), ((0, 0), (1, 1)))
    edges = np.diff(padded, axis=1)
    rows, starts = np.nonzero(edges == 1)
    _, stops = np.nonzero(edges == -1)
    for row, group in groupby(zip(rows.tolist(), starts.tolist(), stops.tolist(), strict=True), key=itemgetter(0)):
        drawn[row] = "".join(_gap(start, stop, step) for _, start, stop in group)
    return drawn


def _gap(start: int, stop: int, step: float) -> str:
    left = max(0.0, (start - 0.5) * step)
    width = (stop - 0.5) * step - left
    return f'<rect x="{left:.1f}" y="0" width="{width:.1f}" height="{HEIGHT}" fill="#e3e3e3"/>'
