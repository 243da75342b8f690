"""What a release strategy is: steps as data, and two pure questions about one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from pipelines.strategies.freezing import Protection


class Verdict(StrEnum):
    """How an analysis of a step ended (Argo Rollouts' words)."""

    SUCCESSFUL = "successful"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"


class Action(StrEnum):
    """What is to be done with a release."""

    ADVANCE = "advance"
    ASK = "ask"  # the merchant decides
    PAUSE = "pause"  # stay on the step and look again
    HOLD = "hold"  # stay and say why: something must change first
    ABORT = "abort"  # take the new version away


class Health(StrEnum):
    """What one window says of one arm."""

    OK = "ok"
    BREACH = "breach"  # an operational guardrail: unit error share, slow answers, schema
    NO_DATA = "no_data"  # at least five units expected and none recorded, or this arm alone is silent
    QUIET = "quiet"  # fewer than five expected: neither counts nor resets
    DOWN = "down"  # both arms are silent: the monitor itself is down


@dataclass(frozen=True)
class Step:
    """One stage of a release: who sees the new version, and whether the merchant is asked before it ends."""

    name: str
    weight: int = 0  # percent of units that the new version serves
    mirrors: bool = False  # the new version answers too, nobody sees it
    asks: bool = False  # leaving this step takes the merchant's approval
    hours: int = 0  # least time on this step
    units: int = 0  # least units of the new version in closed blocks (windows answered, while it mirrors)
    compares: bool = False  # over at `units`, or before that as soon as the interval leaves zero out

    def as_dict(self) -> dict[str, Any]:
        """Give what is stored with the release."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Step:
        """Read a stored step."""
        return cls(**stored)

    @property
    def splits(self) -> bool:
        """Tell whether shoppers see both versions."""
        return 0 < self.weight < 100


@dataclass(frozen=True)
class Split:
    """Percent of units per version; the three kinds of serving that a step can ask for."""

    stable: int
    canary: int
    mirror: bool = False

    def __post_init__(self) -> None:
        if min(self.stable, self.canary) < 0 or self.stable + self.canary != 100:
            raise ValueError("the weights of a split add to 100")


@dataclass(frozen=True)
class Window:
    """One window of one arm, judged."""

    starts_at: datetime
    ends_at: datetime
    health: Health
    severe: bool = False  # error share over five times the objective
    broken: str = ""  # why its answers cannot be right: NaN, missing units, a total far out of range


@dataclass(frozen=True)
class Told:
    """What one window shows of one thing that models are told, beside usual days; nothing where too little is known."""

    index: float | None = None  # how far it has moved: the population stability index
    is_broken: bool = False  # missing, unknown or all one, beyond what usual days allow (METHODS 4a)

    @property
    def is_known(self) -> bool:
        return self.is_broken or self.index is not None


@dataclass(frozen=True)
class Evidence:
    """What was measured of a new version beside the one that runs, all of it from closed blocks or matured weeks.

    e-values start at 1 and speak at any look (METHODS 4b, 4e). None: not measured, never "fine".
    """

    kind: str = "none"  # randomised (units are split), paired (both versions answer for every unit), none
    units: int = 0  # of the new version in closed blocks of this step
    ratio: float = 1.0  # against the planned sample ratio, in this step
    harm: float = 1.0  # randomised: the exact 2x2 e-process; paired: betting on matured weeks
    harm_at_peak: float = 1.0
    guardrails: dict[str, float] = field(default_factory=dict)  # e-value of harm by guardrail
    non_inferior: float = 1.0
    peak_blocks: int = 0  # complete ones in this step, of any class
    peak_classes: frozenset[str] = frozenset()  # with at least one complete block in the release
    peak_classes_needed: frozenset[str] = frozenset()  # those in which the shop has peak hours at all
    next_loss: float | None = None  # always-valid upper bound of what the next step may lose, in money
    interval: tuple[float, float] | None = None  # always-valid, of the effect, relative: an A/B test ends by it
    # Those that pages show, by what they are of (`claims.SAYS`): below zero is worse.
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    weeks: int = 0  # paired: matured weeks
    correlation: float | None = None  # paired: lag-1, of what the weeks are bet on
    harm_sentence: str = "Shoppers who saw the new version order less. This is very likely not chance."
    has_decayed: bool = False  # errors beside the baseline grew beyond what the past explains


@dataclass(frozen=True)
class Situation:
    """Everything that a decision on a release may depend on, as values."""

    now: datetime
    phase: str  # a Release.Phase, as text
    steps: tuple[Step, ...]
    step: int
    stepped_at: datetime  # when this step began
    exposed_at: datetime | None  # since when the shop may see the new version
    maximum: timedelta
    windows: tuple[Window, ...] = ()  # of the new version since the step (live: since it went live), oldest first
    evidence: Evidence = field(default_factory=Evidence)
    is_proven: bool = False  # the version was validated, not only undecided
    is_approved: bool = False  # a valid approval of exactly this artifact and evidence stands
    is_paused: bool = False  # by a person
    held: str = ""
    frozen_until: datetime | None = None  # by freezes that nobody lifted for this release
    protection: Protection = field(default_factory=Protection)  # whether there is anything that a freeze protects
    yes_lasts: timedelta | None = None  # how long a yes that is asked for now is good for
    data_age: timedelta | None = None
    artifact_is_safe: bool = True
    evidence_is_same: bool = True
    risk_budget: float | None = None  # in money, what the next step may lose at most
    asks_before_all: bool = False
    automatic_promotions: int = 0  # to live within the last seven days
    rolled_back_at: datetime | None = None  # the last automatic rollback of this shop and use case
    clock_went_back: bool = False  # the newest look lies in the future
    inputs: Mapping[str, tuple[Told, ...]] = field(default_factory=dict)  # what models are told, oldest window first
    drift_limit: float | None = None  # from which a lasting drift takes what is live away; none: never, as we begin

    @property
    def at(self) -> Step:
        """Give the step on which the release stands."""
        return self.steps[self.step]


@dataclass(frozen=True)
class Decision:
    """What is to be done, and why; `reason` is a code, `sentence` is for the merchant."""

    action: Action
    reason: str
    sentence: str = ""
    quarantines: bool = False  # the version did harm: it never returns
    alert: str = ""  # info, warning or critical, where somebody should know
    until: datetime | None = None  # a hold that ends by itself
    step: int | None = None  # of an advance: the step to enter


@dataclass(frozen=True)
class Traffic:
    """What a shop's past says about how fast evidence can be had."""

    evidence: str  # randomised, paired, none
    units_a_day: float = 0.0
    rate: float = 0.0  # orders per unit
    has_champion: bool = True  # something runs that the new version can be compared with
    not_split: str = ""  # why shoppers cannot be split between two versions, where nothing could change that


class Strategy(Protocol):
    """How a version reaches shoppers. Code outside this package asks; it never looks which strategy it is."""

    name: str
    maximum: timedelta

    def steps(self, traffic: Traffic, weights: tuple[int, ...] = (), alongside_days: int = 0) -> tuple[Step, ...]:
        """Name the steps from first to last; the last one gives the new version everything.

        Raises ValueError with a sentence when weights do not rise, leave their bounds, or do not suit.
        """
        ...

    def fits(self, traffic: Traffic) -> str:
        """Say why this strategy cannot be used for such traffic, or nothing when it can."""
        ...

    def split(self, step: Step) -> Split:
        """Say who is served by what during a step."""
        ...

    def decide(self, step: Step, verdict: Verdict) -> Action:
        """Say what follows from an analysis of a step. Inconclusive never advances."""
        ...
