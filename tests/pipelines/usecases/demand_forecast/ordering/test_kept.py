"""Orders are cut into steps of whole packs that add up to them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.usecases.demand_forecast.ordering.kept import STEPS, as_steps, steps_of
from pipelines.usecases.demand_forecast.ordering.policies import rounded_order


@given(st.floats(0.1, 5000), st.integers(1, 60), st.integers(0, 300))
def test_steps_are_whole_packs_from_the_smallest_order_to_all_of_it(need, pack, least):
    packs, leasts = np.array([pack]), np.array([least])
    order = rounded_order(np.array([need]), packs, leasts).astype(np.int64)
    units = steps_of(order, packs, leasts)[0]
    assert len(units) == STEPS and units[-1] == order[0]
    assert units[0] == max(pack, -(-least // pack) * pack)
    assert np.all(np.diff(units) >= 0) and np.all(units % pack == 0)


def test_of_few_packs_each_is_a_step():
    (steps,) = as_steps(steps_of(np.array([18]), np.array([6]), np.array([0])), np.ones((1, STEPS)))
    assert [units for units, _ in steps] == [6, 12, 18]
