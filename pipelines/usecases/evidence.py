"""How two versions of a use case are compared; what each kind can do stands in lifecycle/evidence/kinds.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class PairedWeeks:
    """Compare two versions by the weekly money loss on the same units (METHODS 4b).

    What answers on request has no output: its answers are read from the log, with what came of each.
    """

    compare: str  # "module:function": (frames, rows of the new version, rows of the other) -> weeks
    said: str = ""  # the output in which both are remembered; nothing: in the log of answers
    reads: tuple[str, ...] = ()  # its columns that are compared
    kind: Literal["paired"] = "paired"


@dataclass(frozen=True)
class Randomised:
    """Compare two versions by who orders within 24 hours of first seeing one of them (METHODS 4e)."""

    kind: Literal["randomised"] = "randomised"
