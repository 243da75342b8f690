"""What every use case promises: the shape that the shared lifecycle relies on (standard library only)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pipelines.usecases.evidence import PairedWeeks, Randomised
from pipelines.usecases.outputs import (
    Door,
    Held,
    Metafields,
    OfCustomers,
    Output,
    OwnFrame,
    Remembered,
    Shown,
    Slots,
)
from pipelines.usecases.tills import Till
from pipelines.usecases.watching import Circumstance, Figure, Level, Monitored, Rehearsal
from pipelines.usecases.wording import PLAIN, Words

if TYPE_CHECKING:
    import pandas as pd

Made = TypeVar("Made")
Progress = Callable[[float, str], None]
PARAMETERS = "parameters.json"  # the file of `dump` that `score` reads


def silent(share: float, sentence: str) -> None:
    """Report progress to nobody."""


@dataclass(frozen=True)
class Metric:
    """Name the figure by which a use case is judged first."""

    name: str
    lower_is_better: bool


@dataclass(frozen=True)
class Limit:
    """Bound a figure of the new version; `words` may use {percent} (its size) and {side} (high or low).

    `spread` names the stored range of the figure: where that reaches into the bounds, chance may explain what was seen.
    """

    name: str
    figure: str
    low: float
    high: float
    words: str
    unknown: str
    spread: str = ""


@dataclass(frozen=True)
class Slice:
    """Name a part of what is predicted that must not be paid for by the rest."""

    key: str
    title: str


@dataclass(frozen=True)
class Calibration:
    """Say which share of outcomes a quantile is to cover, and how few are too few, in words.

    `words` may use {level}, {percent} (what was covered) and {low}, each of 100.
    """

    level: float
    low: float
    name: str
    words: str
    unknown: str


@dataclass(frozen=True)
class Budget:
    """Bound what loading and answering once may take, by how many units are answered for, and the files' size."""

    seconds: float = 120.0
    seconds_per_thousand: float = 3.0
    bytes: int = 50_000_000


@dataclass(frozen=True)
class Gates:
    """Say what a version of a use case is held to; the lifecycle asks, and knows no use case.

    `worse_in_all` and `worse_in_a_slice` are relative changes of the primary metric; `money_margin` is the share of
    what the live version's errors cost that may be lost before the money counts as worse (METHODS 4e).
    """

    baseline: str = "baseline"  # who is the simple rule among the figures of `evaluate`
    limits: tuple[Limit, ...] = ()
    slices: tuple[Slice, ...] = ()
    calibration: Calibration | None = None
    worse_in_all: float = 0.05
    worse_in_a_slice: float = 0.10
    money_margin: float = 0.10
    budget: Budget = Budget()


@dataclass(frozen=True)
class Soundness:
    """Say how many units were asked for and answered, how many of those are wrong, and what is wrong in words."""

    expected: int = 0
    units: int = 0
    errors: int = 0
    broken: str = ""


@dataclass(frozen=True)
class Event:
    """Name the days of one of the shop's own events: a drop, a sale, a closure."""

    name: str
    first_day: date
    last_day: date

    def days(self) -> Iterator[date]:
        """Walk through the event's days, the last one included."""
        for offset in range((self.last_day - self.first_day).days + 1):
            yield self.first_day + timedelta(days=offset)


@dataclass(frozen=True)
class Frames:
    """Carry one shop's named frames, and what is needed to read them.

    `asof` is the last complete day in the shop's own time zone: nothing after it is ever read.
    `once` keeps intermediate results, so that fit and evaluate share one backtest of the same frames.
    """

    tables: Mapping[str, pd.DataFrame]
    asof: date
    country: str = ""
    events: tuple[Event, ...] = ()
    memo: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Give the frame of that name."""
        return self.tables[name]

    def get(self, name: str) -> pd.DataFrame | None:
        """Give the frame of that name, or nothing where the shop has none."""
        return self.tables.get(name)

    def once(self, key: Any, make: Callable[[], Made]) -> Made:
        """Make something from these frames the first time, and give the same afterwards."""
        if key not in self.memo:
            self.memo[key] = make()
        made: Made = self.memo[key]
        return made


@dataclass(frozen=True)
class UseCase:
    """Describe one thing that we predict; heavy functions are named as "module:function" and imported on call."""

    slug: str
    title: str
    needs: tuple[str, ...]
    min_history: timedelta
    unit: Literal["variant", "product", "visitor", "checkout", "customer"]
    serves: Literal["batch", "request"]
    reaches_shoppers: bool  # whether a shopper can see what a new version changes: then a freeze always holds it
    primary_metric: Metric
    evidence: PairedWeeks | Randomised
    fit: str
    predict: str
    evaluate: str
    dump: str
    load: str
    present: str
    answer: str = ""  # of what answers every day for everything: the tables that the shop is served
    replay: str = ""  # the past in money; without it, `words.no_replay` says why there is none
    settings: Mapping[str, str] = field(default_factory=dict)  # argument of `fit` -> setting of the shop
    tested_with: tuple[str, ...] = ()  # those of them that `evaluate` takes, too
    gates: Gates = Gates()
    words: Words = PLAIN
    outputs: tuple[Output, ...] = ()  # the tables of `answer`; the first one's judge counts the units
    own_frames: tuple[OwnFrame, ...] = ()
    rehearsal: Rehearsal | None = None  # without it nothing is tried in a test store
    monitored: Monitored | None = None
    own_words: tuple[str, ...] = ()  # of this family alone: nobody else may say them
    # The usual share of units that are shown nothing, by which alone is known what showing brings; 0: never any.
    hold_out: float = 0.0
    # For use cases that answer on request, by the standard library alone: (what PARAMETERS holds, question) -> answer.
    score: str = ""
    # What PARAMETERS holds -> the most steps (draws, sums, splits) of an answer, of each that is eligible where one is
    # picked: what takes few answers at once, and of all else a thread bounds the time.
    steps: str = ""
    questions: str = ""  # frames -> what was asked of late: a new version is tried on it, as it will run
    asks: str = ""  # the frame whose moments we ask about ourselves as they come; nothing: only doors ask
    # Of what we ask about ourselves: how what a version says is moved by what came since it was learned (decision 127).
    corrects: str = ""  # (fitted, frames, the state before or nothing) -> state, plain JSON
    corrected: str = ""  # by the standard library alone: (what PARAMETERS holds, state) -> the same, moved
    door: Door | None = None  # of what answers every night: visitors are answered from its lists
    till: Till | None = None  # of what a checkout asks
    safe_default: Mapping[str, Any] = field(default_factory=dict)  # the answer where no version gives one in time
    score_seconds: float = 0.05  # that a question may take

    @property
    def is_asked(self) -> bool:
        """Tell whether visitors ask for it one by one, at a door or by a block that says what it showed."""
        return self.serves == "request" or self.unit == "visitor"

    def resolve(self, verb: str) -> Callable[..., Any]:
        """Import the function behind a verb: fit, predict, evaluate, replay, and so on to score."""
        return self.function(getattr(self, verb))

    def output(self, name: str) -> Output:
        """Give the output of that name."""
        return next(output for output in self.outputs if output.name == name)

    def noted(self, frames: Frames) -> dict[str, Any]:
        """Note what a version is learned for that learns from these frames."""
        named = self.monitored.circumstances if self.monitored else ()
        return {each.name: self.function(each.note)(frames) for each in named}

    @property
    def published(self) -> tuple[tuple[Output, Metafields], ...]:
        """List the outputs that fill fields at Shopify, each with them."""
        return tuple((output, output.metafields) for output in self.outputs if output.metafields)

    @property
    def slotted(self) -> tuple[Output, Metafields, Slots] | None:
        """Give the output whose versions take turns at Shopify, if there is one."""
        return next(((output, asked, asked.slots) for output, asked in self.published if asked.slots), None)

    def unjudged(self, tables: Mapping[str, pd.DataFrame]) -> str:
        """Say which tables of an answer nobody looks at, or nothing."""
        names = ", ".join(sorted(tables.keys() - {output.name for output in self.outputs}))
        return f"Nothing can judge {names} of {self.title}, so none of it is shown." if names else ""

    @property
    def has_door(self) -> bool:
        """Tell whether a visitor may ask it a question."""
        return bool(self.score or self.door) and self.is_open

    @property
    def is_open(self) -> bool:
        """Tell whether it may answer at the doors for all: not what a checkout asks by its own, or we ask ourselves."""
        return not (self.till or self.asks)

    def function(self, name: str) -> Callable[..., Any]:
        """Import a function of this use case, named as "module:function"."""
        module_name, function_name = name.split(":")
        module = import_module(f"pipelines.usecases.{self.slug}.{module_name}")
        function: Callable[..., Any] = getattr(module, function_name)
        return function


class NotEnoughHistory(Exception):
    """Say in a merchant's words what is still missing before a use case can learn."""

    retryable = True

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


__all__ = [
    "Budget",
    "Calibration",
    "Circumstance",
    "Door",
    "Event",
    "Figure",
    "Frames",
    "Gates",
    "Held",
    "Level",
    "Limit",
    "Metafields",
    "Metric",
    "Monitored",
    "NotEnoughHistory",
    "OfCustomers",
    "Output",
    "OwnFrame",
    "PairedWeeks",
    "Progress",
    "Randomised",
    "Rehearsal",
    "Remembered",
    "Shown",
    "Slice",
    "Slots",
    "Soundness",
    "Till",
    "UseCase",
    "Words",
    "silent",
]
