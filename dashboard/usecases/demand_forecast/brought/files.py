"""The lines of a file that another app wrote, by what is read of them, and what becomes of these.

Columns are found by the names that Stocky's exports and those of its followers use. Of people nothing is read: no
name of a contact, no e-mail, no phone; a supplier's address is what would be typed of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial
from typing import TypeVar

from dashboard.files import Cells, Table, check_once, clean
from dashboard.usecases.demand_forecast.brought.cells import Unreadable, amount
from pipelines.lifecycle.buying.brought import Brought
from pipelines.lifecycle.buying.suppliers import Told
from pipelines.lifecycle.preferences import Rule
from pipelines.models import Product, Shop, Variant
from pipelines.words import to_minor

MOST_SAID = 50
Value = TypeVar("Value")
How = TypeVar("How")

NAMES = {  # ours: what they are called, the likeliest first
    "order": "po number|po #|po|purchase order number|purchase order|order number|order|number",
    "supplier": "supplier|supplier name|vendor|vendor name|company",
    "sku": "sku|variant sku|product sku",
    "units": "qty ordered|quantity ordered|ordered qty|ordered|order quantity|quantity|qty|units",
    "came": "qty received|quantity received|received qty|received",
    "cost": "cost (base)|unit cost|cost price|cost per item|cost",
    "currency": "currency|currency code",
    "state": "status|state",
    "sent_on": "ordered at|ordered on|order date|date ordered|po date|created at|date",
    "expected_on": "expected at|expected on|expected date|expected arrival|estimated arrival|expected|delivery date",
    "lead_time_days": "lead time (days)|lead time days|lead time|lead_time_days|lead_time|supplier lead time",
    "pack_size": "pack size|case quantity|case pack|order multiple|pack_size",
    "minimum_order": "moq|min order qty|minimum order quantity|minimum order|minimum_order",
    "address": "company address|supplier address|address",
}
ALSO_NAMES = "name"  # suppliers' files call nothing else a supplier
KNOWN = {ALSO_NAMES, *(name for theirs in NAMES.values() for name in theirs.split("|"))}


@dataclass
class Report:
    """What was read of a file, and what was not, in sentences."""

    kind: str = ""
    read: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    more_left: int = 0
    orders: list[Brought] = field(default_factory=list)
    suppliers: dict[str, Told] = field(default_factory=dict)  # by name in small letters
    rules: dict[tuple[str, int | None], Rule] = field(default_factory=dict)  # by vendor and variant

    def leave(self, where: str, why: str) -> None:
        """Say what is left out; beyond the first ones only count."""
        if len(self.left) < MOST_SAID:
            self.left.append(f"{where}: {why}.")
        else:
            self.more_left += 1


@dataclass(frozen=True)
class Known:
    """What the shop sells, by what files call it."""

    shop: Shop
    skus: dict[str, list[Variant]]
    products: dict[int, Product]

    def variant(self, sku: str) -> Variant:
        """Return the one variant of a SKU."""
        found = self.skus.get(sku.casefold(), [])
        if not sku:
            raise Unreadable("the SKU is empty")
        if len(found) != 1:
            raise Unreadable(f"several variants have the SKU “{sku}”" if found else f"no variant has the SKU “{sku}”")
        return found[0]

    def vendor(self, sku: str) -> str:
        """Return who makes the variant of a SKU."""
        product = self.products.get(self.variant(sku).product_id)
        return product.vendor if product else ""

    @cached_property
    def vendors(self) -> dict[str, list[str]]:
        """Give the vendors as they are written, one way or several, by how they are written in small letters."""
        found = defaultdict(list)
        for vendor in sorted({product.vendor for product in self.products.values() if product.vendor}):
            found[vendor.casefold()].append(vendor)
        return dict(found)


def known(shop: Shop) -> Known:
    """Read what the shop sells."""
    skus: dict[str, list[Variant]] = defaultdict(list)
    live = Variant.objects.for_shop(shop).filter(deleted_at=None).exclude(sku="")
    for variant in live.only("shopify_id", "product_id", "sku", "title"):
        skus[variant.sku.strip().casefold()].append(variant)
    products = Product.objects.for_shop(shop).filter(deleted_at=None).only("shopify_id", "title", "vendor")
    return Known(shop, dict(skus), {product.shopify_id: product for product in products})


def columns_of(table: Table) -> dict[str, str]:
    """Find which column holds what."""
    found: dict[str, str] = {}
    for ours, theirs in NAMES.items():
        match = next((name for name in theirs.split("|") if name in table.names), None)
        if match and match not in found.values():
            found[ours] = match
    if "sku" not in found and "supplier" not in found and ALSO_NAMES in table.names:
        found["supplier"] = ALSO_NAMES
    check_once(table.names, found.values())
    return found


def picked(cells: Cells, columns: dict[str, str]) -> Cells:
    """Take what is read of a line; a cell that is not there is empty."""
    return {ours: clean(cells.get(theirs, "")) for ours, theirs in columns.items()}


@dataclass(frozen=True)
class Reading:
    """The lines of one file, with what is needed to read them."""

    known: Known
    columns: dict[str, str]  # as the file calls them
    rows: list[tuple[int, Cells]]
    decimal: str  # the sign of its decimals; none: nothing tells
    today: date
    report: Report

    def number(self, cells: Cells, column: str, read: Callable[[str, str], Value | None]) -> Value | None:
        """Read a number of a line."""
        return self.told(column, cells.get(column, ""), read, self.decimal)

    def told(self, column: str, text: str, read: Callable[[str, How], Value | None], how: How) -> Value | None:
        """Read a cell; one that cannot be read is named with its column."""
        try:
            return read(text, how)
        except Unreadable as problem:
            raise Unreadable(f"in “{self.columns[column]}”, {problem}") from None


def cost_of(reading: Reading, cells: Cells) -> int | None:
    """Read what a unit costs, in the shop's money; in other money it is not known."""
    currency = reading.known.shop.currency
    if cells.get("currency", "").upper() not in ("", currency):
        return None
    cost = reading.number(cells, "cost", partial(amount, currency=currency))
    return to_minor(cost, currency) if cost else None
