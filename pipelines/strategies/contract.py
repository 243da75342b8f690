"""What a release strategy is: steps as data, and two pure questions about one of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol


class Verdict(StrEnum):
    """How an analysis of a step ended (Argo Rollouts' words)."""

    SUCCESSFUL = "successful"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"


class Action(StrEnum):
    """What a strategy wants done with a release."""

    ADVANCE = "advance"
    ASK = "ask"  # the merchant decides
    PAUSE = "pause"
    ABORT = "abort"


@dataclass(frozen=True)
class Step:
    """One stage of a release: who sees the new version, and whether the merchant is asked before it ends."""

    name: str
    weight: int = 0  # percent of units that the new version serves
    mirrors: bool = False  # the new version answers too, nobody sees it
    asks: bool = False  # leaving this step takes the merchant's approval

    def as_dict(self) -> dict[str, Any]:
        """Give what is stored with the release."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Step:
        """Read a stored step."""
        return cls(**stored)


@dataclass(frozen=True)
class Split:
    """Percent of units per version; the three kinds of serving that a step can ask for."""

    stable: int
    canary: int
    mirror: bool = False

    def __post_init__(self) -> None:
        if min(self.stable, self.canary) < 0 or self.stable + self.canary != 100:
            raise ValueError("the weights of a split add to 100")


class Strategy(Protocol):
    """How a version reaches shoppers. Code outside this package asks; it never looks which strategy it is."""

    name: str
    maximum: timedelta

    def steps(self) -> tuple[Step, ...]:
        """Name the steps from first to last; the last one gives the new version everything."""
        ...

    def split(self, step: Step) -> Split:
        """Say who is served by what during a step."""
        ...

    def decide(self, step: Step, verdict: Verdict) -> Action:
        """Say what follows from an analysis of a step. Inconclusive never advances."""
        ...
