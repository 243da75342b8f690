"""An answer is written as JSON, soon, and what is none is no answer, however deep it stands."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from pipelines.endpoints.answering.scorers import in_json


@dataclass
class Thing:
    name: str = "x"


@pytest.mark.parametrize(
    "said", [{}, {"a": [1, 2.5, "é", True]}, {"a": None}, {"a": "null"}, {1: "by number"}, {"a": 2**70}]
)
def test_what_json_can_say_is_said(said: dict[Any, Any]) -> None:
    assert json.loads(in_json(said)) == json.loads(json.dumps(said))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [None, {"b": float("-inf")}]])
def test_a_number_that_is_none_is_no_answer(value: Any) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        in_json({"a": value})


@pytest.mark.parametrize("value", [{1, 2}, Thing(), datetime(2026, 1, 1, tzinfo=UTC), b"x"])
def test_what_json_has_no_word_for_is_no_answer(value: Any) -> None:
    with pytest.raises(TypeError):
        in_json({"a": value})
