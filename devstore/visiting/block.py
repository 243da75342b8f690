"""What the app's block shows on every product page of a shop: its Liquid and its script, for many visitors at once.

The lists of all products are read together, as they are now. tests/devstore compares them with what the Liquid renders.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from sqlite3 import Row
from typing import Any

from devstore.fields import full_namespace
from devstore.store import Store
from devstore.visiting.buckets import bucket, is_new

USE_CASE = "recommendations"
LISTS, RULES = "$app:recommendations", ("recommendations", "rules")
MOST = 4  # products that the block shows where nobody set it otherwise
LIVE, NEW, NOTHING, UNASKED = "live", "new", "nothing", "unasked"
SOLD = """
    SELECT v.id, v.product_id, max(v.continues OR l.available > 0) AS available
    FROM variants v JOIN products p ON p.id = v.product_id AND p.status = 'active'
    JOIN levels l ON l.item_id = v.item_id
    WHERE v.shop = ? AND p.id NOT IN (SELECT product_id FROM unpublished_products)
    GROUP BY v.id ORDER BY v.product_id, v.position
"""


@dataclass(frozen=True)
class Rules:
    """What the app's one field says: which slot is live, who sees the other, and who sees nothing at all."""

    live: str = "a"
    weight: float = 0
    seed: str = ""
    hold_out: float = 0
    hold_out_seed: str = ""
    is_off: bool = False

    @property
    def other(self) -> str:
        """Name the slot that is not live."""
        return "a" if self.live == "b" else "b"

    def holds_out(self, unit: str) -> bool:
        """Tell whether a unit is kept away from every list; asked before anything else."""
        return bool(self.hold_out) and bucket(self.hold_out_seed, unit) < self.hold_out / 100

    def is_new(self, unit: str) -> bool:
        """Tell whether a unit sees the list that is not live."""
        return is_new(self.seed, unit, self.weight)


@dataclass(frozen=True)
class Page:
    """The block on a product's page: the list that stands there, and the other one where there is one."""

    live: list[int] = field(default_factory=list)
    other: list[int] | None = None


@dataclass(frozen=True)
class Blocks:
    """The block of every page of a shop, and which variant of each product can be bought."""

    rules: Rules
    pages: Mapping[int, Page]
    variants: Mapping[int, int]

    def is_compared(self, page: Page) -> bool:
        """Tell whether the block says what it showed: not where a second list is missing while lists are compared."""
        return not self.rules.seed or not self.rules.weight or page.other is not None


def blocks_of(store: Store, shop: Row, sold: Mapping[int, float]) -> Blocks:
    """Read what the pages of a shop show now; nothing where the app is not installed."""
    rows = store.all(SOLD, shop["domain"])
    seen = {row["product_id"] for row in rows}
    for_sale = [row for row in rows if row["available"]]
    variants: dict[int, int] = {}
    for row in sorted(for_sale, key=lambda row: -sold.get(row["id"], 0.0)):
        variants.setdefault(row["product_id"], row["id"])
    rules = rules_of(store, shop)
    fields = lists_of(store, shop, seen) if shop["installed"] else {}
    return Blocks(rules, dict(pages_of(fields, rules, variants)), variants)


def rules_of(store: Store, shop: Row) -> Rules:
    """Read the app's field; what it leaves out is nothing."""
    namespace, key = RULES
    held = store.one(
        "SELECT value FROM metafields WHERE owner = ? AND namespace IN (?, ?) AND key = ?",
        f"gid://shopify/AppInstallation/{shop['id']}", namespace, full_namespace(namespace), key,
    )  # fmt: skip
    said: dict[str, Any] = json.loads(held["value"]) if held else {}
    known = {name: said[name] for name in Rules.__dataclass_fields__ if said.get(name) is not None}
    return Rules(**known | {"live": "b" if said.get("live") == "b" else "a"})


def lists_of(store: Store, shop: Row, seen: set[int]) -> dict[int, dict[str, list[int]]]:
    """Read the lists of all products, of products that buyers can see."""
    rows = store.all(
        "SELECT owner, key, value FROM metafields WHERE shop = ? AND namespace = ? AND type = 'list.product_reference'",
        shop["domain"], full_namespace(LISTS),
    )  # fmt: skip
    found: dict[int, dict[str, list[int]]] = {}
    for row in rows:
        picks = [number for gid in json.loads(row["value"]) if (number := _number(gid)) in seen]
        found.setdefault(_number(row["owner"]), {})[row["key"]] = picks
    return found


def pages_of(
    fields: Mapping[int, Mapping[str, list[int]]], rules: Rules, variants: Mapping[int, int]
) -> Iterator[tuple[int, Page]]:
    """Yield the block of each product that has one: best sellers stand in for a live list that is empty."""
    for product, held in fields.items():
        live = held.get(rules.live) or held.get("best")
        other = held.get(rules.other)
        if live and not rules.is_off:
            page = Page(_first(live, variants), _first(other, variants) if other and rules.weight > 0 else None)
            yield product, page


def _first(picks: list[int], variants: Mapping[int, int]) -> list[int]:
    """Keep the first that can be bought."""
    return [pick for pick in picks if pick in variants][:MOST]


def _number(gid: str) -> int:
    return int(gid.rpartition("/")[2])
