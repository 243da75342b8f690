"""Weights are drawn towards other shops, and found as an independent optimiser finds them."""

import numpy as np
import pandas as pd
import pytest

from pipelines.stats.logistic import sigmoid
from pipelines.usecases.conversion import scorer
from pipelines.usecases.conversion.learning.columns import Columns, Rows
from pipelines.usecases.conversion.learning.logistic import Prior, fit, logits

COLUMNS = Columns(("pages", "minutes"), ("device",), ("hour",))
PRIOR = Prior(0.05, {"pages": (1.4, 0.8, 0.5)})


def rows(count: int, seed: int = 0) -> Rows:
    random = np.random.default_rng(seed)
    known = pd.DataFrame({"pages": random.integers(1, 20, count), "minutes": random.exponential(4, count)})
    known["device"], known["hour"] = random.choice(["phone", "desktop"], count), random.integers(0, 24, count)
    known["minutes"] = known["minutes"].mask(random.random(count) < 0.2)
    share = sigmoid(-3 + 0.8 * np.log1p(known["pages"].to_numpy()) + (known["device"] == "desktop").to_numpy())
    return Rows(known, np.arange(count), (random.random(count) < share).astype(np.float64))


def test_few_rows_keep_the_weights_of_other_shops_and_many_find_their_own() -> None:
    few, many = rows(5), rows(20_000)
    told = fit(few, COLUMNS, PRIOR, np.ones(5))
    assert told["amounts"]["pages"]["weight"] == pytest.approx(0.5, abs=0.1)
    assert fit(many, COLUMNS, PRIOR, np.ones(20_000))["amounts"]["pages"]["weight"] == pytest.approx(0.8, abs=0.1)


def test_without_rows_the_share_is_that_of_other_shops() -> None:
    told = fit(rows(0), COLUMNS, PRIOR, np.empty(0))
    usual = {"pages": np.expm1(1.4), "device": "phone", "hour": 3}
    assert scorer.sigmoid(scorer.linear(told, usual)) == pytest.approx(0.05, abs=0.001)


@pytest.mark.parametrize("outcome", [0.0, 1.0])
def test_one_kind_of_outcome_alone_gives_a_share_beyond_neither_end(outcome: float) -> None:
    same = rows(200)
    told = fit(Rows(same.known, same.day, np.full(200, outcome)), COLUMNS, PRIOR, np.ones(200))
    share = sigmoid(logits(told, same.known)).mean()
    assert (share < 0.01 and share > 0) if outcome == 0 else 0.99 < share < 1


def test_a_column_that_is_constant_keeps_the_weight_it_came_with() -> None:
    same = rows(500)
    known = same.known.assign(pages=7, minutes=np.nan)
    told = fit(Rows(known, same.day, same.came), COLUMNS, PRIOR, np.ones(500))
    assert told["amounts"]["pages"]["weight"] == pytest.approx(0.5) and told["amounts"]["minutes"]["weight"] == 0.0
