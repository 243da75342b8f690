"""Figures as look/LOOK.md draws them: SVG that stands in the page, its words, its table, and plotly's JSON on demand.

Standard library only, so that web may draw too; `pipelines.charts.sparklines` draws a whole shop at once with numpy.
"""

from pipelines.charts.evidence import group_intervals
from pipelines.charts.fan import Fan, Sales, Span, Sum, fan_chart
from pipelines.charts.figure import Figure
from pipelines.charts.hours import Hour, hour_bars
from pipelines.charts.running import ReplayWeek, running_difference

__all__ = [
    "Fan",
    "Figure",
    "Hour",
    "ReplayWeek",
    "Sales",
    "Span",
    "Sum",
    "fan_chart",
    "group_intervals",
    "hour_bars",
    "running_difference",
]
