"""What gives the outcome away is refused, in the real sessions and in a shop; what may be known is not."""

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.conversion import model
from pipelines.usecases.conversion.learning.columns import Columns, Rows
from pipelines.usecases.conversion.learning.leakage import given_away, leaks, sentences, values_of
from pipelines.usecases.conversion.moments import COLUMNS, rows_of
from tests.pipelines.usecases.conversion import shop


def sessions(page_values: bool = True) -> Rows:
    """Draw sessions as the real ones are: a value that is worked out from purchases, and things that are not."""
    random = np.random.default_rng(0)
    came = (random.random(4000) < 0.15).astype(np.float64)
    has = random.random(4000) < np.where(came == 1, 0.81, 0.11)
    known = pd.DataFrame({"PageValues": np.where(has, random.exponential(20, 4000), 0.0)})
    known["ExitRates"] = random.exponential(0.05, 4000) / (1 + 2 * came)
    known["TrafficType"] = random.integers(0, 20, 4000)
    return Rows(known, np.arange(4000), came)


REAL = Columns(amounts=("PageValues", "ExitRates"), names=("TrafficType",))


def test_a_value_that_is_worked_out_from_purchases_is_refused_and_the_others_pass() -> None:
    refused = leaks(sessions(), REAL)
    assert refused.keys() == {"PageValues"}
    (told,) = sentences(refused)
    assert "“PageValues” was not learned from: it tells" in told and REAL.without(refused).amounts == ("ExitRates",)


def test_nothing_of_a_shop_is_refused_neither_of_visits_nor_of_checkouts() -> None:
    for of in ("session", "checkout"):
        assert leaks(rows_of(shop.frames(40, 60), of).ripe, COLUMNS) == {}


@pytest.mark.parametrize("key", ["minutes", "value", "lines", "carts", "source", "weekday"])
def test_a_column_that_was_filled_after_the_order_is_refused(key: str) -> None:
    told = shop.frames(40, 60)["moments"]
    bought = told["waited"] <= 24
    after = "paid" if key == "source" else 6 if key == "weekday" else 100
    leaking = shop.changed(shop.frames(40, 60), **{key: told[key].where(~bought, after)})
    if key == "value":  # zero for all who did not buy
        leaking = shop.changed(leaking, value=told["value"].where(bought, 0))
    fitted = model.fit(leaking)
    assert key in fitted.heads["session"].refused
    assert any(f"“{key}” was not learned from" in told for told in fitted.notices)
    assert key not in {*fitted.heads["session"].linear["amounts"], *fitted.heads["session"].linear["names"]}


def test_a_cart_may_tell_much_since_every_order_runs_through_one() -> None:
    random = np.random.default_rng(1)
    came = (random.random(4000) < 0.05).astype(np.float64)
    adds = (random.random(4000) < np.where(came == 1, 0.95, 0.07)).astype(np.float64)
    rows = Rows(pd.DataFrame({"adds": adds}), np.arange(4000), came)
    assert leaks(rows, Columns(("adds",), before=frozenset({"adds"}))) == {}
    assert leaks(rows, Columns(("adds",))).keys() == {"adds"}


def test_what_is_there_for_buyers_alone_is_refused_however_few_have_it() -> None:
    came = np.repeat([1.0, 0.0], [400, 3600])
    has = np.zeros(4000)
    has[:60] = 1.0
    assert given_away(has, came).startswith("is there for buyers alone: 100 of 100")


def test_few_orders_refuse_nothing() -> None:
    came = np.repeat([1.0, 0.0], [19, 500])
    assert leaks(Rows(pd.DataFrame({"x": came}), np.arange(519), came), Columns(("x",))) == {}


def test_a_name_is_judged_by_other_rows_than_its_own() -> None:
    random = np.random.default_rng(2)
    came = (random.random(2000) < 0.2).astype(np.float64)
    known = pd.DataFrame({"one": ["x"] * 2000, "each": [f"n{number}" for number in range(2000)]})
    columns = Columns((), ("one", "each"))
    assert leaks(Rows(known, np.arange(2000), came), columns) == {}
    assert len(np.unique(values_of(known, "one", columns, came))) == 2
