"""What is looked at of a use case's answers: before they reach anybody in the test store, and once they run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from pipelines.usecases.outputs import OwnFrame

MISSED = ("missed", "missed_by_rule")  # squared errors of chances, added up


@dataclass(frozen=True)
class Figure:
    """Name a figure of an answer: as it is stored, in what it is counted, and the function that reads it."""

    name: str
    unit: str
    function: str


@dataclass(frozen=True)
class Rehearsal:
    """Say what the test store compares day by day, and shows.

    `expected`, `jumps` and `differing` read one number of each unit off the tables of an answer; `figures` read one in
    all. `happened` takes frames and a day, and gives what happened by unit with the units that judge nobody.
    """

    expected: Figure
    happened: Figure
    differing: Figure
    jumps: Figure
    figures: tuple[Figure, ...]
    names: str  # "module:function": tables -> unit -> what it is called
    few: float  # so little error tells nothing
    too_few: str  # and is told so


@dataclass(frozen=True)
class Circumstance:
    """Name something that a version is learned for, and how much of it may change before it is learned anew.

    `note` takes frames and gives what is kept with the version; `share` takes that and later frames, and gives the
    share of units, 0 to 1, for which it is so no more.
    """

    name: str  # many of something: "lead times"
    note: str
    share: str
    most: float


@dataclass(frozen=True)
class Level:
    """Hold what was said of some days in all, what else was to be expected of them, and what came.

    `spread` is how far such days lie from what is usual beyond chance, as a variance in shares; `ahead` and
    `usual_ahead` are of the 28 days to come.
    """

    said: tuple[float, ...]
    usual: tuple[float, ...]
    came: tuple[float, ...]
    spread: float
    ahead: float
    usual_ahead: float


@dataclass(frozen=True)
class Monitored:
    """Say what is watched of what runs, when an outcome is known for good, and how accuracy is worked out.

    What says `chances` answers on request with a `score` that is how likely its unit orders within `matures_after`: its
    figures are worked out for every such use case alike. So are those of what says `takes`: its `score` is how likely
    what it picked is taken, and `taken` is the frame of its own that holds both; a score of 0 picks nothing. Of all
    else that is answered in batches, `accuracy` takes frames, what was said, and the days of a period, and gives
    figures by name; `missed` names two of them that a month's report sets side by side: by how much a version missed
    what happened, and the simple rule; `totals` names two likewise of 28 days, as shares of what happened in all.
    `rows` takes frames and gives the features of each unit and day, `ds` beside them; without it they stand in a frame.
    `level` takes frames, what a version said from some origins and, where there is one, what the one before it said
    from the same, and gives the `Level` of the days after these origins that are over.
    """

    features: tuple[str, ...]
    prediction: str
    outcome: str
    matures_after: timedelta
    accuracy: str = ""
    says: Literal["amounts", "chances", "takes"] = "amounts"
    taken: OwnFrame | None = None  # version | ds | hour | score | came (nothing: not known yet)
    missed: tuple[str, str] | None = None
    totals: tuple[str, str] | None = None
    rows: str = ""
    level: str = ""
    reads: tuple[str, ...] = ()  # of an output that is held: the columns by which a day's lists are judged
    names: Mapping[str, str] = field(default_factory=dict)  # feature -> what a merchant calls many of it
    may_rest: tuple[str, ...] = ()  # features that are all one on days on which nothing is wrong
    told_once: tuple[str, ...] = ()  # features that several rows share and one of them holds: windows count those rows
    circumstances: tuple[Circumstance, ...] = ()

    @property
    def compared(self) -> tuple[str, str] | None:
        """Name the two figures that a month's report sets side by side."""
        return MISSED if self.says == "chances" else self.missed

    def name_of(self, feature: str) -> str:
        """Name a feature as a merchant does."""
        return self.names.get(feature, feature.replace("_", " "))
