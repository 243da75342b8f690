"""A blend is a chance with best sellers behind it, beside what fits the whole cart."""

import numpy as np
import pytest
from scipy import sparse

from pipelines.usecases.recommendations.baskets import baskets_of
from pipelines.usecases.recommendations.learning.blend import BEST_SELLERS, Blend, Parts, to_one
from pipelines.usecases.recommendations.learning.together import learn
from tests.pipelines.usecases.recommendations import shop


@pytest.fixture(scope="module")
def known() -> object:
    return baskets_of(shop.frames(600))


@pytest.fixture(scope="module")
def parts(known: object) -> Parts:
    asked = sparse.csr_matrix(
        np.vstack([known.ids == 100, np.isin(known.ids, [101, 305]), known.ids == -5]), dtype=float
    )
    return Parts.of(learn(known, today=int(known.day.max()), half_life=180), asked)


def test_the_partner_of_a_product_comes_first(known: object, parts: Parts) -> None:
    for blend in (Blend(best_sellers=0.1), Blend(0.65, 0.0, 0.15), Blend(1.0)):
        assert known.ids[parts.blended(blend)[0].argmax()] == 200
        partner, other = (known.ids.tolist().index(each) for each in (201, 200))
        assert parts.blended(blend)[1][partner] > 3 * parts.blended(blend)[1][other]


def test_best_sellers_alone_are_the_same_for_everybody(known: object, parts: Parts) -> None:
    said = parts.blended(BEST_SELLERS)
    assert (said == said[0]).all() and known.ids[said[0].argmax()] == 301


def test_with_enough_of_them_a_blend_becomes_best_sellers(known: object, parts: Parts) -> None:
    assert known.ids[parts.blended(Blend(best_sellers=50.0))[0].argmax()] == 301


def test_an_empty_cart_and_a_product_never_sold_are_answered_by_what_sells_anyway(known: object, parts: Parts) -> None:
    said = parts.blended(Blend())[2]
    assert known.ids[said.argmax()] == 301 and np.isfinite(said).all()


def test_a_blend_of_both_parts_lies_between_them(parts: Parts) -> None:
    chance, fit = to_one(parts.blended(Blend(0.0, 0.0))), to_one(parts.blended(Blend(1.0, 0.0)))
    assert parts.blended(Blend(0.25, 0.0)) == pytest.approx(0.75 * chance + 0.25 * fit, abs=1e-6)
