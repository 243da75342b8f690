"""Groups are drawn where what was said meets what came, on a scale that triples."""

from __future__ import annotations

import re

import pytest

from pipelines.charts.calibration import BOTTOM, TOP, Point, Thirds, calibration


def drawn(*points: Point) -> str:
    return calibration(points, id="said", label="Chances", came="Bought")


def test_a_group_that_came_true_lies_on_the_line() -> None:
    svg = drawn(Point(0.01, 0.01, 0.008, 0.012), Point(0.1, 0.1, 0.09, 0.11))
    for x, y in re.findall(r'<circle class="ink" cx="([\d.]+)%" cy="([\d.]+)"', svg):
        assert float(y) == pytest.approx(BOTTOM - (BOTTOM - TOP) * float(x) / 100, abs=0.1)


def test_the_scale_reaches_from_below_the_least_to_above_the_most() -> None:
    assert Thirds.over([0.004, 0.12]).ticks == (0.003, 0.01, 0.03, 0.1, 0.3)
    assert Thirds.over([0.0, 1.0]).ticks[0] == 0.001 and Thirds.over([0.0, 1.0]).ticks[-1] == 1.0
    assert len(Thirds.over([0.1, 0.1]).ticks) > 1


def test_nothing_is_drawn_beside_the_plot() -> None:
    svg = drawn(Point(0.0, 0.0, 0.0, 0.002), Point(1.0, 1.0, 0.99, 1.0))
    ends = [float(y) for y in re.findall(r' (?:cy|y1|y2)="([\d.]+)"', svg)]
    assert min(ends) >= TOP and max(ends) <= BOTTOM and svg.count("<circle") == 2
