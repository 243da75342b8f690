"""Purchase orders as a merchant keeps them in the admin; only the unstable version of the API tells them."""

import json
from typing import Any

from devstore.clock import now
from devstore.connections import child_page, moment
from devstore.fields import Context, iso
from devstore.store import Store

SCOPE = "read_inventory_purchase_orders"
GID = "gid://shopify/InventoryPurchaseOrder"


def keep(store: Store, shop: str, asked: dict[str, Any]) -> int:
    """Make an order, whose units are incoming once it is placed, or put the one of an id away."""
    if number := asked.get("id"):
        with store.writing() as db:
            db.execute("UPDATE purchase_orders SET archived_at = ? WHERE shop = ? AND id = ?", (now(), shop, number))
        return int(number)
    number = store.next_ids("purchase_order")
    items = {line["variant_id"]: item_of(store, shop, line["variant_id"]) for line in asked["lines"]}
    lines = [{"item": items[line["variant_id"]], "units": line["quantity"]} for line in asked["lines"]]
    to = asked.get("location_id")
    placed = moment(asked["ordered_at"]) if asked.get("ordered_at") else None
    values = {"location_id": to, "ordered_at": placed, "created_at": now(), "lines": json.dumps(lines)}
    store.insert("purchase_orders", id=number, shop=shop, archived_at=None, **values)
    if placed and to:
        with store.writing() as db:
            raised = "UPDATE levels SET incoming = incoming + ? WHERE item_id = ? AND location_id = ?"
            db.executemany(raised, [(line["units"], line["item"], to) for line in lines])
    return number


def item_of(store: Store, shop: str, variant: int) -> int:
    """Return the inventory item of a variant."""
    row = store.one("SELECT item_id FROM variants WHERE id = ? AND shop = ?", variant, shop)
    return int(row["item_id"])


def listed(context: Context, args: dict[str, Any]) -> dict[str, Any]:
    """List all orders, the oldest first."""
    rows = context.store.all("SELECT * FROM purchase_orders WHERE shop = ? ORDER BY id", context.domain)
    return child_page(context, lambda *_: {0: [told(context, row) for row in rows]}, {"id": 0}, args)


def one(context: Context, args: dict[str, Any]) -> dict[str, Any] | None:
    """Find an order by its global id."""
    number = args["id"].rpartition("/")[2]
    row = context.store.one("SELECT * FROM purchase_orders WHERE shop = ? AND id = ?", context.domain, number)
    return told(context, row) if row else None


def told(context: Context, row: Any) -> dict[str, Any]:
    """Return an order as the API tells it."""
    find = "SELECT *, ? typename FROM {} WHERE {} = ? AND shop = ?"
    place = context.store.one(find.format("locations", "id"), "Location", row["location_id"], context.domain)

    def lines(info: Any, **args: Any) -> dict[str, Any]:
        found = [
            {
                "typename": "InventoryPurchaseOrderLineItem",
                "id": f"{GID}LineItem/{row['id'] * 1000 + index}",
                "totalQuantity": line["units"],
                "inventoryItem": context.store.one(
                    find.format("variants", "item_id"), "InventoryItem", line["item"], context.domain
                ),
            }
            for index, line in enumerate(json.loads(row["lines"]))
        ]
        return child_page(context, lambda *_: {0: found}, {"id": 0}, args)

    return {
        "typename": "InventoryPurchaseOrder",
        "id": f"{GID}/{row['id']}",
        "name": f"#PO{row['id']}",
        "status": "DRAFT" if row["ordered_at"] is None else "ORDERED",
        "archivedAt": iso(row["archived_at"]),
        "dateCreated": iso(row["created_at"]),
        "orderedAt": iso(row["ordered_at"]),
        "destination": {"name": place["name"], "location": place} if place else None,
        "lineItems": lines,
    }


RESOLVERS = {"inventoryPurchaseOrder": one, "inventoryPurchaseOrders": listed}
