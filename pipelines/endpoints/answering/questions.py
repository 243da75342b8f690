"""What may be asked: a small object in JSON, of plain numbers and short texts, not nested deeply."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

import orjson

from pipelines.records import record

SHOPPER = "shopper"  # who asks: said by Shopify's signature alone, never by a question, and never written down
LARGEST = 16 * 1024  # bytes
DEEPEST = 5
MOST = 500  # values
LONGEST = 256  # characters of a text
LARGEST_NUMBER = 1e15  # beyond it a number is no longer exact


class Unusable(Exception):
    """The body is not a question."""


@record(frozen=True, slots=True)
class Asked:
    """A question, and the pass that came with it."""

    given: str
    question: dict[str, Any]


def read(body: bytes) -> Asked:
    """Return what is asked, or raise Unusable with a reason."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Unusable("the body is not JSON") from None
    match told:
        case {"pass": str(given), "question": dict(question)} if len(told) == 2:
            require_small(question)
            return Asked(given, without_shopper(question))
    raise Unusable("the body is not {pass, question}")


def read_alone(text: str) -> dict[str, Any]:
    """Return a question that came without a pass, or raise Unusable with a reason."""
    try:
        question = orjson.loads(text) if len(text) <= LARGEST else None
    except (orjson.JSONDecodeError, ValueError):
        question = None
    if not isinstance(question, dict):
        raise Unusable("the question is no small object in JSON")
    require_small(question)
    return without_shopper(question)


def without_shopper(question: dict[str, Any]) -> dict[str, Any]:
    """Leave out who asks."""
    return {name: value for name, value in question.items() if name != SHOPPER}


def require_small(question: dict[str, Any]) -> None:
    """Refuse a question that no scorer should have to think of."""
    level: list[Any] = [question]
    depth, count = 0, 0
    while level:
        depth, count = depth + 1, count + len(level)
        if count > MOST:
            raise Unusable("the question has too many values")
        if depth > DEEPEST:
            raise Unusable("the question is nested too deeply")
        level = list(chain.from_iterable(inside(value) for value in level))


def inside(value: Any) -> Iterable[Any]:
    """Return the names and values in a value, or raise Unusable where it is too long or too large."""
    if isinstance(value, str):
        if len(value) > LONGEST:
            raise Unusable("the question has a long text")
    elif isinstance(value, dict):
        return [*value, *value.values()]
    elif isinstance(value, list):
        return value
    # Written so that what is no number is refused, too.
    elif isinstance(value, int | float) and not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
        raise Unusable("the question has a number that is none, or too large")
    return ()
