"""What a use case brings to be measured where it answers shoppers: `SERVED` in `rig/served.py` of its folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from benchmarks.checks import Check


class Request(NamedTuple):
    """One request as it is sent."""

    method: str
    path: str
    body: str = ""
    bearer: str = ""


@dataclass(frozen=True)
class Beside:
    """Another server that answers the same, and how many times as fast as it we are to be."""

    name: str
    module: str  # is started with a port, the folder of what was filled, and how many workers
    asked: Callable[[int], list[Request]]
    times: float


@dataclass(frozen=True)
class Served:
    """A door of a use case: what a shop needs for it, what is asked, and the least share of an empty app's rate."""

    name: str
    least: float
    fill: Callable[[Any], None]  # takes the shop
    asked: Callable[[int], list[Request]]
    beside: Beside | None = None
    afterwards: Callable[[], list[Check]] = list
