"""One chart, ready to be stored and shown, and what several charts need to become one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

INK, BLUE, GREY, PALE, STRONGER = "#303030", "#005bd3", "#b5b5b5", "#dcebfc", "#a9cdf7"
Row = tuple[str, ...]


@dataclass(frozen=True)
class Figure:
    """One chart, ready to be stored and shown."""

    id: str
    title: str
    subtitle: str
    svg: str
    description: str
    table_head: Row
    table_rows: tuple[Row, ...]
    plotly: dict[str, Any]
    gutter: str = ""  # room for the scale, as `Canvas.gutter` names it
    key: tuple[tuple[str, str], ...] = ()  # (css class, words) of the shadings

    def as_dict(self) -> dict[str, Any]:
        """Give plain JSON."""
        return {name: _listed(value) for name, value in vars(self).items()}


def _listed(value: Any) -> Any:
    return [_listed(item) for item in value] if isinstance(value, tuple) else value


def runs(flags: Sequence[bool]) -> list[tuple[int, int]]:
    """Give the stretches of true flags as half-open spans.

    >>> runs([True, True, False, True])
    [(0, 2), (3, 4)]
    """
    pairs = zip([False, *flags], [*flags, False], strict=True)
    edges = [index for index, (before, after) in enumerate(pairs) if before != after]
    return list(zip(edges[::2], edges[1::2], strict=True))


def tick_days(first: date, last: date) -> list[date]:
    """Choose days for an axis: the first of each month, or whole weeks back from the end.

    >>> [day.isoformat()[5:] for day in tick_days(date(2026, 7, 30), date(2026, 12, 30))]
    ['08-01', '09-01', '10-01', '11-01', '12-01']
    """
    days = (last - first).days + 1
    if days > 120:
        months = [first + timedelta(days=offset) for offset in range(days)]
        firsts = [day for day in months if day.day == 1]
        every = -(-len(firsts) // 8)
        return firsts[::-1][::every][::-1]
    step = next((step for step in (1, 2, 7, 14) if days / step <= 8), 28)
    ticks = [last - timedelta(days=offset) for offset in range(step // 2, days - step // 3, step)]
    return ticks[::-1]


def plotly(data: list[dict[str, Any]], *, y_title: str, prefix: str = "", suffix: str = "") -> dict[str, Any]:
    """Give what plotly draws: the axis makes room for its own numbers, which carry their currency or sign."""
    layout = {
        "template": {},  # plotly.js then draws with nothing but what stands here
        "margin": {"l": 16, "r": 8, "t": 8, "b": 32},
        "font": {"family": "Inter, sans-serif", "size": 11, "color": "#616161"},
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "showlegend": False,
        "hovermode": "x unified",
        "xaxis": {"showgrid": False, "automargin": True},
        "yaxis": {
            "gridcolor": "#ebebeb",
            "zerolinecolor": GREY,
            "title": {"text": y_title, "standoff": 12},
            "automargin": True,
            "tickprefix": prefix,
            "ticksuffix": suffix,
        },
    }
    return {"data": data, "layout": layout}


def plotly_hatch(name: str, first: str, last: str, top: float) -> dict[str, Any]:
    """Hatch a stretch of time from the zero line to the top, as the drawing in the page does."""
    area = {"type": "scatter", "mode": "lines", "line": {"width": 0}, "fill": "toself", "hoverinfo": "skip"}
    pattern = {"shape": "/", "size": 5, "solidity": 0.2, "fgcolor": GREY, "bgcolor": "rgba(0,0,0,0)"}
    return {**area, "name": name, "x": [first, first, last, last], "y": [0, top, top, 0], "fillpattern": pattern}


def plotly_line(name: str, x: Sequence[Any], y: Sequence[float | None], color: str) -> dict[str, Any]:
    line = {"color": color, "width": 2}
    return {"type": "scatter", "mode": "lines", "name": name, "x": list(x), "y": list(y), "line": line}


def plotly_band(
    name: str, x: Sequence[Any], low: Sequence[float | None], high: Sequence[float | None], color: str
) -> list[dict[str, Any]]:
    edge = {"type": "scatter", "mode": "lines", "x": list(x), "line": {"width": 0}}
    lower = {**edge, "name": f"{name}, lowest", "y": list(low)}
    return [lower, {**edge, "name": f"{name}, highest", "y": list(high), "fill": "tonexty", "fillcolor": color}]
