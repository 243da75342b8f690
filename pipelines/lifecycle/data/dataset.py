"""What a use case learns from: frames in the shop's own days, and a snapshot of exactly what they were.

Variants whose SKUs differ only in case or blanks are one thing to a shopper: their sales are one series, told under the
newest variant that is for sale. Variants of one product that share the very same SKU are sizes, and stay apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from datetime import time as clock
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from django.conf import settings

from pipelines.lifecycle.data import bundles, frames, moments, on_the_way, planned, put_away, shelf, stockouts
from pipelines.lifecycle.ingest import freshness
from pipelines.models import DatasetSnapshot, Shop
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Event, Frames, OwnFrame

MOVED_WINDOW = timedelta(days=91)
LONGEST_WINDOW = timedelta(days=3 * 365)  # two full years of seasons and one to check them on


@dataclass(frozen=True)
class Dataset:
    """The frames of a shop, and the row that says what they were."""

    frames: Frames
    snapshot: DatasetSnapshot


class Source:
    """One shop's rows as of a moment, read once however many frames need them."""

    def __init__(self, shop: Shop, now: datetime) -> None:
        self.shop, self.now = shop, now
        self.last_day = now.astimezone(shop.zone).date() - timedelta(days=1)
        self.since = self.midnight(self.last_day - LONGEST_WINDOW)
        self.until = self.midnight(self.last_day + timedelta(days=1))

    def midnight(self, day: date) -> datetime:
        """Return when a day began where the shop is."""
        return datetime.combine(day, clock(), tzinfo=self.shop.zone)

    @cached_property
    def lines(self) -> dict[str, int]:
        """Count order lines by their fate."""
        return frames.lines_by_fate(self.shop, self.since, self.until)

    @cached_property
    def variants(self) -> pd.DataFrame:
        """Give the variants with the series that each belongs to; `series` is missing where none is for sale."""
        return join_twins(frames.variants(self.shop, self.now))

    @property
    def demand(self) -> pd.DataFrame:
        """Give daily demand per series, bundles by their parts, without what is no longer for sale."""
        return self.counted[0]

    @cached_property
    def counted(self) -> tuple[pd.DataFrame, int]:
        """Give the demand, and how many units are none: of bundles for sale whose parts are not known."""
        variants = self.variants.set_index("variant_id")
        rows = frames.daily_demand(self.shop, self.since, self.until)
        rows = bundles.less_listed_twice(rows, bundles.listed_twice(self.shop, self.since, self.until))
        rows = bundles.as_parts(rows, bundles.bundle_parts(self.shop), variants["price_minor"])
        unknown = variants.index[(variants["is_bundle"] == 1) & (variants["is_active"] == 1)]
        left_out = int(rows.loc[rows["unique_id"].isin(unknown), "y"].sum())
        rows["unique_id"] = rows["unique_id"].map(variants["series"])
        rows = rows.dropna(subset=["unique_id"]).astype({"unique_id": "int64"})
        has_twins = rows.duplicated(["unique_id", "ds"]).any()
        return rows.groupby(["unique_id", "ds"], as_index=False).sum() if has_twins else rows, left_out

    @cached_property
    def first_day(self) -> date:
        """Return the first day with a sale."""
        return self.demand["ds"].min().date() if len(self.demand) else self.last_day

    @cached_property
    def known_stockouts(self) -> stockouts.KnownStockouts:
        """Read stock levels as days out of stock; what sells on when nothing is left has none."""
        hours = stockouts.usual_hours(frames.lines_by_hour(self.shop, self.until - MOVED_WINDOW, self.until))
        known = stockouts.known(*self.stock_in_time, hours)
        sells_on = self.series.loc[self.series["continues"] == 1, "unique_id"]
        days, partly = (rows[~rows["unique_id"].isin(sells_on)] for rows in (known.days, known.partly))
        return replace(known, days=days, partly=partly)

    @cached_property
    def stock_in_time(self) -> tuple[pd.DataFrame, stockouts.Seconds, date, int | None]:
        """Give stock levels under their series, with the calendar to read them by."""
        moves = self.stock_moves
        return (
            moves.assign(unique_id=moves["inventory_item_id"].map(self.stock_items)),
            stockouts.local_midnights(self.first_day, self.last_day, self.shop.zone),
            self.first_day,
            stockouts.first_stock_import(self.shop),
        )

    @cached_property
    def out_of_stock(self) -> pd.DataFrame:
        """Give the days without sellable stock, known or suspected: unique_id | ds | stockout."""
        known = self.known_stockouts
        sold = self.demand[["unique_id", "ds", "y"]]
        sales = sold.merge(known.days, on=["unique_id", "ds"], how="outer").fillna({"y": 0.0})
        may_run_out = self.series[self.series["continues"] == 0]
        suspected = stockouts.suspected(sales, may_run_out, known, self.last_day)
        return pd.concat([known.days, suspected], ignore_index=True)

    @cached_property
    def stock_moves(self) -> pd.DataFrame:
        """Give what was sellable from which moment on."""
        return frames.stock_moves(self.shop, self.since, self.until)

    def spoken_for(self, variant_ids: pd.Series) -> pd.Series:
        """Give the series that each variant belongs to."""
        return variant_ids.map(self.variants.set_index("variant_id")["series"]).astype("float64")

    @cached_property
    def stock_items(self) -> pd.Series:
        """Give the series of each tracked inventory item."""
        variants = self.variants
        has_own = (variants["is_tracked"] == 1) & variants["series"].notna()
        tracked = variants[has_own].dropna(subset=["inventory_item_id"])
        return tracked.astype({"inventory_item_id": "int64", "series": "int64"}).set_index("inventory_item_id")[
            "series"
        ]

    @cached_property
    def stock_by_place(self) -> pd.DataFrame:
        """Give what Shopify shows of each location, and what that passed on lately."""
        rows = of_series(frames.newest_stock(self.shop, self.now), self.stock_items)
        moved = of_series(stockouts.units_gone(self.stock_moves, since=self.until - MOVED_WINDOW), self.stock_items)
        keys = ["variant_id", "location_id"]
        rows = rows.groupby(keys, as_index=False)[["available", "committed", "incoming"]].sum()
        moved = moved.groupby(keys, as_index=False)[["moved"]].sum()
        return rows.merge(moved, on=keys, how="left").fillna({"moved": 0.0})

    @cached_property
    def lead_times(self) -> pd.DataFrame:
        """Give the lead times that the merchant agreed to, as they were measured."""
        return frames.lead_times(self.shop)

    @cached_property
    def on_order(self) -> pd.DataFrame:
        """Give what was ordered from suppliers and has not come, or not into stock, with the place that it comes to."""
        parts = [frames.on_order(self.shop, self.now), put_away.not_put_away(self.shop, self.now)]
        orders = pd.concat(parts, ignore_index=True)
        orders["variant_id"] = self.spoken_for(orders["variant_id"])
        ours = on_the_way.placed(orders.dropna(subset=["variant_id"]), self.stock_by_place)
        return on_the_way.larger(ours, self.ordered_in_shopify) if settings.SHOPIFY_PURCHASE_ORDERS_VERSION else ours

    @property
    def ordered_in_shopify(self) -> pd.DataFrame:
        """Give what is to come of Shopify's own purchase orders, as long after it was ordered as deliveries take."""
        orders = of_series(frames.ordered_in_shopify(self.shop), self.stock_items)
        still = on_the_way.still_coming(on_the_way.placed(orders, self.stock_by_place), self.stock_by_place)
        return on_the_way.expected(still, self.series, rules(self), self.shop.settings.lead_time_days)

    @cached_property
    def series(self) -> pd.DataFrame:
        """Give one row per series: what it is, since when it can sell, what it costs."""
        rows = self.variants[self.variants["series"] == self.variants["variant_id"]].copy()
        rows = rows.rename(columns={"variant_id": "unique_id", "price_minor": "price", "unit_cost_minor": "unit_cost"})
        rows["first_day"] = self.first_days(rows)
        rows["margin"] = rows["price"] - rows["unit_cost"]
        return rows.drop(columns=["series", "created", "is_bundle"]).sort_values("unique_id", ignore_index=True)

    def first_days(self, rows: pd.DataFrame) -> pd.Series:
        """Say since when a series could sell, where its first sale does not say it.

        A variant that is older than the window could sell all along; a younger one since its first sale, or since it
        was created while it has none.
        """
        created = pd.to_datetime(rows["created"], unit="s", utc=True).dt.tz_convert(self.shop.timezone)
        day: pd.Series = created.dt.tz_localize(None).dt.normalize()
        start = pd.Timestamp(self.first_day)
        has_sold = rows["unique_id"].isin(self.demand["unique_id"])
        known = day.where(~(has_sold & (day > start)))
        return known.mask(known < start, start)


def join_twins(variants: pd.DataFrame) -> pd.DataFrame:
    """Add the column `series`: the id of the variant that speaks for each, missing for bundles and what is not sold."""
    sku = variants["sku"].fillna("")
    plain = sku.str.lower().str.replace(r"\s+", "", regex=True)
    is_size = variants.duplicated(["product_id", "sku"], keep=False)
    own = "#" + variants["variant_id"].astype(str)
    variants["group"] = plain.where((plain != "") & ~is_size, own)
    is_sold = (variants["is_active"] == 1) & (variants["is_bundle"] == 0)
    newest = variants[is_sold].sort_values(["created", "variant_id"]).groupby("group")
    variants["series"] = variants["group"].map(newest["variant_id"].last()).where(variants["is_bundle"] == 0)
    return variants.drop(columns="group")


def daily_sales(source: Source) -> pd.DataFrame:
    """Give demand with its price, its discount, the days out of stock, and the share of a day that had some.

    Writes  unique_id | ds | y | price | discount | stockout | in_stock
    """
    keys = ["unique_id", "ds"]
    rows = source.demand.merge(source.out_of_stock, on=keys, how="outer")
    rows = rows.merge(source.known_stockouts.partly, on=keys, how="outer")
    rows["in_stock"] = rows["in_stock"].astype("float32")
    rows["price"] = rows["listed"] / rows["ordered"]
    rows["discount"] = rows["discount"] / rows["listed"].where(rows["listed"] > 0)
    rows["y"] = rows["y"].fillna(0.0).astype("float32")
    rows["stockout"] = rows["stockout"].fillna(stockouts.UNKNOWN).astype("uint8")
    rows = rows.drop(columns=["listed", "ordered"]).astype({"price": "float32", "discount": "float32"})
    return rows.sort_values(["unique_id", "ds"], ignore_index=True)


def stock(source: Source) -> pd.DataFrame:
    """Give what each location has of a series, what comes there, and what it passed on lately (its share of demand).

    Writes  variant_id | location_id | available | committed | incoming | moved
    """
    return on_the_way.counted(source.stock_by_place, source.on_order)


def deliveries(source: Source) -> pd.DataFrame:
    """Give what is on order by the day and the place to which it comes.

    Writes  variant_id | location_id | ds | units
    """
    return on_the_way.deliveries(source.on_order, source.last_day + timedelta(days=1))


def of_series(rows: pd.DataFrame, items: pd.Series) -> pd.DataFrame:
    """Tell rows of inventory items under the series that they belong to."""
    rows = rows.assign(variant_id=rows["inventory_item_id"].map(items)).dropna(subset=["variant_id"])
    return rows.astype({"variant_id": "int64"})


def rules(source: Source) -> pd.DataFrame:
    """Give the merchant's rules under the series that each variant belongs to."""
    return of_series_or_vendor(source, on_the_way.agreed(frames.stock_rules(source.shop), source.lead_times))


def of_series_or_vendor(source: Source, rows: pd.DataFrame) -> pd.DataFrame:
    """Tell what is known of variants under their series; what is known of vendors stays."""
    of_a_vendor = rows["variant_id"].isna()
    rows = rows.assign(variant_id=source.spoken_for(rows["variant_id"]))
    return rows[of_a_vendor | rows["variant_id"].notna()].drop_duplicates(["variant_id", "vendor"], keep="last")


def lead_times(source: Source) -> pd.DataFrame:
    """Give the lead times that the merchant agreed to, under the series that each variant belongs to.

    Writes  variant_id (missing: a vendor's) | vendor | days
    """
    return of_series_or_vendor(source, source.lead_times)


def own(source: Source, asked: OwnFrame) -> pd.DataFrame:
    """Give a frame that a use case brings, under the series that its rows belong to."""
    rows = frames.own(source.shop, asked, source.last_day, source.now)
    if not asked.series:
        return rows
    rows[asked.series] = source.spoken_for(rows[asked.series])
    kept = rows.dropna(subset=[asked.series])
    kind = asked.columns[asked.series]
    return kept.astype({asked.series: kind}) if kind else kept


BUILDERS: dict[str, Callable[[Source], pd.DataFrame]] = {
    "daily_sales": daily_sales,
    "series": lambda source: source.series,
    "stock": stock,
    "deliveries": deliveries,
    "lead_times": lead_times,
    "stock_history": lambda source: stockouts.closing_levels(*source.stock_in_time),
    "rules": rules,
    "planned_sales": lambda source: planned.planned_sales(source.shop, source.series),
    "purchases": lambda source: frames.purchases(source.shop, source.since, source.until),
    "customer_orders": lambda source: frames.customer_orders(source.shop, source.since, source.until),
    "products": lambda source: shelf.products(source.shop, source.now, source.variants),
    "terms": lambda source: frames.shop_terms(source.shop),
    "moments": lambda source: moments.moments(source.shop, source.since, source.until),
}

# Of these frames the rows from one moment to another, with unit and moment beside them.
LATELY: dict[str, Callable[[Shop, datetime, datetime], pd.DataFrame]] = {"moments": moments.lately}


def build(shop: Shop, use_case: str, *, now: datetime) -> Dataset:
    """Build the frames that a use case needs and note what they were; refuses data older than 26 hours."""
    newest_pull = freshness.require_fresh(shop, now)
    newest_delivery = freshness.newest_delivery(shop)  # first: what comes while it is read may be in it, or not
    source = Source(shop, now)
    built = read(source, use_case)
    snapshot = DatasetSnapshot.objects.create(
        shop=shop,
        use_case=use_case,
        first_day=source.first_day if len(source.demand) else None,
        last_day=source.last_day,
        series=len(source.series),
        rows=len(source.demand),
        units=int(source.demand["y"].sum()),
        digest=tables_digest(built.tables, built.events),
        shares=shares_of(source, built),
        newest_order_at=newest_order_at(shop, source),
        newest_pull_at=newest_pull,
        newest_delivery=newest_delivery,
    )
    return Dataset(built, snapshot)


def read(source: Source, use_case: str) -> Frames:
    """Build the frames that a use case needs, however old they are: what is live goes on."""
    case = USE_CASES[use_case]
    brought = {frame.name: frame for frame in case.own_frames}
    tables = {name: own(source, brought[name]) if name in brought else BUILDERS[name](source) for name in case.needs}
    events = frames.own_events(source.shop)
    return Frames(tables=tables, asof=source.last_day, country=source.shop.country, events=events)


def newest_order_at(shop: Shop, source: Source) -> datetime | None:
    """Return when the newest order that counted was placed."""
    from pipelines.models import Order

    return (
        Order.objects.for_shop(shop)
        .filter(processed_at__lt=source.until)
        .order_by("-processed_at")
        .values_list("processed_at", flat=True)
        .first()
    )


def shares_of(source: Source, built: Frames) -> dict[str, Any]:
    """Say what was read and left out, and of sales for which share of days stock is known."""
    counted, in_parts = int(source.variants["series"].notna().sum()), int(source.variants["is_bundle"].sum())
    read = {
        "rows": {name: len(table) for name, table in built.tables.items()},
        "lines": source.lines,
        "variants_for_sale": counted,
        "variants_gone": len(source.variants) - counted - in_parts,
        "bundles": in_parts,
        "units_of_unknown_bundles": source.counted[1],
        "twins_joined": counted - len(source.series),
    }
    return read | (stock_shares(source) if "daily_sales" in built.tables else {})


def stock_shares(source: Source) -> dict[str, float]:
    """Say for which share of the series' days stock is known, and on which of them there was none."""
    days = (source.last_day - source.first_day).days + 1
    series_days = max(1, len(source.series) * days)
    suspected = source.out_of_stock["stockout"]
    untracked = int((source.series["is_tracked"] == 0).sum()) * days
    return {
        "stock_known": round((source.known_stockouts.known_days + untracked) / series_days, 4),
        "out_of_stock_known": round(len(source.known_stockouts.days) / series_days, 4),
        "out_of_stock_suspected": round(int((suspected == stockouts.SUSPECTED).sum()) / series_days, 4),
    }


def tables_digest(tables: Mapping[str, pd.DataFrame], events: tuple[Event, ...] = ()) -> str:
    """Return the digest of frames: the same rows give the same digest."""
    digest = hashlib.sha256(repr(events).encode() if events else b"")
    for name in sorted(tables):
        digest.update(name.encode())
        for column in tables[name].columns:
            hashes = pd.util.hash_array(hashable(tables[name][column]), categorize=True)
            digest.update(column.encode() + np.ascontiguousarray(hashes).tobytes())
    return digest.hexdigest()


def hashable(column: pd.Series) -> np.ndarray:
    """Give a column's values, lists as texts."""
    holds_lists = column.dtype == object and column.map(lambda value: isinstance(value, list)).any()
    return (column.map(repr) if holds_lists else column).to_numpy()
