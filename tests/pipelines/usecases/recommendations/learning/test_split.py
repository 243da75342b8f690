"""The past is cut by days, and asked about what was really in the baskets afterwards."""

import numpy as np
import pytest

from pipelines.usecases.recommendations.baskets import LARGEST, Baskets, baskets_of
from pipelines.usecases.recommendations.learning.split import (
    ENOUGH_ASKED,
    carts,
    cut_of,
    halves,
    product_pages,
    sample,
    trials,
)
from tests.pipelines.usecases.recommendations import shop


@pytest.fixture(scope="module")
def known() -> Baskets:
    return baskets_of(shop.frames(600))


def test_the_last_tenth_of_the_days_is_tested(known: Baskets) -> None:
    assert cut_of(known) == known.day.max() + 1 - 20


def test_a_day_is_on_one_side_only_and_a_product_must_be_known_by_then(known: Baskets) -> None:
    before, after = halves(known, cut_of(known), least=3)
    assert before.day.max() < cut_of(known) <= after.day.min()
    assert before.bought().min() >= 3 and before.ids.tolist() == after.ids.tolist()


def test_half_of_a_cart_is_known_and_the_other_half_is_wanted(known: Baskets) -> None:
    asked = carts(known, seed=1)
    both, whole = asked.known + asked.wanted, known.where(known.sizes >= 2)
    assert (both != whole.held).nnz == 0
    assert (np.diff(asked.known.indptr) == whole.sizes // 2).all()


def test_of_a_product_page_one_product_is_known(known: Baskets) -> None:
    asked = product_pages(known, seed=1)
    assert (np.diff(asked.known.indptr) == 1).all() and (np.diff(asked.wanted.indptr) >= 1).all()


def test_the_same_seed_asks_the_same_and_another_one_something_else(known: Baskets) -> None:
    first, again, other = (carts(known, seed=seed).known for seed in (1, 1, 2))
    assert (first != again).nnz == 0 < (first != other).nnz


def test_one_product_and_a_wholesaler_are_not_asked_about() -> None:
    assert len(carts(shop.baskets((1,), tuple(range(LARGEST + 1)), (1, 2)), seed=0)) == 1


def test_questions_can_be_fewer(known: Baskets) -> None:
    asked = carts(known, seed=1)
    assert len(sample(asked, 10, seed=0)) == 10 and len(sample(asked, 10**6, seed=0)) == len(asked)


def test_a_shop_with_orders_enough_is_split_by_time(known: Baskets) -> None:
    whole = baskets_of(shop.frames(3_000))
    (only,) = trials(whole, seed=0)
    assert only.today == cut_of(whole) > only.before.day.max() and len(only.after) >= ENOUGH_ASKED


def test_of_few_orders_each_is_held_out_once_and_what_is_held_out_is_not_learned(known: Baskets) -> None:
    tried = trials(known, seed=0, least=1)
    assert len(tried) == 10 and sum(len(each.after) for each in tried) == len(known)
    for each in tried:
        assert len(each.before) + len(each.after) == len(known) and each.today == known.day.max() + 1
    first, again, other = (trials(known, seed=seed)[0].after.held for seed in (1, 1, 2))
    assert first.shape == again.shape and (first != again).nnz == 0
    assert first.shape != other.shape or (first != other).nnz


def test_only_the_latest_baskets_are_held_out(known: Baskets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.usecases.recommendations.learning.split.MOST_HELD_OUT", 50)
    tried = trials(known, seed=0, least=1)
    assert sum(len(each.after) for each in tried) <= 50
    assert min(each.before.day.min() for each in tried) >= np.sort(known.day)[-50]
