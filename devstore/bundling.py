"""Bundles: a variant that is sold with others, whose stock is theirs.

An order lists the parts, each with the group that it was sold in, as Shopify's own bundles do; or the bundle alone, as
those of some apps do.
"""

from sqlite3 import Row
from typing import Any

from devstore.store import Store

_PARTS = "SELECT v.*, c.quantity units FROM components c JOIN variants v ON v.id = c.variant_id WHERE c.bundle_id = ?"


def keep(store: Store, shop: str, bundle: int, parts: dict[int, int], is_listed_alone: bool) -> None:
    """Write down what a bundle is made of, and how orders list it."""
    store.db.execute("DELETE FROM components WHERE bundle_id = ?", (bundle,))
    store.db.execute("DELETE FROM bundles_listed_alone WHERE variant_id = ?", (bundle,))
    if is_listed_alone:
        store.insert("bundles_listed_alone", variant_id=bundle)
    for part, quantity in parts.items():
        store.insert(
            "components", id=store.next_ids("component"), shop=shop, bundle_id=bundle, variant_id=part,
            quantity=quantity,
        )  # fmt: skip


def is_bundle(store: Store, variant: int) -> bool:
    """Tell whether a variant is sold with components only."""
    return store.one("SELECT 1 FROM components WHERE bundle_id = ?", variant) is not None


def goods(store: Store, variant: Row | None, units: int) -> list[tuple[int, int]]:
    """Return the inventory items that so many units of a variant are made of, each with how many."""
    if variant is None:
        return []
    parts = store.all(_PARTS, variant["id"])
    return [(part["item_id"], units * part["units"]) for part in parts] or [(variant["item_id"], units)]


def lines_of(store: Store, variant: Row, quantity: int) -> list[dict[str, Any]]:
    """Return the lines that an order has of so many of a variant."""
    parts = store.all(f"{_PARTS} ORDER BY c.id", variant["id"])
    is_listed_alone = store.one("SELECT 1 FROM bundles_listed_alone WHERE variant_id = ?", variant["id"])
    if not parts or is_listed_alone:
        return [{"variant": variant, "quantity": quantity, "money": variant["price"] * quantity, "bundle": None}]
    bundle, whole = {"variant": variant, "quantity": quantity}, sum(part["price"] * part["units"] for part in parts)
    left, lines = variant["price"] * quantity, []
    for index, part in enumerate(parts):
        units = part["units"] * quantity
        share = variant["price"] * quantity * part["price"] * part["units"] // (whole or 1)
        money = left if index == len(parts) - 1 else share
        left -= money
        lines.append({"variant": part, "quantity": units, "money": money, "bundle": bundle})
    return lines


def group_of_line(store: Store, line: int) -> Row | None:
    """Return the group that a line was sold in."""
    return store.one(
        "SELECT g.* FROM line_groups g JOIN grouped_lines l ON l.group_id = g.id WHERE l.line_id = ?", line
    )


def groups_of_shop(store: Store, shop: str) -> dict[int, Row]:
    """Return the group of each line that was sold in one."""
    rows = store.all(
        "SELECT l.line_id, g.* FROM line_groups g JOIN grouped_lines l ON l.group_id = g.id WHERE g.shop = ?", shop
    )
    return {row["line_id"]: row for row in rows}


def write_group(store: Store, shop: str, order: int, bundle: dict[str, Any]) -> int:
    """Write a group of an order."""
    number, variant = store.next_ids("line_group"), bundle["variant"]
    store.insert(
        "line_groups", id=number, shop=shop, order_id=order, variant_id=variant["id"],
        product_id=variant["product_id"], sku=variant["sku"], title=variant["product_title"],
        quantity=bundle["quantity"],
    )  # fmt: skip
    return number
