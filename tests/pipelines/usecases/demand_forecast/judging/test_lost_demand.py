"""Days without stock are filled from the nearest same weekdays with stock."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipelines.usecases.demand_forecast.judging.lost_demand import impute_stockouts


def slowly(units, out):
    """Sort the same weekdays by distance, earlier first, and take eight."""
    filled = units.copy()
    for row, day in zip(*np.nonzero(out), strict=True):
        same = [other for other in range(day % 7, units.shape[1], 7) if not out[row, other]]
        nearest = sorted(same, key=lambda other: (abs(other - day), other))[:8]
        if nearest:
            filled[row, day] = np.mean([units[row, other] for other in nearest])
    return filled


@given(seed=st.integers(0, 2**32 - 1), days=st.integers(1, 160), share=st.sampled_from([0.0, 0.1, 0.5, 0.95, 1.0]))
def test_it_equals_a_slow_search(seed, days, share):
    random = np.random.default_rng(seed)
    units = random.poisson(3.0, size=(4, days)).astype(float)
    out = random.random((4, days)) < share
    before = units.copy()
    np.testing.assert_allclose(impute_stockouts(units, out), slowly(units, out))
    np.testing.assert_array_equal(units, before)


def test_saturdays_are_filled_from_saturdays():
    units = np.tile([1.0, 1, 1, 1, 1, 9, 1], (1, 4))
    out = np.zeros(units.shape, dtype=bool)
    out[0, 12] = True
    units[0, 12] = 0
    assert impute_stockouts(units, out)[0, 12] == 9
