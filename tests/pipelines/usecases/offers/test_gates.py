"""What is asked for in gates is what is measured."""

from __future__ import annotations

import pytest

from pipelines.usecases.contract import Limit
from pipelines.usecases.offers import USE_CASE
from pipelines.usecases.offers.judging.evaluation import SLICES, evaluate
from tests.pipelines.usecases.offers import shop


@pytest.mark.parametrize("limit", USE_CASE.gates.limits, ids=lambda limit: limit.figure)
def test_each_bound_is_of_a_figure_with_its_range_and_has_a_sentence(limit: Limit) -> None:
    figures = evaluate(shop.frames(6_000, days=40)).as_dict()
    low, high = figures[limit.spread]
    assert low <= figures["candidate"][limit.figure] <= high
    assert limit.words.format(percent=12.0, side="high").endswith(".") and limit.unknown.endswith(".")


def test_each_part_is_measured() -> None:
    assert {part.key for part in USE_CASE.gates.slices} == set(SLICES)
