"""What belongs together, against slow and independent loops."""

import numpy as np
import pytest
from scipy import sparse

from pipelines.usecases.recommendations.baskets import baskets_of
from pipelines.usecases.recommendations.learning import together
from pipelines.usecases.recommendations.learning.together import ALIKE, DRAWN, MISSING, RIDGE, learn
from tests.pipelines.usecases.recommendations import shop

EVEN = [(1, 2), (1, 2), (1, 3), (2, 3), (4, 1)]
FOREVER = 1e9


def today(known: object) -> int:
    return int(known.day.max())  # type: ignore[attr-defined]


def test_pairs_count_the_baskets_that_hold_both() -> None:
    counted = together.pairs_of(shop.baskets(*EVEN).held).toarray()
    expected = [[sum(a in b and c in b for b in EVEN) for c in (1, 2, 3, 4)] for a in (1, 2, 3, 4)]
    assert counted.tolist() == expected


def test_a_chance_is_the_share_of_baskets_drawn_by_ten_towards_what_all_do() -> None:
    known = shop.baskets(*EVEN)
    found = learn(known, today=today(known), half_life=FOREVER)
    assert found.chance[0, 1] == pytest.approx(2 / (4 + DRAWN))
    assert found.drawn[0] == pytest.approx(DRAWN / (4 + DRAWN))
    assert found.usual[0] == pytest.approx(4 / 5) and found.chance[0, 0] == 0


def test_likeness_is_the_cosine_of_baskets_where_few_say_little() -> None:
    known = shop.baskets(*EVEN)
    pairs = together.pairs_of(known.held)
    found = together.cosine(pairs, pairs.diagonal())
    assert found[0, 1] == pytest.approx(2 / (np.sqrt(4 * 3) + ALIKE), rel=1e-6)


def test_the_best_of_a_product_is_one_on_the_average_and_a_chance_is_squared() -> None:
    known = shop.baskets(*EVEN)
    found = learn(known, today=today(known), half_life=FOREVER)
    assert found.fit.max(axis=1).mean() == pytest.approx(1) == found.strong.max(axis=1).mean()
    assert found.strong / found.strong.max() == pytest.approx((found.chance / found.chance.max()) ** 2)


def test_ease_tells_each_product_from_all_others_as_ridge_regression_does() -> None:
    held = baskets_of(shop.frames(400)).held
    weights = together.ease(together.pairs_of(held))
    X, column = held.toarray().astype(np.float64), 3
    others = np.delete(X, column, axis=1)
    ridge = RIDGE + MISSING / (1 - MISSING) * others.sum(axis=0)
    slow = np.linalg.solve(others.T @ others + np.diag(ridge), others.T @ X[:, column])
    assert np.delete(weights[:, column], column) == pytest.approx(slow, abs=1e-4)
    assert not weights.diagonal().any()


def test_an_inverse_is_one_however_many_blocks_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = np.random.default_rng(0).normal(size=(20, 9))
    gram = (drawn.T @ drawn).astype(np.float32)
    monkeypatch.setattr(together, "BLOCK", 4)
    assert together.inverse_of(gram.copy()) @ gram == pytest.approx(np.eye(9), abs=1e-4)


@pytest.mark.parametrize(("orders", "is_ease"), [(2_999, False), (3_000, True)])
def test_a_shop_with_few_orders_asks_likeness(orders: int, is_ease: bool) -> None:
    known = baskets_of(shop.frames(400))
    found = learn(known, today=today(known), half_life=FOREVER, orders=orders)
    assert (found.fit.min() < 0) == is_ease  # only a regression says that one product keeps another away


def test_many_products_stay_sparse_and_mean_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    known = baskets_of(shop.frames(400))
    dense = learn(known, today=today(known), half_life=FOREVER)
    monkeypatch.setattr(together, "MOST_PRODUCTS", 3)
    few = learn(known, today=today(known), half_life=FOREVER)
    assert sparse.issparse(few.chance) and np.allclose(few.chance.toarray(), dense.chance)
    assert np.allclose(few.fit.toarray(), dense.fit)


def test_a_basket_counts_half_after_the_half_life() -> None:
    old, new = shop.lines((1, 2)), shop.lines((1, 3), day="2026-06-11").assign(basket=1)
    known = shop.basket_matrix(together_lines(old, new), shop.pd.Index([1, 2, 3]))
    found = learn(known, today=today(known), half_life=10)
    assert found.chance[0, 1] == pytest.approx(found.chance[0, 2] / 2)


def together_lines(*tables: object) -> object:
    return shop.pd.concat(tables)


def test_what_sells_of_late_has_a_trend_above_one() -> None:
    known = baskets_of(shop.frames(400))
    lately = known.day > known.day.max() - 20
    first = known.ids.tolist().index(100)
    season = known.where(lately | (known.held[:, [first]].toarray().ravel() == 0))
    found = learn(season, today=today(season), half_life=FOREVER)
    assert found.trend[first] > 1.5 > found.trend[known.ids.tolist().index(101)]
