"""The one door from rows to DataFrames: PostgreSQL adds up, COPY carries, nothing is read row by row.

Days are days of the shop's own zone: PostgreSQL turns each moment into local time, summer time included.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from datetime import date, datetime
from typing import Any

import orjson
import pandas as pd
from django.db import connection

from pipelines.lifecycle.data.sold import DEMAND_LINES
from pipelines.models import OwnEvent, Shop, ShopSettings, StockRule
from pipelines.models import own as own_tables
from pipelines.usecases.contract import Event, Output, OwnFrame

EPOCH = date(1970, 1, 1)
NULL = "\x01"  # not "\\N", which a product may be called
SPILL_BYTES = 32 * 2**20  # more than this waits on disk, not in memory

DAILY_DEMAND = f"""
    SELECT l.variant_id AS unique_id,
           (l.processed_at AT TIME ZONE %(zone)s)::date - DATE '1970-01-01' AS day,
           sum(l.quantity - l.removed) AS y,
           sum(l.price_minor::float8 * l.quantity) AS listed,
           sum(l.discount_minor) AS discount,
           sum(l.quantity) AS ordered
    {DEMAND_LINES}
    GROUP BY 1, 2 HAVING sum(l.quantity - l.removed) > 0
"""

LINES_BY_HOUR = f"""
    SELECT extract(hour FROM l.processed_at AT TIME ZONE %(zone)s)::int AS hour, count(*) AS lines
    {DEMAND_LINES}
    GROUP BY 1
"""

LINES_BY_FATE = """
    SELECT count(*) AS lines,
           count(*) FILTER (WHERE o.is_test) AS test_orders,
           count(*) FILTER (WHERE NOT o.is_test AND (o.cancelled_at IS NOT NULL OR o.deleted_at IS NOT NULL))
               AS cancelled_orders,
           count(*) FILTER (WHERE NOT o.is_test AND o.cancelled_at IS NULL AND o.deleted_at IS NULL
               AND l.is_gift_card) AS gift_cards,
           count(*) FILTER (WHERE NOT o.is_test AND o.cancelled_at IS NULL AND o.deleted_at IS NULL
               AND NOT l.is_gift_card AND l.variant_id IS NULL) AS without_product,
           count(DISTINCT o.shopify_id) AS orders
    FROM pipelines_orderline l JOIN pipelines_order o ON o.shop_id = l.shop_id AND o.shopify_id = l.order_id
    WHERE l.shop_id = %(shop)s AND l.processed_at >= %(since)s AND l.processed_at < %(until)s
"""

DAILY_LINES = """
    SELECT (l.processed_at AT TIME ZONE %(zone)s)::date - DATE '1970-01-01' AS day, count(*) AS lines,
           count(*) FILTER (WHERE l.variant_id IS NULL) AS without_product,
           count(*) FILTER (WHERE o.currency <> %(currency)s) AS foreign_currency
    FROM pipelines_orderline l JOIN pipelines_order o ON o.shop_id = l.shop_id AND o.shopify_id = l.order_id
    WHERE l.shop_id = %(shop)s AND l.processed_at >= %(since)s AND NOT l.is_gift_card
      AND NOT o.is_test AND o.cancelled_at IS NULL AND o.deleted_at IS NULL
    GROUP BY 1 ORDER BY 1
"""

# Orders name it as what their lines were sold as, and it is never on a line of its own.
SOLD_AS_GROUPS_ONLY = """
    (v.shopify_id IN (SELECT group_variant_id FROM pipelines_orderline
        WHERE shop_id = %(shop)s AND group_variant_id IS NOT NULL AND processed_at <= %(at)s)
     AND NOT EXISTS (SELECT FROM pipelines_orderline l WHERE l.shop_id = v.shop_id AND l.variant_id = v.shopify_id
        AND l.processed_at <= %(at)s))
"""

VARIANTS = f"""
    SELECT v.shopify_id AS variant_id, v.product_id, v.title, v.sku, v.price_minor, v.unit_cost_minor,
           v.inventory_item_id, v.is_tracked::int AS is_tracked, v.continues_selling::int AS continues,
           (coalesce(v.requires_components, false) OR {SOLD_AS_GROUPS_ONLY})::int AS is_bundle,
           extract(epoch FROM coalesce(v.created_at, p.created_at))::bigint AS created,
           (coalesce(v.deleted_at > %(at)s, true) AND coalesce(p.deleted_at > %(at)s, true)
               AND p.status = 'active')::int AS is_active,
           p.title AS product_title, p.product_type, p.vendor
    FROM pipelines_variant v JOIN pipelines_product p ON p.shop_id = v.shop_id AND p.shopify_id = v.product_id
    WHERE v.shop_id = %(shop)s AND coalesce(v.created_at, p.created_at, %(at)s) <= %(at)s
"""

STOCK_MOVES = """
    (SELECT DISTINCT ON (inventory_item_id, location_id)
            inventory_item_id, location_id, available, extract(epoch FROM updated_at)::bigint AS moment
     FROM pipelines_stocklevel WHERE shop_id = %(shop)s AND updated_at < %(since)s
     ORDER BY inventory_item_id, location_id, updated_at DESC)
    UNION ALL
    SELECT inventory_item_id, location_id, available, extract(epoch FROM updated_at)::bigint AS moment
    FROM pipelines_stocklevel WHERE shop_id = %(shop)s AND updated_at >= %(since)s AND updated_at < %(until)s
"""

NEWEST_STOCK = """
    SELECT DISTINCT ON (inventory_item_id, location_id)
           inventory_item_id, location_id, available, coalesce(committed, 0) AS committed,
           coalesce(incoming, 0) AS incoming
    FROM pipelines_stocklevel WHERE shop_id = %(shop)s AND updated_at <= %(at)s
    ORDER BY inventory_item_id, location_id, updated_at DESC
"""

# To where the goods go; an order without a place goes to the one that moves most, which is for the caller to say.
ON_ORDER = """
    SELECT l.variant_id, coalesce(o.location_id, 0) AS location_id, o.expected_on - DATE '1970-01-01' AS day,
           sum(l.units - l.received)::bigint AS ordered
    FROM pipelines_purchaseline l JOIN pipelines_purchaseorder o ON o.id = l.order_id
    WHERE o.shop_id = %(shop)s AND o.state = 'sent' AND l.received < l.units AND o.sent_at <= %(at)s
    GROUP BY 1, 2, 3
"""

# Shopify does not tell when it comes; where to as above.
ORDERED_IN_SHOPIFY = """
    SELECT inventory_item_id, coalesce(location_id, 0) AS location_id, ordered_on - DATE '1970-01-01' AS day,
           sum(units)::bigint AS ordered
    FROM pipelines_shopifypurchase WHERE shop_id = %(shop)s
    GROUP BY 1, 2, 3
"""

# What is known of a vendor or a variant; a lead time that it has none of is that of its supplier. The days on which it
# takes orders are a bit each, Monday's is 1; 0: any day.
STOCK_RULES = """
    SELECT coalesce(r.variant_id, s.variant_id) AS variant_id, coalesce(r.vendor, s.vendor) AS vendor,
           coalesce(r.lead_time_days, s.lead_time_days) AS lead_time_days, r.review_days, r.cover_days, r.pack_size,
           r.minimum_order, r.service_level, r.unit_cost_minor, s.order_days
    FROM (SELECT * FROM pipelines_stockrule WHERE shop_id = %(shop)s) r
    FULL JOIN (
        SELECT d.vendor, d.variant_id, p.lead_time_days,
               (SELECT coalesce(sum(1 << day), 0) FROM unnest(p.order_weekdays) AS day) AS order_days
        FROM pipelines_supplied d JOIN pipelines_supplier p ON p.id = d.supplier_id
        WHERE d.shop_id = %(shop)s
    ) s ON s.vendor = r.vendor AND coalesce(s.variant_id, 0) = coalesce(r.variant_id, 0)
    ORDER BY r.id
"""

# Orders name a supplier, or a vendor that none delivers; what is typed of a variant itself comes first.
LEAD_TIMES = """
    SELECT DISTINCT ON (2, 1) d.variant_id, coalesce(d.vendor, a.vendor) AS vendor, to_json(a.days) AS days
    FROM pipelines_agreedleadtime a
    LEFT JOIN pipelines_supplier p ON p.shop_id = a.shop_id AND p.name = a.vendor
    LEFT JOIN pipelines_supplied d ON d.supplier_id = p.id
    WHERE a.shop_id = %(shop)s AND NOT EXISTS (
        SELECT FROM pipelines_stockrule r
        WHERE r.shop_id = a.shop_id AND r.variant_id = d.variant_id AND r.lead_time_days IS NOT NULL)
    ORDER BY 2, 1, p.id NULLS LAST
"""

# What was sold as one bundle is that bundle, and no parts that were picked together; where it is not told which, its
# parts stand alone. Whoever bought is a number made of the pseudonym: nothing else of anybody is known here.
PURCHASES = """
    SELECT DISTINCT CASE WHEN l.group_id IS NULL OR l.group_product_id IS NOT NULL THEN l.order_id ELSE -l.line_id END
               AS basket,
           (l.processed_at AT TIME ZONE %(zone)s)::date - DATE '1970-01-01' AS day,
           coalesce(l.group_product_id, l.product_id, v.product_id) AS unique_id,
           ('x' || substr(encode(o.customer_ref, 'hex'), 1, 16))::bit(64)::bigint AS customer
    FROM pipelines_orderline l JOIN pipelines_order o ON o.shop_id = l.shop_id AND o.shopify_id = l.order_id
    LEFT JOIN pipelines_variant v ON v.shop_id = l.shop_id AND v.shopify_id = l.variant_id
    WHERE l.shop_id = %(shop)s AND l.processed_at >= %(since)s AND l.processed_at < %(until)s
      AND coalesce(l.group_product_id, l.product_id, v.product_id) IS NOT NULL
      AND NOT l.is_gift_card AND l.quantity > l.removed
      AND NOT o.is_test AND o.cancelled_at IS NULL AND o.deleted_at IS NULL
"""

CUSTOMER_ORDERS = """
    SELECT ('x' || substr(encode(o.customer_ref, 'hex'), 1, 16))::bit(64)::bigint AS unique_id,
           (o.processed_at AT TIME ZONE %(zone)s)::date - DATE '1970-01-01' AS day,
           o.shopify_id AS order_id, greatest(o.total_minor - o.refunded_minor, 0) AS paid
    FROM pipelines_order o
    WHERE o.shop_id = %(shop)s AND o.processed_at >= %(since)s AND o.processed_at < %(until)s
      AND o.customer_ref IS NOT NULL AND NOT o.is_test AND o.cancelled_at IS NULL AND o.deleted_at IS NULL
"""

PRODUCTS = """
    SELECT p.shopify_id AS unique_id, p.title, p.product_type, p.vendor, p.tags::text AS tags,
           (extract(epoch FROM p.created_at AT TIME ZONE %(zone)s) / 86400)::bigint AS first_day,
           (p.status = 'active' AND coalesce(p.published_at <= %(at)s, false))::int AS published,
           min(v.price_minor) AS price
    FROM pipelines_product p LEFT JOIN pipelines_variant v ON v.shop_id = p.shop_id AND v.product_id = p.shopify_id
        AND coalesce(v.deleted_at > %(at)s, true)
    WHERE p.shop_id = %(shop)s AND coalesce(p.deleted_at > %(at)s, true) AND coalesce(p.created_at, %(at)s) <= %(at)s
    GROUP BY p.id
"""

# A product's own variants are no parts of it.
COMPONENTS = """
    SELECT DISTINCT b.product_id AS unique_id, c.product_id AS component
    FROM pipelines_bundlepart p
    JOIN pipelines_variant b ON b.shop_id = p.shop_id AND b.shopify_id = p.bundle_id
    JOIN pipelines_variant c ON c.shop_id = p.shop_id AND c.shopify_id = p.part_id
    WHERE p.shop_id = %(shop)s AND b.deleted_at IS NULL AND b.product_id <> c.product_id
    ORDER BY 1, 2
"""

WHOLE, REAL, SMALL, TEXT = "int64", "float64", "float32", "str"


def columns(names: str, kind: str) -> dict[str, str]:
    """Say that these columns are of one kind, so that a query without rows is typed too."""
    return dict.fromkeys(names.split(), kind)


def read(sql: str, kinds: dict[str, str], **parameters: Any) -> pd.DataFrame:
    """Return the rows of a query as a DataFrame; empty texts stay empty texts."""
    with connection.cursor() as cursor, tempfile.SpooledTemporaryFile(SPILL_BYTES) as file:
        query = cursor.cursor.mogrify(sql, parameters).decode()
        cursor.cursor.copy_expert(f"COPY ({query}) TO STDOUT WITH (FORMAT csv, HEADER true, NULL '{NULL}')", file)
        file.seek(0)
        return pd.read_csv(file, dtype=kinds, keep_default_na=False, na_values=[NULL], low_memory=False)


def daily_demand(shop: Shop, since: datetime, until: datetime) -> pd.DataFrame:
    """Give units, listed money and discount of each variant and day with sales.

    Writes  unique_id | ds | y | listed | discount | ordered
    """
    kinds = columns("unique_id day", WHOLE) | columns("y listed discount ordered", SMALL)
    rows = read(DAILY_DEMAND, kinds, shop=shop.pk, zone=shop.timezone, since=since, until=until)
    rows["ds"] = pd.to_datetime(rows.pop("day"), unit="D")
    return rows


def lines_by_hour(shop: Shop, since: datetime, until: datetime) -> pd.DataFrame:
    """Count the order lines of each hour of the day, where the shop is.

    Writes  hour | lines
    """
    kinds = columns("hour lines", WHOLE)
    return read(LINES_BY_HOUR, kinds, shop=shop.pk, zone=shop.timezone, since=since, until=until)


def lines_by_fate(shop: Shop, since: datetime, until: datetime) -> dict[str, int]:
    """Count order lines, and those that are no demand by the reason why."""
    row = read(LINES_BY_FATE, {}, shop=shop.pk, since=since, until=until).iloc[0]
    return {str(name): int(value) for name, value in row.items()}


def daily_lines(shop: Shop, since: datetime) -> pd.DataFrame:
    """Count the order lines of each day, days to come included, and those that lack a product or the shop's currency.

    Writes  ds | lines | without_product | foreign_currency
    """
    kinds = columns("day lines without_product foreign_currency", WHOLE)
    rows = read(DAILY_LINES, kinds, shop=shop.pk, zone=shop.timezone, currency=shop.currency, since=since)
    rows["ds"] = pd.to_datetime(rows.pop("day"), unit="D")
    return rows


def variants(shop: Shop, at: datetime) -> pd.DataFrame:
    """Give every variant that the shop has or had at a moment.

    Writes  variant_id | product_id | title | sku | price_minor | unit_cost_minor | inventory_item_id | …
    """
    kinds = columns("variant_id product_id is_tracked continues is_bundle is_active", WHOLE)
    kinds |= columns("price_minor unit_cost_minor inventory_item_id created", REAL)
    return read(VARIANTS, kinds | columns("title sku product_title product_type vendor", TEXT), shop=shop.pk, at=at)


def stock_moves(shop: Shop, since: datetime, until: datetime) -> pd.DataFrame:
    """Give what was sellable from which moment on, per inventory item and location; what stood at `since` comes first.

    Writes  inventory_item_id | location_id | available | moment
    """
    kinds = columns("inventory_item_id location_id available moment", WHOLE)
    return read(STOCK_MOVES, kinds, shop=shop.pk, since=since, until=until)


def newest_stock(shop: Shop, at: datetime) -> pd.DataFrame:
    """Give what was sellable, committed and on its way at a moment.

    Writes  inventory_item_id | location_id | available | committed | incoming
    """
    kinds = columns("inventory_item_id location_id available committed incoming", WHOLE)
    return read(NEWEST_STOCK, kinds, shop=shop.pk, at=at)


def on_order(shop: Shop, at: datetime) -> pd.DataFrame:
    """Give the units that the shop ordered from suppliers and that have not come; place 0: none was named.

    Writes  variant_id | location_id | ds (when they are expected) | ordered
    """
    rows = read(ON_ORDER, columns("variant_id location_id day ordered", WHOLE), shop=shop.pk, at=at)
    rows["ds"] = pd.to_datetime(rows.pop("day"), unit="D")
    return rows


def ordered_in_shopify(shop: Shop) -> pd.DataFrame:
    """Give what Shopify's own purchase orders ask for; place 0: none was named.

    Writes  inventory_item_id | location_id | ds (when it was ordered) | ordered
    """
    rows = read(ORDERED_IN_SHOPIFY, columns("inventory_item_id location_id day ordered", WHOLE), shop=shop.pk)
    rows["ds"] = pd.to_datetime(rows.pop("day"), unit="D")
    return rows


def purchases(shop: Shop, since: datetime, until: datetime) -> pd.DataFrame:
    """Give the products of each basket, once each, with its day and a number for who bought it.

    Writes  basket | ds | unique_id | customer (missing: a guest)
    """
    kinds = columns("basket day unique_id", WHOLE) | {"customer": "Int64"}
    rows = read(PURCHASES, kinds, shop=shop.pk, zone=shop.timezone, since=since, until=until)
    rows["ds"] = pd.to_datetime(rows.pop("day"), unit="D")
    return rows.sort_values(["basket", "unique_id"], ignore_index=True)[["basket", "ds", "unique_id", "customer"]]


def customer_orders(shop: Shop, since: datetime, until: datetime) -> pd.DataFrame:
    """Give the orders that name a customer, by the number of the pseudonym, with what was paid and not given back.

    Writes  unique_id | ds | order_id | paid
    """
    kinds = columns("unique_id day order_id", WHOLE) | columns("paid", REAL)
    rows = read(CUSTOMER_ORDERS, kinds, shop=shop.pk, zone=shop.timezone, since=since, until=until)
    rows["ds"] = pd.to_datetime(rows.pop("day"), unit="D")
    return rows.sort_values(["unique_id", "order_id"], ignore_index=True)[["unique_id", "ds", "order_id", "paid"]]


def products(shop: Shop, at: datetime) -> pd.DataFrame:
    """Give the products that the shop has at a moment; the price is that of the cheapest variant.

    Writes  unique_id | title | product_type | vendor | tags | price | first_day | published
    """
    kinds = columns("unique_id published", WHOLE) | columns("price first_day", REAL)
    kinds |= columns("title product_type vendor tags", TEXT)
    rows = read(PRODUCTS, kinds, shop=shop.pk, zone=shop.timezone, at=at)
    rows["tags"] = rows["tags"].map(orjson.loads)
    rows["first_day"] = pd.to_datetime(rows["first_day"], unit="D")
    return rows.astype({"published": bool}).sort_values("unique_id", ignore_index=True)


def components(shop: Shop) -> pd.DataFrame:
    """Give bundles, each with the products that it is made of.

    Writes  unique_id | component
    """
    return read(COMPONENTS, columns("unique_id component", WHOLE), shop=shop.pk)


def stock_rules(shop: Shop) -> pd.DataFrame:
    """Give what the merchant knows of variants, vendors and their suppliers; gaps are inherited.

    Writes  variant_id | vendor | lead_time_days | review_days | cover_days | pack_size | … | order_days
    """
    kinds = columns("variant_id", REAL) | columns("vendor", TEXT)
    kinds |= dict.fromkeys(StockRule.FIELDS, REAL) | columns("order_days", REAL)
    return read(STOCK_RULES, kinds, shop=shop.pk)


def lead_times(shop: Shop) -> pd.DataFrame:
    """Give how long deliveries take, where the merchant agreed to what was measured, of vendors and of variants.

    Writes  variant_id (missing: a vendor's) | vendor | days (a list, at the levels of delivery_times)
    """
    rows = read(LEAD_TIMES, columns("variant_id", REAL) | columns("vendor days", TEXT), shop=shop.pk)
    return rows.assign(days=rows["days"].map(orjson.loads))


def own(shop: Shop, asked: OwnFrame, last_day: date, at: datetime, *, since: datetime | None = None) -> pd.DataFrame:
    """Give the rows of a table that a use case brings, as they stood at a moment, with the columns that it names."""
    names = [asked.fields.get(name, name) for name in asked.columns]
    rows = own_tables.rows(asked.table, shop).as_of(at, last_day)
    rows = rows.filter(at__gte=since) if since else rows
    found = pd.DataFrame(rows.values_list(*names), columns=[*asked.columns])
    return found.astype({name: kind for name, kind in asked.columns.items() if kind and name != asked.series})


def said(shop: Shop, output: Output, names: Collection[str], version_id: int | None, origins: Any) -> pd.DataFrame:
    """Give some columns of what a version had said from some origins.

    Writes  the columns that were asked for
    """
    rows = own_tables.rows(output.table, shop).filter(version=version_id, origin__in=origins)
    return pd.DataFrame(rows.values_list(*names), columns=[*names])


def own_events(shop: Shop) -> tuple[Event, ...]:
    """Give the merchant's own events; the same name in other letters is the same event."""
    rows = OwnEvent.objects.for_shop(shop).order_by("first_day", "pk").values_list("name", "first_day", "last_day")
    return tuple(Event(name.casefold(), first_day, last_day) for name, first_day, last_day in rows)


def shop_terms(shop: Shop) -> pd.DataFrame:
    """Give the shop's own terms, one row.

    Writes  lead_time_days | review_days | service_level | weighs_costs | cost_share | holding_rate | markdown_rate
    """
    names = ["lead_time_days", "review_days", "service_level", "weighs_costs", "cost_share"]
    names += ["holding_rate", "markdown_rate"]
    settings = ShopSettings.of(shop)
    return pd.DataFrame([[float(getattr(settings, name)) for name in names]], columns=names)
