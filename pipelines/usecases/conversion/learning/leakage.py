"""Whether a feature gives the outcome away: what nobody can know at that moment is not learned from.

Two marks, each beyond chance: the feature alone tells buyers apart better than all that is known at such a moment does
(real sessions: .70 to .82), or those who have it bought, nearly all of them. Steps that every order runs through (a
cart) may tell much; they are held to the second mark and to a wider first one.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipelines.stats.drift.accuracy.probabilities import auc
from pipelines.stats.drift.shares import wilson
from pipelines.usecases.conversion.learning.columns import Columns, Floats, Rows, amounts, column_of, names

MOST = 0.82  # of the AUC of one feature alone
MOST_OF_STEPS = 0.97
ALL_OF_THEM = 0.9  # of those who have it bought
LEAST_ORDERS = 20  # fewer tell nothing
SURE = 1.64  # standard errors
DRAWN = 10.0  # rows by which a name's share is drawn towards all


def leaks(rows: Rows, columns: Columns) -> dict[str, str]:
    """Give the features that are refused, each with a sentence."""
    came = rows.came
    if min(came.sum(), len(came) - came.sum()) < LEAST_ORDERS:
        return {}
    found = {}
    for key in columns.all:
        most = MOST_OF_STEPS if key in columns.before else MOST
        if why := given_away(values_of(rows.known, key, columns, came), came, most):
            found[key] = why
    return found


def values_of(known: pd.DataFrame, key: str, columns: Columns, came: Floats) -> Floats:
    """Give a feature as one number; a name as the share that ordered with it in the other half of the rows."""
    column = column_of(known, key)
    if key in columns.amounts:
        return amounts(column)
    told, code = np.unique(names(column).astype(str), return_inverse=True)
    half, usual, values = np.arange(len(came)) % 2, came.mean(), np.empty(len(came))
    for each in (0, 1):
        other = half != each
        count = np.bincount(code[other], minlength=len(told))
        orders = np.bincount(code[other], came[other], minlength=len(told))
        values[~other] = ((orders + DRAWN * usual) / (count + DRAWN))[code[~other]]
    return values


def given_away(values: Floats, came: Floats, most: float = MOST) -> str:
    """Say why a feature is refused, or nothing.

    >>> came = np.repeat([1.0, 0.0], 100)
    >>> given_away(came * 3, came)
    'tells 100 of 100 pairs of a buyer and another one apart by itself'
    >>> given_away(np.tile([0.0, 1.0], 100), came)
    ''
    """
    low, found = least_auc(np.nan_to_num(values, nan=-1.0), came)
    if low > most:
        return f"tells {100 * found:.0f} of 100 pairs of a buyer and another one apart by itself"
    has = np.isfinite(values) & (values != 0)
    if came[has].sum() >= LEAST_ORDERS and has.sum() < len(has):
        share = wilson(float(came[has].sum()), int(has.sum()))
        rest = wilson(float(came[~has].sum()), int((~has).sum()))
        if share.low >= ALL_OF_THEM and rest.high < share.low:
            return f"is there for buyers alone: {100 * share.value:.0f} of 100 who have it bought"
    return ""


def least_auc(values: Floats, came: Floats) -> tuple[float, float]:
    """Give how well a number tells both apart, whichever way: surely, and as measured (Hanley & McNeil 1982)."""
    found = auc(came, 1 - came, values)
    found = max(found, 1 - found)
    hits, misses = float(came.sum()), float(len(came) - came.sum())
    one, two = found / (2 - found), 2 * found**2 / (1 + found)
    spread = found * (1 - found) + (hits - 1) * (one - found**2) + (misses - 1) * (two - found**2)
    return found - SURE * float(np.sqrt(max(spread, 0.0) / (hits * misses))), found


def sentences(refused: Mapping[str, str]) -> list[str]:
    """Say what was left out and why."""
    after = "which nothing that is known at that moment can"
    return [f"“{key}” was not learned from: it {why}, {after}." for key, why in refused.items()]
