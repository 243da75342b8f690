"""A range counts weeks and units; eight weeks are the least."""

import numpy as np
import pytest
from scipy.stats import t

from pipelines.stats.inference.significance import independent, total_of


def test_less_than_eight_weeks_have_no_range() -> None:
    assert total_of(np.ones((3, 7))) is None and total_of(np.ones((3, 8))) is not None


def test_the_range_adds_what_weeks_and_units_vary() -> None:
    gains = np.array([[5.0, 1, 4, 2, 6, 0, 5, 1], [0, 0, 0, 0, 0, 0, 0, 8]])
    by_week, by_unit = gains.sum(axis=0), gains.sum(axis=1)
    found = total_of(gains)
    reach = t.ppf(0.975, 7) * np.sqrt(8 * by_week.var(ddof=1) + 2 * by_unit.var(ddof=1))
    assert independent(by_week) == 8 and found.value == gains.sum()
    assert (found.low, found.high) == pytest.approx((gains.sum() - reach, gains.sum() + reach))


def test_weeks_that_go_together_count_as_fewer() -> None:
    together, apart = np.repeat([3.0, -3.0, 4.0, -4.0], 3), np.tile([3.0, -3.0], 6)
    assert independent(together) < 6 and independent(apart) == 12
    assert independent(np.zeros(12)) == 12
    wide, narrow = (total_of(weeks[None]) for weeks in (together, apart))
    assert (wide.high - wide.low) / together.std() > 1.5 * (narrow.high - narrow.low) / apart.std()


@pytest.mark.parametrize(("memory", "least"), [(0.0, 0.93), (0.5, 0.90)])
def test_it_covers_the_truth_about_as_often_as_it_says(memory: float, least: float) -> None:
    random = np.random.default_rng(0)
    held = []
    for _ in range(600):
        shared = [random.normal()]
        for _ in range(11):
            shared.append(memory * shared[-1] + np.sqrt(1 - memory**2) * random.normal())
        found = total_of(2 + np.array(shared) + random.normal(0, 3, (50, 12)))
        held.append(found.low <= 50 * 24 <= found.high)
    assert np.mean(held) >= least
