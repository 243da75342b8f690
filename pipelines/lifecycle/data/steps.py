"""Steps of a checkout that its shopper's browser tells, joined with those that Shopify tells: each is one step.

A browser says that an address was given, or a delivery chosen, and nothing else: what lies in the checkout then is what
was known last. Who pays is hardly asked about any more, and what is told from then on is known because they paid.
"""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from pipelines.lifecycle.data import frames
from pipelines.models import Shop, StorefrontEvent

Kind = StorefrontEvent.Kind
STEPS = ["address", "delivery"]
REACHED = {"has_address": STEPS, "has_shipping": STEPS[1:]}  # who chose a delivery gave an address
STATE = ["value", "lines", "units", "has_discount", *REACHED]
TOLD = f"""
    SELECT e.checkout_key AS key,
        extract(epoch FROM min(e.at) FILTER (WHERE e.kind = '{Kind.ADDRESS_GIVEN}')) AS address,
        extract(epoch FROM min(e.at) FILTER (WHERE e.kind = '{Kind.DELIVERY_CHOSEN}')) AS delivery,
        extract(epoch FROM min(e.at) FILTER (WHERE e.kind IN ('{Kind.PAYMENT_GIVEN}', '{Kind.CHECKOUT_COMPLETED}')))
            AS ended
    FROM pipelines_storefrontevent e
    WHERE e.shop_id = %(shop)s AND e.at >= %(since)s AND e.at < %(until)s AND e.checkout_key IS NOT NULL
        AND e.kind IN (
            '{Kind.ADDRESS_GIVEN}', '{Kind.DELIVERY_CHOSEN}', '{Kind.PAYMENT_GIVEN}', '{Kind.CHECKOUT_COMPLETED}')
    GROUP BY e.checkout_key
"""


def told(shop: Shop, since: datetime, until: datetime) -> pd.DataFrame:
    """Read when browsers first told of each checkout's steps.

    Writes  key | address | delivery | ended (seconds of the epoch)
    """
    kinds = frames.columns("key", "Int64") | frames.columns("address delivery ended", frames.REAL)
    return frames.read(TOLD, kinds, shop=shop.pk, since=since, until=until)


def joined(rows: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """Give the moments of checkouts with the steps that browsers told: a moment each time that something is new.

    Reads   rows: key | moment | changes | what is known; told: key | address | delivery | ended
    """
    is_told = rows["key"].isin(told["key"])
    mine, others = rows[is_told], rows[~is_told]
    if mine.empty:
        return rows
    both = pd.concat([mine, between(mine, told)], ignore_index=True).merge(told, on="key", how="left")
    both = both[~(both["moment"] >= both["ended"])].sort_values(["key", "moment"], kind="stable", ignore_index=True)
    for name, steps in REACHED.items():
        both[name] = both[name].mask(both["moment"] >= both[steps].min(axis="columns"), 1.0)
    state = both[STATE].fillna(-1.0)
    both = both[(state != state.groupby(both["key"]).shift()).any(axis="columns")]
    changes = both.groupby("key").cumcount().astype("float64")
    return pd.concat([others, both.assign(changes=changes)[rows.columns]], ignore_index=True)


def between(rows: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """Give a moment for each step that a browser told of a checkout that had begun, with what was known just before."""
    steps = told.melt("key", STEPS, value_name="at").dropna()[["key", "at"]].sort_values("at")
    known = rows.sort_values("moment", kind="stable")
    found = pd.merge_asof(steps, known, left_on="at", right_on="moment", by="key").dropna(subset=["moment"])
    return found.assign(moment=found["at"])[rows.columns]
