"""Visits: how likely a visitor orders within a day, asked while the visitor waits; who hesitates is shown a hint.

Reads   visits: unique_id | ds | pages | is_returning | ordered
Writes  unique_id | ds | y_hat
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Any

from pipelines.usecases.contract import Budget, Gates, Limit, Metric, Monitored, Randomised, UseCase
from tests.families.visits.wording import WORDS

SLUG = "visits"


class Visits(UseCase):
    """A use case whose folder lies with the tests."""

    def function(self, name: str) -> Callable[..., Any]:
        module_name, _, function_name = name.partition(":")
        found: Callable[..., Any] = getattr(import_module(f"{__name__}.{module_name}"), function_name)
        return found


USE_CASE = Visits(
    slug=SLUG,
    title="Visits",
    needs=("visits",),
    min_history=timedelta(days=14),
    unit="visitor",
    serves="request",
    reaches_shoppers=True,
    primary_metric=Metric("log_loss", lower_is_better=True),
    evidence=Randomised(),
    fit="model:fit",
    predict="model:predict",
    evaluate="evaluation:evaluate",
    dump="model:dump",
    load="model:load",
    present="presentation:present",
    score="scorer:score",
    questions="model:questions",
    safe_default={"hint": False},
    monitored=Monitored(
        features=("pages", "is_returning"),
        prediction="y_hat",
        outcome="ordered",
        matures_after=timedelta(days=1),
        says="chances",
        names={"pages": "pages seen", "is_returning": "returning visitors"},
    ),
    gates=Gates(
        limits=(
            Limit(
                "As many orders as said",
                "gap",
                -0.1,
                0.1,
                "It says {percent:.0f} of 100 visits more or less than order, on the {side} side.",
                "Not known how many of those visits ordered.",
            ),
        ),
        budget=Budget(seconds=2.0, seconds_per_thousand=5.0, bytes=10_000),
    ),
    words=WORDS,
    own_words=("hesitat",),
)
