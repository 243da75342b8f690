"""The variant's page says what a planned sale does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipelines.usecases.demand_forecast.explanation import explain
from pipelines.usecases.demand_forecast.learning.history import history_of
from pipelines.usecases.demand_forecast.promotions.told import planned_sales
from tests.pipelines.usecases.demand_forecast.promotions.shops import planned, sold_at

DAYS = 98


def test_a_variant_with_a_planned_sale_says_when_how_much_and_what_it_does() -> None:
    frames = sold_at(np.zeros((2, DAYS)), 0.0, rate=3, priced=False)
    told = planned_sales(history_of(replace(frames, tables={**frames.tables, "planned_sales": plan()})), 28)
    assert told == ["", "Your sale of 25 % from 18 to 20\xa0Apr: about 1.7 times as much"]


def plan():
    return planned([2], DAYS + 5, DAYS + 7, 0.25)


def test_the_reasons_name_the_sale() -> None:
    parts = {"recent_level": 10.0, "promotion": 6.0}
    assert explain(parts, sold_28=10, forecast_28=16, promotion="Your sale")[-1] == ("Your sale", 6)
