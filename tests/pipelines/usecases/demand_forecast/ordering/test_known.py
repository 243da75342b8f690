"""What is known before anything is decided."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pipelines.usecases.demand_forecast.ordering.known import abc_classes, with_costs


def test_a_unit_without_a_known_cost_costs_a_share_of_its_price_and_says_so():
    variants = pd.DataFrame({"price_minor": [1_000, 1_000, None], "unit_cost_minor": [None, 420.0, None]})
    known = with_costs(variants, 0.5)
    assert known["unit_cost_minor"].tolist() == [500, 420, 0]
    assert known["cost_is_estimated"].tolist() == [True, False, True]


@given(st.lists(st.floats(0, 1e6), max_size=30))
def test_abc_follows_cumulated_revenue(revenue):
    classes = abc_classes(np.array(revenue))
    assert len(classes) == len(revenue)
    total = sum(revenue)
    for mine, value in zip(classes, revenue, strict=True):
        ahead = sum(other for other in revenue if other > value) / total if total else 1.0
        assert mine == "C" or value > 0
        if mine == "A":
            assert ahead < 0.8
    if total > 0:
        assert classes[int(np.argmax(revenue))] == "A"
