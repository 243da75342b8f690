"""What is alike shares type, vendor, tags and words, and costs about as much."""

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.recommendations.learning import similar
from pipelines.usecases.recommendations.learning.similar import catalogue_of
from tests.pipelines.usecases.recommendations import shop

LAMPS = pd.DataFrame(
    {
        "unique_id": [1, 2, 3, 4, 5],
        "product_type": ["Lamps", "Lamps", "Lamps", "Rugs", None],
        "vendor": ["Lux", "Lux", "Other", "Lux", None],
        "tags": [["oak", "warm"], ["oak"], [], ["oak"], None],
        "title": ["Oak table lamp", "Oak floor lamp", "Steel lamp", "Wool rug", None],
        "price": [40.0, 45.0, 400.0, 40.0, 0.0],
    }
)


def alike(products: pd.DataFrame, ids: list[int], row: int = 0) -> np.ndarray:
    return catalogue_of(products, np.array(ids)).alike(np.array([row]))[0]


def test_what_shares_more_is_more_alike_and_nothing_is_alike_to_itself() -> None:
    found = alike(LAMPS, [1, 2, 3, 4, 5])
    assert found[0] == 0 and found[1] > found[2] > 0 and found[1] > found[3] > 0 and found.max() <= 1


def test_what_nobody_described_is_like_nothing_and_a_price_of_zero_is_no_price() -> None:
    assert not alike(LAMPS, [1, 2, 5, 77], row=2).any() and not alike(LAMPS, [1, 2, 5, 77], row=3).any()


def test_a_price_far_away_makes_less_alike() -> None:
    near, far = LAMPS.assign(price=40.0), LAMPS.assign(price=[40.0, 4000.0, 40.0, 40.0, 40.0])
    assert alike(far, [1, 2, 3])[1] < alike(near, [1, 2, 3])[1]


def test_a_word_that_all_share_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    only = pd.DataFrame({"unique_id": [1, 2, 3], "title": ["lamp red", "lamp red", "lamp blue"]})
    monkeypatch.setattr(similar, "COMMON", 2)
    assert alike(only, [1, 2, 3])[2] == 0 < alike(only, [1, 2, 3])[1]


def test_it_works_with_whatever_columns_there_are() -> None:
    assert not alike(pd.DataFrame({"unique_id": [1, 2]}), [1, 2]).any()
    products = shop.products()
    found = alike(products, products["unique_id"].tolist())
    assert set(products["product_type"].to_numpy()[np.argsort(-found)[:9]]) == {"Lamps"}
