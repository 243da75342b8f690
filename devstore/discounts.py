"""Discount codes of a shop, as a merchant keeps them in the admin; apps may only read them."""

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
    """Make a code of it, in the place of the one that has it; `deleted` takes it away."""
    with store.writing() as db:
        db.execute("DELETE FROM discounts WHERE shop = ? AND lower(code) = lower(?)", (shop, asked["code"]))
    if asked.get("deleted"):
        return
    store.insert(
        "discounts",
        id=store.next_ids("discount"),
        shop=shop,
        code=asked["code"],
        kind=asked.get("kind", KINDS[0]),
        starts_at=moment(asked["starts_at"]) if asked.get("starts_at") else now(),
        ends_at=moment(asked["ends_at"]) if asked.get("ends_at") else None,
        usage_limit=asked.get("usage_limit"),
        used=int(asked.get("used", 0)),
        buyers=BUYERS[asked.get("buyers", "all")],
    )


def by_code(context: Context, args: dict[str, Any]) -> dict[str, Any] | None:
    """Find a code, in whatever letters it is written."""
    sql = "SELECT * FROM discounts WHERE shop = ? AND lower(code) = lower(?)"
    row = context.store.one(sql, context.domain, args["code"])
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


def status(row: Any) -> str:
    """Say whether a discount is in use now."""
    if row["ends_at"] is not None and row["ends_at"] <= now():
        return "EXPIRED"
    return "SCHEDULED" if row["starts_at"] > now() else "ACTIVE"
