"""Drawings to look at, and how a test reads them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from xml.etree import ElementTree

from pipelines.charts import ReplayWeek
from pipelines.usecases.demand_forecast.fan import Fan, Sales, Sum, fan_chart

TODAY = date(2026, 11, 19)


def parsed(svg):
    """Read an SVG as the XML that it must be."""
    return ElementTree.fromstring(svg)


def by_class(root, css):
    """Find the marks of one class."""
    return [element for element in root.iter() if css in (element.get("class") or "").split()]


def texts(root):
    """List the words in a drawing."""
    return [element.text for element in root.iter("text")]


def numbers(path):
    """List the coordinates of a path as points."""
    found = [float(text) for text in re.findall(r"-?\d+(?:\.\d+)?", path.get("d"))]
    return list(zip(found[::2], found[1::2], strict=True))


def a_fan(units=None, out=None, days=28, **more):
    """Draw a plain variant: 56 days of 2, then a forecast of 3 between 1 and 6."""
    units = units or [2.0] * 56
    sales = Sales(TODAY - timedelta(days=len(units)), units, out or [False] * len(units))
    fan = Fan([3.0] * days, [1.0] * days, [6.0] * days, [2.0] * days, [4.0] * days)
    sums = [Sum(TODAY, TODAY + timedelta(days=27), 84, 60.4, 110)]
    return fan_chart(sales, fan, title="Enough until 3 December", description="Even.", sums=sums, **more)


def weeks(saved, intervals=()):
    """List weeks with their running sum."""
    found, running = [], 0
    for place, value in enumerate(saved):
        running += value
        interval = intervals[place] if place < len(intervals) else None
        found.append(ReplayWeek(date(2026, 8, 31) + timedelta(days=7 * place), value, running, interval))
    return found
