"""Lists in the Admin API: where their rows come from, how they are filtered and paged."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from sqlite3 import Row
from typing import Any

from graphql import GraphQLError

from devstore.fields import Context, checkout_lines, cursor, from_cursor, full_namespace, owner_of

Loader = Callable[[Context, list[Any], dict[str, Any]], dict[Any, list[Any]]]

ROOTS = {
    "orders": ("Order", "orders", "created_at"),
    "products": ("Product", "products", "id"),
    "productVariants": ("ProductVariant", "variants", "id"),
    "inventoryItems": ("InventoryItem", "variants", "id"),
    "locations": ("Location", "locations", "id"),
    "abandonedCheckouts": ("AbandonedCheckout", "checkouts", "id"),
    "analyticsAnnotations": ("AnalyticsAnnotation", "annotations", "id"),
    "bulkOperations": ("BulkOperation", "bulk_operations", "id"),
}
OF_SHOP = {"analyticsAnnotations"}  # those that are asked of the shop
SORT_COLUMNS = {
    "ID": "id", "CREATED_AT": "created_at", "UPDATED_AT": "updated_at", "PROCESSED_AT": "created_at",
    "ORDER_NUMBER": "number", "TITLE": "title", "NAME": "name", "SKU": "sku",
    "STARTED_AT": "started_at", "ENDED_AT": "ended_at",
}  # fmt: skip
TERM = re.compile(r"""(-?)(\w+):(>=|<=|>|<)?('[^']*'|"[^"]*"|\S+)""")
TIMES = {"created_at": "created_at", "updated_at": "updated_at", "processed_at": "created_at"}
TIMES |= {"started_at": "started_at", "ended_at": "ended_at"}
TEXTS = {
    "sku": "sku", "title": "title", "vendor": "vendor", "product_type": "product_type", "status": "status",
    "financial_status": "financial_status", "type": "type", "operation_type": "type",
}  # fmt: skip
NUMBERS = {"id": "id", "number": "number", "product_id": "product_id"}
WIDE = 500


def conditions(context: Context, field: str, query: str | None) -> tuple[list[str], list[Any]]:
    """Turn a search text into SQL; terms that the search does not know are ignored, as there."""
    table = ROOTS[field][1]
    parts, values = ["shop = ?"], [context.domain]
    if table == "orders":
        parts.append("created_at >= ?")
        values.append(context.oldest_order)
    if table == "checkouts":
        parts.append("completed_at IS NULL")
    columns = {row["name"] for row in context.store.all(f"PRAGMA table_info({table})")}
    for negated, name, sign, raw in TERM.findall(query or ""):
        part = _term(name, sign or "=", raw.strip("'\""), columns)
        if part:
            parts.append(f"NOT ({part[0]})" if negated else part[0])
            values.append(part[1])
    return parts, values


def _term(name: str, sign: str, value: str, columns: set[str]) -> tuple[str, Any] | None:
    if name in TIMES and TIMES[name] in columns:
        return f"{TIMES[name]} {sign} ?", moment(value)
    if name in NUMBERS and NUMBERS[name] in columns and value.rpartition("/")[2].isdigit():
        return f"{NUMBERS[name]} {sign} ?", int(value.rpartition("/")[2])
    if name in TEXTS and TEXTS[name] in columns:
        return f"lower({TEXTS[name]}) = ?", value.lower()
    if name == "collection_id" and "product_type" in columns:
        return "id IN (SELECT product_id FROM collections_on_sale WHERE collection_id = ?)", int(value)
    if name == "test" and name in columns:
        return "test = ?", int(value == "true")
    if name == "name" and "number" in columns and value.lstrip("#").isdigit():
        return "number = ?", int(value.lstrip("#"))
    return None


def moment(text: str) -> int:
    """Read a search date; without a zone it is UTC."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise GraphQLError(f"Invalid date: {text}") from None
    return int((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp())


def root_rows(context: Context, field: str, args: dict[str, Any]) -> Iterator[list[Row]]:
    """Stream every row of a list, in chunks, for a bulk export."""
    parts, values = conditions(context, field, args.get("query"))
    table = ROOTS[field][1]
    last = 0
    while True:
        sql = f"SELECT * FROM {table} WHERE {' AND '.join(parts)} AND id > ? ORDER BY id LIMIT {WIDE}"
        rows = context.store.all(sql, *values, last)
        if not rows:
            return
        yield rows
        last = rows[-1]["id"]


def root_page(context: Context, field: str, args: dict[str, Any]) -> dict[str, Any]:
    """Return one page of a top-level list."""
    _type, table, default = ROOTS[field]
    parts, values = conditions(context, field, args.get("query"))
    column = SORT_COLUMNS.get(args.get("sortKey") or "", default)
    backwards, size = _direction(args)
    sign, order = ("<", "DESC") if backwards else (">", "ASC")
    start = args.get("before") if args.get("last") else args.get("after")
    if start:
        value, number = _position(start)
        parts.append(f"({column}, id) {sign} (?, ?)")
        values += [value, number]
    sql = f"SELECT * FROM {table} WHERE {' AND '.join(parts)} ORDER BY {column} {order}, id {order} LIMIT ?"
    rows = context.store.all(sql, *values, size + 1)
    more, rows = len(rows) > size, rows[:size]
    if args.get("last"):
        rows.reverse()
    return page([(row, cursor(row[column], row["id"])) for row in rows], args, more, bool(start))


def _direction(args: dict[str, Any]) -> tuple[bool, int]:
    if args.get("last"):
        return not args.get("reverse"), args["last"]
    return bool(args.get("reverse")), args["first"]


def _position(text: str) -> list[Any]:
    try:
        value, number = from_cursor(text)
    except (ValueError, TypeError):
        raise GraphQLError("Invalid cursor for current pagination sort.") from None
    return [value, number]


def page(found: list[tuple[Any, str]], args: dict[str, Any], more: bool, started: bool) -> dict[str, Any]:
    """Shape a connection."""
    after, before = (started, more) if args.get("last") else (more, started)
    return {
        "edges": [{"node": row, "cursor": mark} for row, mark in found],
        "nodes": [row for row, _ in found],
        "pageInfo": {
            "hasNextPage": after,
            "hasPreviousPage": before,
            "startCursor": found[0][1] if found else None,
            "endCursor": found[-1][1] if found else None,
        },
    }


def child_page(context: Context, loader: Loader, row: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Return one page of a list inside an object."""
    rows = loader(context, [row], args).get(row["id"], [])
    if args.get("reverse"):
        rows = rows[::-1]
    start = from_cursor(args["after"])[0] + 1 if args.get("after") else 0
    size = args.get("first") or args.get("last") or len(rows)
    if args.get("last"):
        start = max(0, len(rows) - size)
    found = [(each, cursor(start + index)) for index, each in enumerate(rows[start : start + size])]
    return page(found, args, start + size < len(rows), start > 0)


def _children(table: str, column: str, parent: str = "id", order: str = "id") -> Loader:
    """Load the rows of many parents in one query."""

    def load(context: Context, rows: list[Any], args: dict[str, Any]) -> dict[Any, list[Any]]:
        keys = {row[parent]: row["id"] for row in rows}
        marks = ",".join("?" * len(keys))
        found: dict[Any, list[Any]] = {}
        sql = f"SELECT * FROM {table} WHERE {column} IN ({marks}) ORDER BY {order}"
        for child in context.store.db.execute(sql, list(keys)):
            found.setdefault(keys[child[column]], []).append(child)
        return found

    return load


def _variants_of_item(context: Context, rows: list[Any], args: dict[str, Any]) -> dict[Any, list[Any]]:
    return {row["id"]: [row] for row in rows}


def _lines_of_checkout(context: Context, rows: list[Any], args: dict[str, Any]) -> dict[Any, list[Any]]:
    return {row["id"]: checkout_lines(row) for row in rows}


def _metafields(context: Context, rows: list[Any], args: dict[str, Any]) -> dict[Any, list[Any]]:
    owners = {owner_of(row, context): row["id"] for row in rows}
    found: dict[Any, list[Any]] = {}
    sql = f"SELECT * FROM metafields WHERE owner IN ({','.join('?' * len(owners))}) ORDER BY id"
    for field in context.store.db.execute(sql, list(owners)):
        if (
            args.get("namespace") in (None, field["namespace"])
            or full_namespace(args["namespace"]) == field["namespace"]
        ):
            found.setdefault(owners[field["owner"]], []).append(field)
    return found


CHILDREN: dict[tuple[str, str], tuple[str, Loader]] = {
    ("Order", "lineItems"): ("LineItem", _children("lines", "order_id")),
    ("Refund", "refundLineItems"): ("RefundLineItem", _children("refund_lines", "refund_id")),
    ("Product", "variants"): ("ProductVariant", _children("variants", "product_id", order="product_id, position")),
    ("ProductVariant", "productVariantComponents"): ("ProductVariantComponent", _children("components", "bundle_id")),
    ("InventoryItem", "inventoryLevels"): (
        "InventoryLevel",
        _children("levels", "item_id", parent="item_id", order="item_id, location_id"),
    ),
    ("InventoryItem", "variants"): ("ProductVariant", _variants_of_item),
    ("Location", "inventoryLevels"): ("InventoryLevel", _children("levels", "location_id", order="item_id")),
    ("AbandonedCheckout", "lineItems"): ("AbandonedCheckoutLineItem", _lines_of_checkout),
    **{(owner, "metafields"): ("Metafield", _metafields) for owner in
       ("Product", "ProductVariant", "Location", "AppInstallation")},
}  # fmt: skip
