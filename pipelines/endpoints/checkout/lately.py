"""The last figure that a checkout was told, in memory: it stands in where no version answers in time, with its age."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from pipelines.endpoints.answering.memory import Key

GOOD_FOR = timedelta(minutes=15)
MOST = 20_000  # checkouts that a process remembers; who was told longest ago is forgotten
DIGITS = 2
NOTHING = MappingProxyType({"score": None, "age": None})
Whose = tuple[Key, bytes, int | None]

told: OrderedDict[Whose, tuple[float, datetime]] = OrderedDict()


def of(whose: Whose, score: float | None, at: datetime) -> dict[str, Any]:
    """Give a new figure, and remember it; else the last one of the same checkout while it is good, with its age."""
    known = told.pop(whose, None)
    if score is not None:
        known = (score, at)
    if known is None or at - known[1] > GOOD_FOR:
        return dict(NOTHING)
    told[whose] = known
    if len(told) > MOST:
        told.popitem(last=False)
    return {"score": round(known[0], DIGITS), "age": max(0, int((at - known[1]).total_seconds()))}
