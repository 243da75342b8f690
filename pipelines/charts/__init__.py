"""Figures as look/LOOK.md draws them: SVG that stands in the page, its words, its table, and plotly's JSON on demand.

Standard library only, so that web may draw too. A figure that only one use case has stands in its folder.
"""

from pipelines.charts.evidence import group_intervals
from pipelines.charts.figure import Figure
from pipelines.charts.hours import Hour, hour_bars
from pipelines.charts.running import ReplayWeek, running_difference

__all__ = [
    "Figure",
    "Hour",
    "ReplayWeek",
    "group_intervals",
    "hour_bars",
    "running_difference",
]
