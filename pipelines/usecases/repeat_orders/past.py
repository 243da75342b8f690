"""Past days on which customers stood somewhere, and who of them came within so many days: what is learned from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.usecases.repeat_orders.customers import Days, Floats

SPACED = {1: 5, 7: 7, 28: 28}  # horizon -> days between two past days: those of a day are of all weekdays
PAST_DAYS = 6
LEAST_BEFORE = 14  # days of orders, before which nobody's intervals are known
MOST = 20_000  # customers that are learned from


@dataclass(frozen=True)
class Past:
    """How customers stood on past days, one below the other, and who came."""

    known: pd.DataFrame
    came: Floats


def past_of(days: Days, day: int, horizon: int) -> Past:
    """Look back from a day at those whose outcome it knew; nothing where it had no past."""
    some = sampled(days)
    each = [day - horizon - SPACED[horizon] * number for number in range(PAST_DAYS)]
    each = [past for past in each if past - some.first >= LEAST_BEFORE]
    known = [some.known_on(past) for past in each]
    came = [some.came(stood, past, horizon) for stood, past in zip(known, each, strict=True)]
    return Past(pd.concat(known or [some.known_on(day).iloc[:0]]), np.concatenate(came or [np.empty(0)]))


def sampled(days: Days) -> Days:
    """Keep some of very many customers: by their numbers, which are drawn, and not by what they did."""
    ids = days.rows["unique_id"]
    share = -(-ids.nunique() // MOST)
    return days if share <= 1 else Days(days.rows[ids % share == 0])
