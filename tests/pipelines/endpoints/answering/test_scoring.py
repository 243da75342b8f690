"""What takes few steps is answered at once, on the loop; of all else a thread bounds the time."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pipelines.endpoints.answering import scorers, scoring
from pipelines.endpoints.answering.scorers import FEW, Scorer
from pipelines.endpoints.answering.scoring import Outcome
from tests.loops import run
from tests.pipelines.endpoints.answering import answering_use_case


def where(parameters: Any, question: Any) -> dict[str, Any]:
    return {"thread": threading.current_thread().name}


def asked(steps: float, question: Any, function: Callable[..., Any] = where) -> scoring.Result:
    return run(scoring.ask(Scorer(function, {}, 0, steps=steps), question, 20.0))


def is_at_once(steps: float, **question: Any) -> bool:
    answer = asked(steps, question).answer
    assert answer is not None
    return not answer.said["thread"].startswith("scoring")


def test_few_steps_are_taken_at_once_and_many_on_a_thread() -> None:
    assert is_at_once(0) and is_at_once(FEW)
    assert not is_at_once(FEW + 1) and not is_at_once(math.inf)


def test_steps_are_taken_for_each_that_is_eligible() -> None:
    assert is_at_once(FEW / 4, eligible=[{}] * 4) and not is_at_once(FEW / 4, eligible=[{}] * 5)
    assert all(is_at_once(FEW, eligible=eligible) for eligible in ([], None, 7, "many"))


def test_what_fails_at_once_is_an_error_with_its_reason() -> None:
    result = asked(0, {}, lambda parameters, question: parameters["gone"])
    assert (result.outcome, result.reason, result.answer) == (Outcome.ERROR, "KeyError", None)


class Counting(answering_use_case.Greeter):
    """Says how many steps its versions take."""

    def resolve(self, verb: str) -> Callable[..., Any]:
        return len if verb == "steps" else super().resolve(verb)


@pytest.mark.parametrize(("parameters", "steps"), [([1, 2, 3], 3), (7, math.inf), (None, math.inf)])
def test_a_version_whose_steps_cannot_be_counted_has_no_end(parameters: Any, steps: float) -> None:
    case = Counting(**vars(answering_use_case.USE_CASE) | {"steps": "here:steps"})
    assert scorers.steps_of(case, parameters) == steps
    assert scorers.steps_of(replace(case, steps=""), parameters) == math.inf
