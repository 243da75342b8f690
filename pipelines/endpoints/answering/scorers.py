"""A version that can answer, in memory: its parameters, read once and checked, and the function that asks them."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from pipelines.lifecycle.errors import ArtifactRefused, ArtifactUnavailable
from pipelines.lifecycle.versions import artifacts, corrections
from pipelines.models import Correction, ModelVersion
from pipelines.records import record
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import PARAMETERS, UseCase

log = logging.getLogger(__name__)

LARGEST = 2 * 1024 * 1024  # bytes of parameters
LARGEST_ANSWER = 64 * 1024
FEW = 10_000  # steps that are taken at once: a tenth of a millisecond to one, where nothing of them is kept yet
PLAIN = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS


class Unsound(Exception):
    """What a version said is no answer."""


@record(frozen=True, slots=True)
class Answer:
    """What a version said, as it is sent; and its figure, if it has one."""

    written: bytes
    score: float | None
    version: int | None = None  # its number
    said: Mapping[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Scorer:
    """One version, ready to be asked from any thread: by its parameters, or by the lists that it wrote."""

    function: Callable[..., Any]
    parameters: Any
    size: int
    number: int | None = None
    is_held: bool = False
    steps: float = math.inf  # of an answer at most, for each that is eligible
    signed: Any = None  # the parameters as they were signed, where corrections move them
    correction: int | None = None  # the row by which they are moved
    closed: frozenset[int] = frozenset()  # what no list may show now
    mark: object = None  # when its lists were written
    overdue: set[Any] = field(default_factory=set)  # calls that nobody waits for any more, and that still run
    used: float = field(default_factory=time.monotonic)

    def is_brief(self, question: Mapping[str, Any]) -> bool:
        """Tell whether an answer is bounded so closely that it needs no thread."""
        eligible = question.get("eligible")
        return self.steps * max(1, len(eligible) if isinstance(eligible, list) else 1) <= FEW

    def answer(self, question: Mapping[str, Any]) -> Answer:
        """Ask the version; raises Unsound, or whatever goes wrong in it."""
        said = self.function(self.parameters, question, *([self.closed] if self.is_held else []))
        if not isinstance(said, dict):
            raise Unsound("an answer is an object")
        written = in_json(said)
        if len(written) > LARGEST_ANSWER:
            raise Unsound("an answer is short")
        return Answer(written, figure(said.get("score")), self.number, said)


@dataclass(eq=False)
class Unfit:
    """A version that cannot answer, and whether it is to blame."""

    reason: str
    is_to_blame: bool
    mark: object = None
    since: float = field(default_factory=time.monotonic)
    used: float = field(default_factory=time.monotonic)
    size: int = 0


def load(use_case: str, shop: int, number: int) -> Scorer | Unfit:
    """Read a version of a shop by its id; says why where it cannot be asked."""
    try:
        version = ModelVersion.objects.for_shop(shop).get(pk=number, use_case=use_case)
        content = artifacts.load_file(version, PARAMETERS)
    except ModelVersion.DoesNotExist:
        return Unfit("no such version", is_to_blame=False)
    except ArtifactUnavailable as error:
        log.warning("version %d cannot be read now: %s", number, error)
        return Unfit("unavailable", is_to_blame=False)
    except ArtifactRefused as error:
        log.error("version %d is refused: %s", number, error)
        return Unfit("refused", is_to_blame=True)
    if content is None or len(content) > LARGEST:
        return Unfit("no parameters" if content is None else "large parameters", is_to_blame=True)
    case = USE_CASES[use_case]
    found = Scorer(case.resolve("score"), json.loads(content), len(content), version.number)
    found.steps = steps_of(case, found.parameters)
    if case.corrected:
        found.signed = found.parameters
        move(found, use_case, corrections.newest(number))
    return found


def steps_of(case: UseCase, parameters: Any) -> float:
    """Return how many steps an answer takes at most; no end where nobody says."""
    try:
        return float(case.resolve("steps")(parameters)) if case.steps else math.inf
    except Exception as error:
        log.warning("it cannot be said how long a version of %s may take: %s", case.slug, type(error).__name__)
        return math.inf


def move(scorer: Scorer, use_case: str, row: Correction | None) -> None:
    """Let a version say what its newest correction makes of it; as it was signed where none holds."""
    scorer.parameters, scorer.correction = corrections.moved(use_case, scorer.signed, row), row.pk if row else None


def in_json(said: Mapping[str, Any]) -> bytes:
    """Write an answer; raises ValueError or TypeError where it is none, or holds a number that is none."""
    try:
        written = orjson.dumps(said, option=PLAIN)
        if b"null" not in written:  # else a number may be none, which only the slow way tells from nothing
            return written
    except TypeError:
        pass
    return json.dumps(said, allow_nan=False, separators=(",", ":")).encode()


def figure(score: Any) -> float | None:
    """Return a number as it is logged."""
    is_number = isinstance(score, int | float) and not isinstance(score, bool) and math.isfinite(score)
    return float(score) if is_number else None
