"""Who likes which offer is found, with how sure that is; few acceptances say nothing."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.usecases.offers.answering.scorer import FEATURES
from pipelines.usecases.offers.decisions import decisions_of
from pipelines.usecases.offers.learning import context as learning
from pipelines.usecases.offers.learning.choices import of_weights
from pipelines.usecases.offers.learning.context import LEAST_ACCEPTED, Blocks, context_of
from tests.pipelines.usecases.offers import shop
from tests.pipelines.usecases.offers.shop import Market

PHONE = FEATURES.index("phone") + 1


def test_too_few_acceptances_say_nothing() -> None:
    known = decisions_of(shop.frames(1_000)).decisions
    assert np.nansum(known.accepted) < LEAST_ACCEPTED and context_of(known, (1.0, 19.0)) is None


def test_phones_that_like_one_offer_are_found() -> None:
    market = Market(likes={11: 1.0, 12: -1.0}, offers={11: (0.1, 500.0), 12: (0.1, 500.0), 13: (0.1, 500.0)})
    found = context_of(decisions_of(shop.frames(20_000, market=market)).decisions, (2.0, 18.0))
    assert found is not None
    phone = {offer: weights.mean[PHONE] for offer, weights in found.offers.items()}
    assert phone["11"] > 0.5 and phone["12"] < -0.5 and abs(phone["13"]) < 0.25
    spread = {
        offer: of_weights(np.eye(len(FEATURES) + 1), weights)[1][PHONE] for offer, weights in found.offers.items()
    }
    assert max(spread.values()) < of_weights(np.eye(len(FEATURES) + 1), found.new)[1][PHONE]


def test_the_spread_is_that_of_the_whole_curvature() -> None:
    rng = np.random.default_rng(0)
    features = [np.column_stack([np.ones(400), rng.normal(size=400)]) for _ in range(2)]
    accepted = [(rng.random(400) < 0.3).astype(float) for _ in range(2)]
    mean, spread = learning.laplace(Blocks(features, accepted), (2.0, 18.0))
    slope, bend = learning.derivatives(Blocks(features, accepted), mean.reshape(3, 2))
    step = 1e-5
    for at in range(6):
        moved = mean.copy()
        moved[at] += step
        after, _ = learning.derivatives(Blocks(features, accepted), moved.reshape(3, 2))
        np.testing.assert_allclose((slope - after) / step, bend[:, at], atol=1e-2)
    told = learning.weights_of(mean, spread, 2, 1)
    design = rng.normal(size=(5, 2))
    both = np.column_stack([design, design])
    wanted = np.sqrt(np.einsum("ij,jk,ik->i", both, spread[:4, :4], both))
    np.testing.assert_allclose(of_weights(design, told)[1], wanted, rtol=1e-6)


@pytest.mark.parametrize("value", [np.nan, 3.0])
def test_a_feature_that_is_missing_or_never_changes_is_left_as_it_is(value: float) -> None:
    scales = learning.scales_of(np.full((10, 1), value))
    assert scales.tolist() == [[0.0 if np.isnan(value) else 3.0, 1.0]]


def test_of_many_offers_those_shown_most_have_weights_of_their_own() -> None:
    offer = np.repeat(np.arange(60), np.arange(60, 0, -1))
    assert learning.most_shown(offer).tolist() == list(range(learning.MOST_OFFERS))
