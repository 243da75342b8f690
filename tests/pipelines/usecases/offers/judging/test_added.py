"""What one offer adds is told beside shoppers who are shown nothing, and of the same days alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.contract import Frames
from pipelines.usecases.offers.decisions import decisions_of
from pipelines.usecases.offers.judging.added import added
from tests.pipelines.usecases.offers import shop
from tests.pipelines.usecases.offers.shop import LAST_DAY, Market

GOOD, HARMFUL = 11, 12
MARKET = Market(
    offers={GOOD: (0.3, 900.0), HARMFUL: (0.2, 100.0)}, anyway={HARMFUL: 0.9}, ordering=0.2, explore=0.9, held_out=0.2
)
TRUTH = {  # of a shopper: what acceptances earn, and what is lost of 2,000 that one in five brings anyway
    GOOD: 0.3 * 900 - 0.3 * 0.2 * 2_000,
    HARMFUL: 0.2 * 100 + 0.8 * 0.2 * 0.1 * 2_000 - 0.2 * 2_000,
}


def told(rows: pd.DataFrame, offer: int) -> dict[str, Any]:
    known = decisions_of(Frames({"decisions": rows, "offers": shop.offers()}, LAST_DAY)).decisions
    return added(known, int(np.searchsorted(known.ids, offer)))


@pytest.mark.parametrize("offer", TRUTH)
def test_a_good_offer_is_proven_and_a_harmful_one_too(offer: int) -> None:
    found = told(shop.decisions(12_000, market=MARKET), offer)
    assert found["low"] < TRUTH[offer] < found["high"]
    assert found["low"] > 0 if offer == GOOD else found["high"] < 0
    assert found["counts"]["shown"] > 1_000 and found["counts"]["beside"] > 2_000 and found["times"] == 1


def test_few_shoppers_prove_nothing_and_it_is_said_how_many_would() -> None:
    found = told(shop.decisions(800, market=MARKET), GOOD)
    assert found["low"] < 0 < found["high"] and found["times"] > 1
    nothing = told(shop.decisions(120, market=MARKET), GOOD)
    assert nothing["value"] is None and nothing["counts"]["shown"] > 0


def test_an_offer_that_is_shown_in_good_weeks_alone_gains_nothing_by_that() -> None:
    rows = shop.decisions(12_000, market=Market(offers={GOOD: (1e-9, 900.0)}, ordering=0.2, explore=0.9, held_out=0.2))
    late = rows["ds"] >= pd.Timestamp(LAST_DAY - timedelta(days=12))
    rows["profit"] = rows["profit"] * np.where(late, 3.0, 1.0)
    found = told(rows[late | (rows["offer"] == 0)], GOOD)
    assert found["low"] < 0 < found["high"]


def test_where_nothing_differs_hardly_any_look_says_so() -> None:
    same = Market(offers={GOOD: (1e-9, 900.0)}, ordering=0.2, explore=0.9, held_out=0.2)
    looks = [told(shop.decisions(3_000, seed=seed, market=same), GOOD) for seed in range(20)]
    assert sum(not found["low"] < 0 < found["high"] for found in looks) == 0
