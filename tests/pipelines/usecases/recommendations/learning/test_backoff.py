"""Where no pairs are known: the best of the type, what is alike, or simply the best, as the past decides."""

import numpy as np
import pytest
from scipy import sparse

from pipelines.usecases.recommendations.learning.backoff import choose, scores
from pipelines.usecases.recommendations.learning.similar import catalogue_of
from pipelines.usecases.recommendations.learning.split import Questions
from tests.pipelines.usecases.recommendations import shop

PRODUCTS = shop.products()
IDS = PRODUCTS["unique_id"].to_numpy()
KIND = IDS // 100
SHARE = np.where(KIND == 3, 0.5, 0.1)
ALIKE = catalogue_of(PRODUCTS, IDS)


@pytest.mark.parametrize(("road", "kind"), [("best_sellers", 3), ("same_type", 1), ("similar", 1)])
def test_each_road_leads_elsewhere(road: str, kind: int) -> None:
    said = scores(road, np.array([0]), SHARE, KIND, ALIKE)
    said[0, 0] = -np.inf
    assert KIND[said[0].argmax()] == kind


def test_a_product_that_never_sold_is_no_best_seller_of_its_type() -> None:
    said = scores("same_type", np.array([0]), np.where(np.arange(len(IDS)) == 3, 0.0, SHARE), KIND, ALIKE)
    assert said[0, 3] == 0 < said[0, 4]


def asked(pairs: list[tuple[int, int]]) -> Questions:
    known, wanted = (
        sparse.csr_matrix((np.ones(len(pairs)), (np.arange(len(pairs)), side)), (len(pairs), len(IDS)))
        for side in zip(*pairs, strict=True)
    )
    return Questions(known, wanted, np.zeros(len(pairs), np.int64))


def test_the_past_decides() -> None:
    of_a_type, best = [(a, (a + 3) % 10) for a in range(10)], [(a, 22) for a in range(10)]
    rare = np.where(KIND == 3, 0.5, 0.01)
    assert choose(asked(of_a_type), rare, KIND, ALIKE) != "best_sellers"
    assert choose(asked(best), np.where(KIND == 3, 0.5, 0.2), KIND, ALIKE) == "best_sellers"


def test_without_a_past_the_same_type_comes_first_if_there_are_types() -> None:
    nothing = Questions(*(sparse.csr_matrix((0, len(IDS))) for _ in range(2)), np.zeros(0, np.int64))
    assert choose(nothing, SHARE, KIND, ALIKE) == "same_type"
    assert choose(nothing, SHARE, np.full(len(IDS), -1), ALIKE) == "best_sellers"
