"""Discounts of a shop, as a merchant keeps them in the admin, with a code or without; apps may only read them."""

import json
from typing import Any

from devstore.clock import now
from devstore.connections import moment
from devstore.fields import Context, iso
from devstore.store import Store

KINDS = ("DiscountCodeBasic", "DiscountCodeFreeShipping", "DiscountCodeBxgy", "DiscountCodeApp")
BUYERS = {
    "all": "DiscountBuyerSelectionAll",
    "customers": "DiscountCustomers",
    "segments": "DiscountCustomerSegments",
    "markets": "DiscountMarkets",
}


def keep(store: Store, shop: str, asked: dict[str, Any]) -> None:
    """Make a code that takes `percent` off, in the place of the one that has it; of 0 it is deleted."""
    percent = int(asked.get("percent", 10))
    with store.writing() as db:
        db.execute("DELETE FROM discounts WHERE shop = ? AND lower(code) = lower(?)", (shop, asked["code"]))
    if not percent:
        return
    store.insert(
        "discounts",
        id=store.next_ids("discount"),
        shop=shop,
        code=asked["code"],
        percent=percent,
        kind=asked.get("kind", KINDS[0]),
        starts_at=moment(asked["starts_at"]) if asked.get("starts_at") else now(),
        ends_at=moment(asked["ends_at"]) if asked.get("ends_at") else None,
        usage_limit=asked.get("usage_limit"),
        used=int(asked.get("used", 0)),
        buyers=BUYERS[asked.get("buyers", "all")],
    )


def found(store: Store, shop: str, code: str) -> Any:
    """Return a shop's code, in whatever letters it is written."""
    return store.one("SELECT * FROM discounts WHERE shop = ? AND lower(code) = lower(?)", shop, code)


def by_code(context: Context, args: dict[str, Any]) -> dict[str, Any] | None:
    """Find a code, as the Admin API tells it."""
    row = found(context.store, context.domain, args["code"])
    return {"id": f"gid://shopify/DiscountCodeNode/{row['id']}", "codeDiscount": told(row)} if row else None


def told(row: Any) -> dict[str, Any]:
    """Return a discount as the API tells it."""
    return {
        "__typename": row["kind"],
        "status": status(row),
        "startsAt": iso(row["starts_at"]),
        "endsAt": iso(row["ends_at"]),
        "usageLimit": row["usage_limit"],
        "asyncUsageCount": row["used"],
        "context": {"__typename": row["buyers"]},
    }


def plan(store: Store, shop: str, asked: dict[str, Any]) -> int:
    """Plan a discount that nobody has to type, of some products, collections or all; of 0 percent it is deleted."""
    number = asked.get("id") or store.next_ids("discount")
    with store.writing() as db:
        db.execute("DELETE FROM planned_discounts WHERE shop = ? AND id = ?", (shop, number))
        db.execute("DELETE FROM collections_on_sale WHERE discount_id = ?", (number,))
    if asked["percent"]:
        for collection, products in (asked.get("collections") or {}).items():
            for product in products:
                store.insert(
                    "collections_on_sale", discount_id=number, collection_id=int(collection), product_id=product
                )
        store.insert(
            "planned_discounts",
            id=number,
            shop=shop,
            percent=int(asked["percent"]),
            products=json.dumps(asked["products"]) if asked.get("products") else None,
            starts_at=moment(asked["starts_at"]),
            ends_at=moment(asked["ends_at"]) if asked.get("ends_at") else None,
            created_at=now(),
        )
    return int(number)


def automatic(context: Context, args: dict[str, Any]) -> dict[str, Any]:
    """List the planned discounts, as the Admin API tells them, on one page."""
    rows = context.store.all("SELECT * FROM planned_discounts WHERE shop = ? ORDER BY id", context.domain)
    nodes = [
        {"id": f"gid://shopify/DiscountAutomaticNode/{row['id']}", "discount": planned(row, collections(context, row))}
        for row in rows
    ]
    end = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
    return {"nodes": nodes[: args["first"]], "pageInfo": end}


def collections(context: Context, row: Any) -> list[int]:
    """List the collections that a planned discount is of."""
    sql = "SELECT DISTINCT collection_id FROM collections_on_sale WHERE discount_id = ? ORDER BY 1"
    return [each["collection_id"] for each in context.store.all(sql, row["id"])]


def planned(row: Any, collections: list[int]) -> dict[str, Any]:
    """Return a planned discount as the API tells it."""
    items: dict[str, Any] = {"__typename": "AllDiscountItems", "allItems": True}
    if row["products"]:
        named = [{"id": f"gid://shopify/Product/{number}"} for number in json.loads(row["products"])]
        items = {"__typename": "DiscountProducts", "products": {"nodes": named}}
    if collections:
        named = [{"id": f"gid://shopify/Collection/{number}"} for number in collections]
        page = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
        items = {"__typename": "DiscountCollections", "collections": {"nodes": named, "pageInfo": page}}
    return {
        "__typename": "DiscountAutomaticBasic",
        "createdAt": iso(row["created_at"]),
        "startsAt": iso(row["starts_at"]),
        "endsAt": iso(row["ends_at"]),
        "context": {"__typename": BUYERS["all"]},
        "minimumRequirement": None,
        "customerGets": {
            "value": {"__typename": "DiscountPercentage", "percentage": row["percent"] / 100},
            "items": items,
        },
    }


def status(row: Any) -> str:
    """Say whether a discount is in use now."""
    if row["ends_at"] is not None and row["ends_at"] <= now():
        return "EXPIRED"
    return "SCHEDULED" if row["starts_at"] > now() else "ACTIVE"


def applications(codes: list[str], lines: list[Any]) -> list[dict[str, Any]]:
    """Return the one discount of an order's lines as webhooks tell it: by its code, or one that nobody had to type."""
    off, goods = sum(line["discount"] for line in lines), sum(line["price"] * line["quantity"] for line in lines)
    if not off:
        return []
    how = {"type": "discount_code", "code": codes[0]} if codes else {"type": "automatic", "title": "Sale"}
    percent = {"value": str(round(100 * off / goods, 1)), "value_type": "percentage"}
    return [how | percent | {"target_type": "line_item", "target_selection": "all", "allocation_method": "across"}]
