"""How many a second: what was acknowledged over the seconds that it took."""

from __future__ import annotations

import statistics
from typing import Any


def rate(result: dict[str, Any]) -> float:
    """Give what one round acknowledged a second."""
    return float(len(result["acknowledged"]) / result["seconds"])


def median_rate(results: list[dict[str, Any]]) -> float:
    """Give the median of several rounds."""
    return statistics.median(map(rate, results))
