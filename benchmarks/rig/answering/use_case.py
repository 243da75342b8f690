"""A use case that answers on request: a logistic score of twenty numbers."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

from pipelines.usecases import demand_forecast
from pipelines.usecases.contract import OrdersWithinADay, UseCase

SLUG = "answering"
NAMES = [f"feature_{number}" for number in range(20)]


def score(parameters: Mapping[str, float], question: Mapping[str, Any]) -> dict[str, float]:
    """Weigh the numbers of a question."""
    total = sum(weight * question.get(name, 0.0) for name, weight in parameters.items())
    return {"score": 1 / (1 + math.exp(-total))}


class Answering(UseCase):
    """A use case whose scorer stands in this file."""

    def resolve(self, verb: str) -> Callable[..., Any]:
        """Give the scorer."""
        return score if verb == "score" else super().resolve(verb)


USE_CASE = Answering(
    **{each.name: getattr(demand_forecast.USE_CASE, each.name) for each in dataclasses.fields(UseCase)}
    | {
        "slug": SLUG,
        "title": "Answering",
        "unit": "visitor",
        "serves": "request",
        "reaches_shoppers": True,
        "evidence": OrdersWithinADay(),
        "score": "use_case:score",
        "safe_default": {"score": 0.0},
    }
)
