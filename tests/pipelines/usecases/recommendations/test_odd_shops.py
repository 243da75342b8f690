"""Shops as nobody expects them are learned from, judged and answered without a fault or a warning."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.contract import Frames, NotEnoughHistory
from pipelines.usecases.recommendations import model
from pipelines.usecases.recommendations.judging.evaluation import evaluate
from pipelines.usecases.recommendations.serving import recommend
from tests.pipelines.usecases.recommendations import shop

Change = Callable[[pd.DataFrame], pd.DataFrame]
SOLD_BY_NOBODY = pd.DataFrame({"basket": 10**7, "unique_id": np.arange(500) + 20_000, "customer": "w"})

PRODUCTS: dict[str, Change] = {
    "none": lambda table: table.iloc[:0],
    "one": lambda table: table.iloc[:1],
    "all out of stock": lambda table: table.assign(sellable=False),
    "all of one type": lambda table: table.assign(product_type="x"),
    "twins, and bundles of parts that are not there": lambda table: table.assign(twin="t", components=[[1, None]] * 29),
    "each twice": lambda table: pd.concat([table, table.assign(price=1.0)]),
    "as many that never sold": lambda table: pd.concat([table, table.assign(unique_id=table["unique_id"] + 9_000)]),
    "without a word": lambda table: table.assign(title=np.nan, tags=np.nan, vendor=None, product_type=None),
    "free": lambda table: table.assign(price=0.0),
    "at endless prices": lambda table: table.assign(price=np.inf),
    "at prices that are no numbers": lambda table: table.assign(
        price=["dear", None, -3.0, np.nan, "9"] * 5 + [1.0] * 4
    ),
}
ORDERS: dict[str, Change] = {
    "three": lambda lines: lines[lines["basket"] < 3],
    "of one product each": lambda lines: lines.drop_duplicates("basket"),
    "of one customer": lambda lines: lines.assign(customer="me"),
    "of customers without a name": lambda lines: lines.assign(customer=np.nan),
    "with lines twice": lambda lines: pd.concat([lines, lines]),
    "with a line of no product": lambda lines: pd.concat([lines.astype({"unique_id": float}), nameless(lines)]),
    "with one of 500 products": lambda lines: pd.concat([lines, SOLD_BY_NOBODY.assign(ds=lines["ds"].max())]),
    "of 500 products that are gone": lambda lines: pd.concat(
        [SOLD_BY_NOBODY.assign(basket=back, ds=lines["ds"].max() - pd.Timedelta(days=back)) for back in range(30)]
    ),
    "of two days, eight years apart": lambda lines: lines.assign(
        ds=lines["ds"].min() - pd.to_timedelta(lines["basket"] % 2 * 3_000, unit="D")
    ),
    "of two years ago": lambda lines: lines.assign(ds=lines["ds"] - pd.Timedelta(days=800)),
    "of tomorrow": lambda lines: lines.assign(ds=lines["ds"] + pd.Timedelta(days=800)),
}


def nameless(lines: pd.DataFrame) -> pd.DataFrame:
    return lines.iloc[:5].assign(unique_id=np.nan)


def lives(frames: Frames) -> pd.DataFrame:
    """Learn, store, judge and answer; a warning is a fault."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted = None
        try:
            fitted = model.fit(frames)
            assert model.load(model.dump(fitted)) == fitted
        except NotEnoughHistory:
            pass
        evaluate(frames)
        table = recommend(fitted, frames)
    assert (
        np.isfinite(table["score"].astype(float)).all()
        and not (table["unique_id"].astype(object) == table["pick"].astype(object)).any()
    )
    return table


@pytest.mark.parametrize("which", PRODUCTS)
def test_odd_products(which: str) -> None:
    frames = shop.frames(400)
    products = PRODUCTS[which](frames["products"])
    table = lives(Frames({**frames.tables, "products": products}, frames.asof))
    assert set(table["pick"]) <= set(products.loc[products["sellable"], "unique_id"])


@pytest.mark.parametrize("which", ORDERS)
def test_odd_orders(which: str) -> None:
    frames = shop.frames(400)
    table = lives(Frames({**frames.tables, "purchases": ORDERS[which](frames["purchases"])}, frames.asof))
    assert set(table["pick"]) <= set(frames["products"]["unique_id"])


def test_names_may_be_words() -> None:
    frames = shop.frames(400)
    named: dict[str, Any] = {
        name: frames[name].assign(unique_id="p" + frames[name]["unique_id"].astype(str))
        for name in ("purchases", "products")
    }
    table = lives(Frames({**frames.tables, **named}, frames.asof))
    assert set(table["pick"]) == set(named["products"]["unique_id"])


def test_who_bought_only_what_is_gone_has_no_list_and_the_others_have_theirs() -> None:
    frames = shop.frames(400)
    gone = SOLD_BY_NOBODY.assign(ds=frames["purchases"]["ds"].max())
    lines = pd.concat([frames["purchases"], gone])
    table = lives(Frames({**frames.tables, "purchases": lines}, frames.asof))
    again = set(table.loc[table["kind"] == "again", "unique_id"])
    assert again == set(frames["purchases"]["customer"])
