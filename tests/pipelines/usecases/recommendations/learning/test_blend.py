"""A blend is a chance with best sellers behind it, beside what fits the whole cart."""

import numpy as np
import pytest
from scipy import sparse

from pipelines.usecases.recommendations.baskets import baskets_of
from pipelines.usecases.recommendations.learning.blend import BEST_SELLERS, Blend, Parts
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
    return Parts(learn(known, today=int(known.day.max()), half_life=180), asked)


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
    behind = 1e-6 * parts.together.share
    assert parts.blended(Blend(0.25, 0.0)) == pytest.approx(0.75 * parts.strong + 0.25 * parts.fit + behind, abs=1e-6)


def test_a_cart_adds_up_what_each_of_its_products_says(known: object, parts: Parts) -> None:
    both, blend = np.flatnonzero(np.isin(known.ids, [101, 305])), Blend(0.4, 0.0, 0.15)
    alone = Parts(parts.together, sparse.identity(len(known.ids), format="csr")[both]).blended(blend)
    assert parts.blended(blend)[1] == pytest.approx(alone.mean(axis=0), abs=1e-6)


def test_one_that_is_sure_counts_more_than_many_that_are_not() -> None:
    sure, unsure = [(1, 9)] * 20 + [(1, 8)] * 2, [(number, 8) for number in (2, 3, 4) for _ in range(8)]
    other = [(number, 7) for number in (2, 3, 4) for _ in range(12)]
    held = shop.baskets(*sure, *unsure, *other)
    cart = sparse.csr_matrix(np.isin(held.ids, [1, 2, 3, 4])[None, :], dtype=float)
    parts = Parts(learn(held, today=int(held.day.max()), half_life=180), cart)
    places = [held.ids.tolist().index(each) for each in (9, 8)]
    assert parts.strong[0, places[0]] > parts.strong[0, places[1]]
    assert parts.chance[0, places[0]] < parts.chance[0, places[1]]
