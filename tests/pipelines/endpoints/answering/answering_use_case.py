"""A use case that answers on request with the parameters of a version, as slowly and badly as a test wants it to."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.usecases.contract import PARAMETERS, UseCase
from tests import exposing, toy_use_case

SAFE = {"greeting": "hello"}


@dataclass
class Mood:
    """How scorers behave in a test."""

    does: Callable[[Any, Mapping[str, Any]], Any] = lambda parameters, question: {
        "greeting": parameters["greeting"], "score": 0.25, "asked": dict(question)
    }  # fmt: skip
    asked: list[str] = field(default_factory=list)  # the greetings of the versions that were asked


mood = Mood()


def score(parameters: Any, question: Mapping[str, Any]) -> Any:
    mood.asked.append(parameters["greeting"])
    return mood.does(parameters, question)


class Greeter(toy_use_case.Toy):
    """The toy, with a scorer."""

    def resolve(self, verb: str) -> Callable[..., Any]:
        return score if verb == "score" else super().resolve(verb)


USE_CASE: UseCase = Greeter(
    **{each.name: getattr(exposing.SHOWN, each.name) for each in dataclasses.fields(exposing.SHOWN)}
    | {"score": "here:score", "safe_default": SAFE, "score_seconds": 5.0}
)


def files(greeting: str) -> dict[str, bytes]:
    """Return the files of a version that greets so."""
    return {PARAMETERS: json.dumps({"greeting": greeting}).encode()}
