"""What a merchant should know of how a chance was learned: what it lacks, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np

from pipelines.usecases.conversion.learning import leakage
from pipelines.usecases.conversion.learning.columns import Rows, amounts, column_of
from pipelines.usecases.conversion.learning.head import ENOUGH_ORDERS, Head
from pipelines.usecases.conversion.scorer import SESSION
from pipelines.usecases.conversion.wording import FEATURES

ENOUGH = 200  # moments without a single order, before that is told
STILL_ROWS, STILL_DAYS = 30, 3  # moments of late that are all alike, and days that count as late
UNITS = {"session": ("visit", "visits"), "checkout": ("checkout", "checkouts")}
USUAL = {"session": "2 of 100 visits", "checkout": "half of the checkouts"}


def notices(of: str, rows: Rows, head: Head, asof: date) -> list[str]:
    """Say it in sentences."""
    return [*missing(of, rows, head), *leakage.sentences(head.refused), *still(of, rows, asof)]


def missing(of: str, rows: Rows, head: Head) -> Iterator[str]:
    """Say what a chance could not be learned from."""
    one, many = UNITS[of]
    elsewhere = f"chances of {many} are those that are usual in other shops"
    if not len(rows):
        how = " (that needs the web pixel)" if of == SESSION else ""
        yield f"No {one} is known yet{how}: {elsewhere}, where {USUAL[of]} end in an order."
    elif not head.rows:
        yield f"Of no {one} is it known yet whether an order came: {elsewhere}."
    elif not head.orders and head.rows >= ENOUGH:
        yield f"None of {head.rows:,} moments of {many} ended in an order: nobody bought, or orders do not reach us."
    elif not head.orders:
        yield f"None of the {many} so far ended in an order."
    elif head.orders == head.rows * rows.weight:
        yield f"All {many} so far ended in an order: who does not buy cannot be told yet."
    elif head.orders < ENOUGH_ORDERS:
        yield f"Only {head.orders:,.0f} {many} with an order are known: chances lean on what is usual in other shops."


def still(of: str, rows: Rows, asof: date) -> Iterator[str]:
    """Say which amounts varied before and have not of late: they tell nobody apart any more."""
    late = rows.day > np.datetime64(asof, "D").astype(np.int64) - STILL_DAYS
    for key, words in FEATURES.items():
        values = amounts(column_of(rows.known, key)) if key in rows.known else np.empty(0)
        if not len(values) or rows.known[key].dtype == object:
            continue
        now, before = spread(values[late]), spread(values[~late])
        if late.sum() >= STILL_ROWS and now == 1 and before > 1:
            many = UNITS[of][1]
            yield f"“{words}” has been the same for all {many} of the last {STILL_DAYS} days: is it still measured?"


def spread(values: np.ndarray) -> int:
    """Count different values, what is missing as one of them."""
    return len(np.unique(values))
