"""A use case that answers on request: a logistic score of twenty numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from pipelines.usecases.contract import Metric, Randomised, UseCase

SLUG = "answering"
NOBODY_ASKS = "nobody:asks"
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
    slug=SLUG,
    title="Answering",
    needs=("daily_sales",),
    min_history=timedelta(days=1),
    unit="visitor",
    serves="request",
    reaches_shoppers=True,
    primary_metric=Metric("error", lower_is_better=True),
    evidence=Randomised(),
    score="use_case:score",
    safe_default={"score": 0.0},
    fit=NOBODY_ASKS,
    predict=NOBODY_ASKS,
    evaluate=NOBODY_ASKS,
    answer=NOBODY_ASKS,
    dump=NOBODY_ASKS,
    load=NOBODY_ASKS,
    present=NOBODY_ASKS,
)
