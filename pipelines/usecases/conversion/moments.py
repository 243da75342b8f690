"""Moments of sessions and checkouts as models read them: what was known then, and what is known by now of what came.

Reads   moments: unique_id | ds | at | of | what was known | waited
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from pipelines.usecases.contract import Frames
from pipelines.usecases.conversion.learning import delay
from pipelines.usecases.conversion.learning.columns import Columns, Floats, Ints, Mask, Rows, amounts, column_of
from pipelines.usecases.conversion.scorer import CHECKOUT, SESSION

KINDS = (SESSION, CHECKOUT)
COUNTS = ("events", "pages", "products", "collections", "searches", "adds", "removes", "carts")
CART = ("value", "lines", "units")
REACHED = ("has_address", "has_shipping")  # of a checkout that goes on, as its page and Shopify both tell
COLUMNS = Columns(
    amounts=(*COUNTS, "minutes", *CART, "has_discount", "is_returning", *REACHED),
    names=("device", "source"),
    clocks=("hour", "weekday"),
    before=frozenset({"adds", "carts", *CART, *REACHED}),
)
LEAST_ALONE = 20  # moments with an address and no delivery yet


def moments(frames: Frames, of: str = "") -> pd.DataFrame:
    """Keep the moments up to the last complete day, of sessions or checkouts if so asked."""
    rows = frames["moments"]
    rows = rows[rows["ds"] <= pd.Timestamp(frames.asof)]
    return rows[rows["of"] == of] if of else rows


def rows_of(frames: Frames, of: str) -> Rows:
    """Give the moments of one kind, oldest first, with what is known of their outcome at the end of the last day."""
    told = moments(frames, of)
    told = told[told["at"].notna()].sort_values(["ds", "at", "unique_id"], kind="stable")
    came, _ = delay.labels(waits(told), ages(told, frames.asof))
    return Rows(told, days(told), came, weight_of(told))


def columns_of(rows: Rows) -> Columns:
    """Leave the address out where hardly any was told of before a delivery: it would stand for the delivery.

    A checkout that asks itself tells both apart, also in a shop in which no browser does.
    """
    address, delivery = (amounts(column_of(rows.known, name)) for name in REACHED)
    alone = np.count_nonzero((address > 0) & ~(delivery > 0))
    return COLUMNS if alone >= LEAST_ALONE else COLUMNS.without({REACHED[0]: "is never told of alone"})


def waits(told: pd.DataFrame) -> Floats:
    """Give the hours until an order, NaN where none came or is known."""
    return pd.to_numeric(told["waited"], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


def ages(told: pd.DataFrame, asof: date) -> Floats:
    """Give the hours from each moment to the end of a day."""
    end = pd.Timestamp(asof) + pd.Timedelta(days=1)
    return np.asarray((end - told["at"]).dt.total_seconds(), dtype=np.float64) / 3600


def days(told: pd.DataFrame) -> Ints:
    """Number the days of moments."""
    return told["ds"].to_numpy(dtype="datetime64[D]").astype(np.int64)


def weight_of(told: pd.DataFrame) -> float:
    """Give how much of a session or a checkout a moment is: each has one moment with which it begins.

    It is the same for all. Were those of long checkouts to count the less, their starts would, too: and of what has
    just begun nobody knows that it will be long.
    """
    first = int(begins(told).sum())
    return first / len(told) if first else 1.0


def begins(told: pd.DataFrame) -> Mask:
    """Tell which moments are the first of their session or checkout."""
    events, changes = (pd.to_numeric(column_of(told, name), errors="coerce") for name in ("events", "changes"))
    return np.asarray((events == 1).where(told["of"] == SESSION, changes.fillna(0) == 0), dtype=bool)


def questions(frames: Frames) -> list[dict[str, Any]]:
    """Give what was asked at each moment, in the order of `predict`."""
    keys = ["of", *(key for key in COLUMNS.all if key in frames["moments"])]
    asked = moments(frames)[keys].astype(object)
    plain = {key: [as_plain(value) for value in asked[key]] for key in keys}
    return [dict(zip(keys, row, strict=True)) for row in zip(*plain.values(), strict=True)]


def as_plain(value: Any) -> Any:
    """Give a value as JSON has it; what is missing is nothing.

    >>> as_plain(np.int64(3)), as_plain(float("nan")), as_plain("phone"), as_plain(pd.NA)
    (3, None, 'phone', None)
    """
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value
