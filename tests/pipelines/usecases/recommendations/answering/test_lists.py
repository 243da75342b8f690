"""Each pick has a reason that is true, and new products are seen in the stated share of places."""

import numpy as np
import pytest
from scipy import sparse

from pipelines.usecases.recommendations.answering import lists
from pipelines.usecases.recommendations.answering.filters import allowed_of
from pipelines.usecases.recommendations.answering.lists import EXPLORED, Known, alikes_of, as_table, lists_of
from pipelines.usecases.recommendations.learning.similar import catalogue_of
from pipelines.usecases.recommendations.wording import REASONS
from tests.pipelines.usecases.recommendations import shop

PRODUCTS = shop.products()
IDS = PRODUCTS["unique_id"].to_numpy()
N = len(IDS)


def known(*, rules: object = None, new: tuple[int, ...] = (), pairs: dict[tuple[int, int], int] | None = None) -> Known:
    table = np.zeros((N, N), dtype=np.float32)
    for (a, b), count in (pairs or {}).items():
        table[at(a), at(b)] = table[at(b), at(a)] = count
    bought = np.where(np.isin(IDS, new), 0, 50)
    allowed = allowed_of(PRODUCTS, rules, IDS)
    return Known(allowed, sparse.csr_matrix(table), catalogue_of(PRODUCTS, IDS), bought, np.isin(IDS, new))


def at(product: int) -> int:
    return IDS.tolist().index(product)


def told(of: Known, scores: np.ndarray, product: int = 100, explore: bool = False) -> dict[int, tuple[str, int]]:
    rows = np.array([at(product)])
    table = as_table(lists_of(of, scores, rows, 6, seed=0, explore=explore), IDS, IDS[rows], "page")
    assert table["rank"].tolist() == list(range(1, len(table) + 1))
    return {row.pick: (row.reason, row.detail) for row in table.itertuples()}


def scored(*best: int) -> np.ndarray:
    scores = np.full((1, N), 0.001, dtype=np.float32)
    for place, product in enumerate(best):
        scores[0, at(product)] = 1 - place / 10
    return scores


def test_a_reason_is_the_strongest_thing_that_is_true() -> None:
    found = told(known(pairs={(100, 200): 41, (100, 201): 1}), scored(200, 101, 201))
    assert found[200] == ("together", 41) and found[101] == ("similar", 0) and found[201] == ("best_seller", 50)


def test_a_pin_is_told_as_one() -> None:
    assert next(iter(told(known(rules=shop.rules(("pin", 100, 209))), scored(200)).items())) == (209, ("pinned", 0))


def test_new_products_get_the_stated_share_of_the_first_four_places() -> None:
    of, rows = known(new=(109, 209)), np.arange(N)
    found = [lists_of(of, np.tile(scored(301, 302), (N, 1)), rows, 6, seed=seed, explore=True) for seed in range(40)]
    first = np.concatenate([each.picks[:, :4] for each in found])
    assert np.isin(IDS[first], (109, 209)).mean() == pytest.approx(EXPLORED, abs=0.03)
    assert set(np.unique(np.argwhere(np.isin(IDS[first], (109, 209)))[:, 1])) == {lists.NEW_PLACE}


def test_a_new_product_that_may_not_be_shown_is_not_explored() -> None:
    of, rows = known(new=(109,), rules=shop.rules(("block", None, 109))), np.arange(N)
    found = lists_of(of, np.tile(scored(301), (N, 1)), rows, 6, seed=0, explore=True)
    assert 109 not in IDS[found.picks]


def test_no_product_stands_twice_on_a_list() -> None:
    of = known(new=(109, 209))
    found = lists_of(of, np.random.default_rng(0).random((N, N)), np.arange(N), 10, seed=1, explore=True)
    assert all(len(set(row)) == len(row) for row in found.picks.tolist())


def test_what_is_alike_may_all_be_of_one_type() -> None:
    found = alikes_of(known(), np.array([at(100)]), 5)
    assert set(IDS[found.picks[0]] // 100) == {1} and (np.array(REASONS)[found.reason] == "similar").all()
