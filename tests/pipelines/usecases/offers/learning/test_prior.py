"""What any offer is like comes from all of them, beside a weak opinion."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.usecases.offers.learning.prior import WEAK, prior_of


def test_without_counts_it_is_the_stated_opinion() -> None:
    assert prior_of([], []) == prior_of([0, 0], [0, 0]) == WEAK


def test_many_offers_tell_how_offers_differ() -> None:
    rng = np.random.default_rng(0)
    shown = np.full(200, 2_000)
    rate = rng.beta(6, 54, size=200)
    a, b = prior_of(shown, rng.binomial(shown, rate))
    assert a / (a + b) == pytest.approx(0.1, abs=0.01) and a + b == pytest.approx(60, rel=0.35)
    alike = prior_of(shown, rng.binomial(shown, 0.1))
    assert sum(alike) > 3 * (a + b)


@pytest.mark.parametrize(("accepted", "low", "high"), [(0, 0.0, 0.03), (400, 0.3, 1.0)])
def test_one_offer_moves_it_without_making_it_sure(accepted: int, low: float, high: float) -> None:
    a, b = prior_of([400], [accepted])
    assert low < a / (a + b) < high and a >= 1
