"""Moments at which somebody may be told to buy or not: a session after so many events, a checkout at each of its steps.

A session is looked at until its checkout begins. A checkout is one, whether Shopify told of it, the pixel, or both; its
moments are when it was first told of and each time that something changed, all on the day on which it began.
Nothing of a moment is read from after it, but what came of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd

from pipelines.lifecycle.data import frames, sessions, steps
from pipelines.models import Shop, StorefrontEvent

STEPS = (1, 3, 5, 8, 13, 21, 34, 55, 89)  # events after which a session is looked at
BACK = timedelta(days=7)  # who was here so long ago returns: events are kept for longer than that
SESSION, CHECKOUT = "session", "checkout"
UNKNOWN = "unknown"
Kind = StorefrontEvent.Kind
COUNTED = {
    "pages": Kind.PAGE_VIEWED,
    "products": Kind.PRODUCT_VIEWED,
    "collections": Kind.COLLECTION_VIEWED,
    "searches": Kind.SEARCHED,
    "adds": Kind.ADDED_TO_CART,
    "removes": Kind.REMOVED_FROM_CART,
    "carts": Kind.CART_VIEWED,
}
SIZES = ("value", "lines", "units")
COUNTS = ("events", *COUNTED)
COLUMNS = ["unique_id", "ds", "at", "of", *COUNTS, "minutes", *SIZES, "has_discount", "is_returning"]
COLUMNS += ["changes", "has_address", "has_shipping"]
COLUMNS += ["device", "source", "hour", "weekday", "waited"]

# A visitor's number is the first 60 bits of the unit's digest. After a checkout began its session is looked at no more.
# Who wants no decisions made about them is looked at nowhere, and neither is their checkout.
ALLOWED = "NOT EXISTS (SELECT FROM pipelines_optout out WHERE out.shop_id = e.shop_id AND out.unit = e.unit)"
VISITS = f"""
    WITH {sessions.numbered(only=ALLOWED)},
    followed AS (
        SELECT n.*, count(*) OVER s AS events, first_value(at) OVER s AS began,
            {", ".join(f"count(*) FILTER (WHERE kind = '{kind}') OVER s AS {name}" for name, kind in COUNTED.items())},
            count(*) FILTER (WHERE kind IN ({sessions.IN_CHECKOUT})) OVER s AS checkouts,
            first_value(source) OVER s AS came_by
        FROM sessions n WINDOW s AS (PARTITION BY unit, session ORDER BY at, id))
    SELECT ('x' || substr(encode(unit, 'hex'), 1, 15))::bit(60)::bigint AS visitor,
        CASE WHEN %(units)s THEN encode(unit, 'hex') END AS unit,
        extract(epoch FROM at) AS moment, extract(epoch FROM began) AS began,
        {", ".join(COUNTS)},
        value_minor AS value, lines, units, has_discount::int AS has_discount, device, came_by AS source,
        checkout_key AS key, (kind = '{Kind.CHECKOUT_STARTED}')::int AS starts_checkout
    FROM followed
    WHERE kind = '{Kind.CHECKOUT_STARTED}' OR checkouts = 0 AND events = ANY(%(steps)s)
    ORDER BY at, id
"""
# An export tells of abandoned checkouts alone, so only what Shopify told of as it came is learned from. Where nobody
# noted steps, its start is known. What is told in the second in which it was completed, or later, is the outcome.
# Who chose a delivery gave an address; of one that was given before only a browser tells.
CHECKOUTS = """
    SELECT c.shopify_id AS key, CASE WHEN %(units)s THEN encode(c.token_digest, 'hex') END AS unit,
        extract(epoch FROM c.created_at) AS opened, extract(epoch FROM told.at) AS moment, told.changes,
        CASE WHEN c.currency = %(currency)s THEN told.minor END AS value, nullif(told.lines, 0) AS lines,
        nullif(told.units, 0) AS units, told.has_discount, told.has_address, told.has_shipping
    FROM pipelines_checkout c
    CROSS JOIN LATERAL (
        SELECT new.*, row_number() OVER (ORDER BY new.at) - 1 AS changes FROM (
            SELECT each.at, each.minor, each.lines, each.units, each.has_discount::int AS has_discount,
                each.has_shipping::int AS has_address, each.has_shipping::int AS has_shipping,
                step - 'at' IS DISTINCT FROM lag(step - 'at') OVER (ORDER BY each.at) AS is_new
            FROM jsonb_array_elements(c.steps) AS step, jsonb_to_record(step) AS each(at timestamptz, minor bigint,
                lines int, units bigint, has_discount bool, has_shipping bool)) AS new
        WHERE new.is_new
        UNION ALL
        SELECT c.created_at, c.first_minor, c.first_lines, c.first_units, NULL, NULL, NULL, true, 0
        WHERE c.steps IS NULL AND c.first_minor IS NOT NULL) AS told
    WHERE c.shop_id = %(shop)s AND c.created_at >= %(since)s AND c.created_at < %(until)s AND c.deleted_at IS NULL
        AND told.at < %(until)s AND told.at < coalesce(c.completed_at, 'infinity') AND c.shopify_id NOT IN (
            SELECT e.checkout_key FROM pipelines_optout out
            JOIN pipelines_storefrontevent e ON e.shop_id = out.shop_id AND e.unit = out.unit
            WHERE out.shop_id = %(shop)s AND e.checkout_key IS NOT NULL)
    ORDER BY told.at, c.shopify_id
"""
ORDERS = """
    SELECT extract(epoch FROM o.processed_at) AS moment, o.checkout_key AS key,
        ('x' || substr(encode(nullif(o.unit, ''), 'hex'), 1, 15))::bit(60)::bigint AS visitor
    FROM pipelines_order o
    WHERE o.shop_id = %(shop)s AND o.processed_at >= %(since)s AND o.processed_at < %(until)s
        AND (o.unit IS NOT NULL OR o.checkout_key IS NOT NULL)
        AND NOT o.is_test AND o.cancelled_at IS NULL AND o.deleted_at IS NULL
    ORDER BY o.processed_at, o.id
"""
# The days on which those who come in a span were here before, and their first order: however short the span is.
SEEN = """
    SELECT DISTINCT ('x' || substr(encode(e.unit, 'hex'), 1, 15))::bit(60)::bigint AS visitor,
        extract(epoch FROM (e.at AT TIME ZONE %(zone)s)::date) AS day
    FROM pipelines_storefrontevent e
    WHERE e.shop_id = %(shop)s AND e.at >= %(since)s - %(back)s AND e.at < %(until)s AND e.unit IN (
        SELECT n.unit FROM pipelines_storefrontevent n
        WHERE n.shop_id = %(shop)s AND n.at >= %(since)s AND n.at < %(until)s)
    ORDER BY day, visitor
"""
BOUGHT = """
    SELECT ('x' || substr(encode(o.unit, 'hex'), 1, 15))::bit(60)::bigint AS visitor,
        extract(epoch FROM (min(o.processed_at) AT TIME ZONE %(zone)s)::date) AS day
    FROM pipelines_order o
    WHERE o.shop_id = %(shop)s AND o.processed_at < %(until)s AND o.unit IN (
        SELECT n.unit FROM pipelines_storefrontevent n
        WHERE n.shop_id = %(shop)s AND n.at >= %(since)s AND n.at < %(until)s)
    GROUP BY o.unit
"""
TOLD = ("unit", "opened", "moment", "changes", *SIZES, "has_discount")  # of a checkout, by Shopify or by the pixel
NUMBERS = [
    "moment",
    "began",
    "opened",
    "day",
    "changes",
    *COUNTS,
    *SIZES,
    "has_discount",
    "has_address",
    "has_shipping",
]


def moments(shop: Shop, since: datetime, until: datetime) -> pd.DataFrame:
    """Give every moment with what was known then, and after how many hours an order came of it.

    Writes  unique_id | ds | at | of | events | … | weekday | waited
    """
    return known(shop, since, until)[COLUMNS]


def lately(shop: Shop, since: datetime, until: datetime) -> pd.DataFrame:
    """Give every moment of a span, whatever came of it since: of those alone who have not bought, all is said too high.

    A unit is the digest of a visitor's id, or of a checkout's token where Shopify told of it.

    Writes  what `moments` writes | unit (hex) | moment (seconds of the epoch)
    """
    return known(shop, since, until, with_units=True)[[*COLUMNS, "unit", "moment"]]


def known(shop: Shop, since: datetime, until: datetime, *, with_units: bool = False) -> pd.DataFrame:
    """Give sessions and checkouts alike, the earliest first; units only where they are asked for."""
    asked = {"shop": shop.pk, "since": since, "until": until, "units": with_units}
    whole = frames.columns("visitor key", "Int64") | frames.columns("starts_checkout", frames.WHOLE)
    kinds = whole | dict.fromkeys(NUMBERS, frames.REAL) | frames.columns("device source unit", frames.TEXT)
    visits = frames.read(VISITS, kinds, **asked, rest=sessions.REST, steps=list(STEPS))
    placed = frames.read(ORDERS, kinds, **asked)
    checkouts = checkouts_of(frames.read(CHECKOUTS, kinds, **asked, currency=shop.currency), visits)
    checkouts = steps.joined(checkouts, steps.told(shop, since, until))
    looked = visits[visits["starts_checkout"] == 0].assign(of=SESSION, is_told=False, key=None)
    both = pd.concat([looked, checkouts], ignore_index=True).sort_values("moment", kind="stable", ignore_index=True)
    both = both.assign(waited=waited(both, placed, visits))
    both = described(both[~is_over(both)].reset_index(drop=True), shop.timezone)
    both["waited"] = both["waited"].clip(lower=0.0)
    seen = frames.read(SEEN, kinds, **asked, zone=shop.timezone, back=BACK)
    return both.assign(is_returning=returning(both, seen, frames.read(BOUGHT, kinds, **asked, zone=shop.timezone)))


def checkouts_of(told: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Give the moments of each checkout: Shopify's word on time and size goes first, the pixel's fills the gaps."""
    seen = visits[(visits["starts_checkout"] == 1) & visits["key"].notna()].drop_duplicates("key")
    seen = seen.assign(opened=seen["moment"], changes=0.0)
    rows = told.merge(seen, on="key", how="outer", suffixes=("_told", ""))
    for name in TOLD:
        rows[name] = rows.pop(f"{name}_told").fillna(rows[name])
    return rows.assign(of=CHECKOUT, starts_checkout=1, is_told=rows["key"].isin(told["key"]))


def waited(rows: pd.DataFrame, placed: pd.DataFrame, visits: pd.DataFrame) -> pd.Series:
    """Say after how many hours each moment's order came; NaN where none did.

    Of a checkout that Shopify told of only its own order counts, as when it is held to what came.
    """
    of_checkout = placed.dropna(subset=["key"]).drop_duplicates("key").set_index("key")["moment"]
    by_key = rows["key"].map(of_checkout).astype("float64")
    told = visits.dropna(subset=["key"]).drop_duplicates("key").set_index("key")["visitor"]
    buyer = placed["visitor"].fillna(placed["key"].map(told).astype("Int64"))
    by_visitor = next_of(rows, placed.assign(visitor=buyer))
    by_visitor = by_visitor.mask(rows["is_told"].astype(bool))
    return (by_key.fillna(by_visitor) - rows["moment"]) / 3600


def is_over(rows: pd.DataFrame) -> pd.Series:
    """Tell which moments Shopify told of in the second of the checkout's order, or later: they are the outcome."""
    return rows["is_told"].astype(bool) & (rows["waited"] <= 0)


def next_of(rows: pd.DataFrame, placed: pd.DataFrame) -> pd.Series:
    """Give the time of each visitor's next order; moments and orders come in time's order."""
    mine, theirs = rows[["moment", "visitor"]].dropna(), placed[["moment", "visitor"]].dropna()
    if mine.empty or theirs.empty:
        return pd.Series(float("nan"), index=rows.index)
    theirs = theirs.astype({"visitor": "int64"}).assign(next=theirs["moment"])
    mine = mine.astype({"visitor": "int64"}).reset_index()
    found = pd.merge_asof(mine, theirs, on="moment", by="visitor", direction="forward")
    return found.set_index("index")["next"].reindex(rows.index)


def returning(rows: pd.DataFrame, seen: pd.DataFrame, bought: pd.DataFrame) -> pd.Series:
    """Say whether each moment's visitor was here on an earlier day of the week before, or ever ordered before that day.

    Reads   rows: visitor | ds, seen and bought: visitor | day (seconds of the epoch)
    """
    mine = rows[["visitor", "ds"]].dropna(subset=["visitor"]).rename(columns={"ds": "day"}).reset_index()
    mine = in_days(mine).sort_values("day")
    known = in_days(seen.assign(day=pd.to_datetime(seen["day"], unit="s")))
    known["was"] = known["day"]
    known = known[["visitor", "day", "was"]].sort_values("day")
    here = pd.merge_asof(mine, known, on="day", by="visitor", allow_exact_matches=False, tolerance=pd.Timedelta(BACK))
    first = in_days(bought.assign(day=pd.to_datetime(bought["day"], unit="s"))).rename(columns={"day": "first"})
    both = here.merge(first[["visitor", "first"]], on="visitor", how="left").set_index("index")
    is_back = both["was"].notna() | (both["first"] < both["day"])
    return is_back.astype("float64").reindex(rows.index)


def in_days(rows: pd.DataFrame) -> pd.DataFrame:
    """Give visitors and days as they are matched."""
    return rows.astype({"visitor": "int64", "day": "datetime64[ns]"})


def described(rows: pd.DataFrame, zone: str) -> pd.DataFrame:
    """Add the moment's own number and its local time; a checkout's day is that on which it began."""
    local, began = (
        pd.to_datetime(each, unit="s", utc=True).dt.tz_convert(zone).dt.tz_localize(None)
        for each in (rows["moment"], rows["opened"].fillna(rows["moment"]))
    )
    day = began.dt.floor("D")
    sure = {name: rows[name].where(rows[name] != "", UNKNOWN).fillna(UNKNOWN) for name in ("device", "source")}
    return rows.assign(
        unique_id=numbers(rows),
        ds=day.astype("datetime64[s]"),
        at=local.astype("datetime64[s]"),
        minutes=(rows["moment"] - rows["began"]) / 60,
        hour=local.dt.hour.astype("int64"),
        weekday=local.dt.day_of_week.astype("int64"),
        **sure,
    )


def numbers(rows: pd.DataFrame) -> pd.Series:
    """Give each moment a number that stays its own, however much of the past is read with it."""
    facts = rows[["of", "key", "visitor", "moment", "events"]].astype({"key": "string", "visitor": "string"})
    hashed: pd.Series = pd.util.hash_pandas_object(facts, index=False)
    return (hashed // 2).astype("int64")
