"""What the short form of a measurement may be off by, since few stores were drawn and the truth has few pasts, too."""

import numpy as np
import pytest

from benchmarks.usecases.demand_forecast.evidence import replay as evidence

SHOPS, STORES, COPIES = 5, 12, 20
DRAWN = 2 * np.sqrt(1 / (SHOPS * STORES) + 1 / (SHOPS * COPIES))  # two deviations of a gain less its truth


def holds(bias: float, covered: float = 0.95, praised: float = 0.0) -> list[bool | None]:
    found = evidence.Found(evidence.Kind("plain"), "worse", bias, covered, praised)
    return [row.holds for row in evidence.of_a_case(found, SHOPS, STORES, COPIES)]


@pytest.mark.parametrize("sign", [1, -1])
def test_a_bias_is_allowed_what_the_stores_and_the_truths_own_draws_explain(sign):
    assert holds(sign * (0.149 + DRAWN))[0] and not holds(sign * (0.151 + DRAWN))[0]


def test_shares_are_allowed_what_so_few_stores_explain():
    drawn = 0.5 / np.sqrt(SHOPS * STORES)
    assert holds(0, 0.871 - drawn, 0.024 + drawn) == [True, True, True]
    assert holds(0, 0.869 - drawn, 0.026 + drawn) == [True, False, False]
