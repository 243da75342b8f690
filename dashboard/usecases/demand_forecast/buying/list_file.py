"""An order list as it was downloaded, changed and ordered by: what of it goes to whom."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from dashboard.files import TOO_MANY_CELLS, Cells, NoTable, Table, check_once, clean
from dashboard.usecases.demand_forecast.buying.to_order import advice_of, paid_before
from pipelines.lifecycle.buying.lists import To
from pipelines.lifecycle.buying.orders import LARGEST, Wanted
from pipelines.lifecycle.errors import Refused
from pipelines.models import Product, Shop, Supplied, Supplier, Variant
from pipelines.models.usecases.demand_forecast import StockAdvice

COLUMNS = UNITS, SKU, VARIANT = "order quantity", "sku", "variant"
MOST_LINES = 20_000
ONLY_VARIANT = "Default Title"  # what Shopify calls the variant of a product that has no options
NONE_IN_IT = "The file asks for nothing: no line has an order quantity. Nothing was marked."


@dataclass(frozen=True)
class Ordered:
    """One line of a list: which variant, and how many."""

    variant_id: int
    units: int


def read(shop: Shop, content: bytes, only: str) -> dict[To, list[Wanted]]:
    """Read a list whole, and give what of it goes to whom; with one wrong line none of it is used."""
    try:
        found = list(lines(shop, Table(content, COLUMNS)))
    except NoTable as problem:
        raise Refused(f"The file cannot be read: {problem}. Nothing was marked.") from None
    if not found:
        raise Refused(NONE_IN_IT)
    sent = by_supplier(shop, found)
    if only:
        sent = {to: wanted for to, wanted in sent.items() if to.name.casefold() == only.casefold()}
    if not sent:
        raise Refused(f"Nothing in the file comes from {only}. Nothing was marked.")
    return sent


def lines(shop: Shop, table: Table) -> list[Ordered]:
    """Read the lines that ask for something; the same variant twice is an error, not a sum."""
    if UNITS not in table.names or not {SKU, VARIANT} & {*table.names}:
        raise Refused("The file has no columns “Order quantity” and “Variant” or “SKU”, as our order list has them.")
    check_once(table.names, COLUMNS)
    skus, known = variants_of(shop)
    found: dict[int, int] = {}
    for number, row in enumerate(table, 1):
        where = f"Line {row.line:,}"
        if number > MOST_LINES:
            raise Refused(f"A list takes up to {MOST_LINES:,} lines. Nothing was marked.")
        if row.has_too_many:
            raise Refused(f"{where}: {TOO_MANY_CELLS}. Nothing was marked.")
        units = units_of(row.cells, where)
        if not units:
            continue
        variant_id = variant_of(row.cells, skus, known, where)
        if variant_id in found:
            raise Refused(f"{where} names a variant that stands above already. Nothing was marked.")
        found[variant_id] = units
    return [Ordered(variant_id, units) for variant_id, units in found.items()]


def units_of(cells: Cells, where: str) -> int:
    """Read how many units a line asks for; an empty cell asks for none."""
    text = clean(cells.get(UNITS, ""))
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()) or int(text) > LARGEST:
        raise Refused(f"{where}: “{text[:20]}” is no number of units. Nothing was marked.")
    return int(text)


def variants_of(shop: Shop) -> tuple[dict[str, list[int]], set[int]]:
    """Give the variants of each SKU, and all there are."""
    skus, known = defaultdict(list), set()
    live = Variant.objects.for_shop(shop).filter(deleted_at=None)
    for variant_id, sku in live.values_list("shopify_id", "sku"):
        known.add(variant_id)
        if sku:
            skus[sku.lower()].append(variant_id)
    return dict(skus), known


def variant_of(cells: Cells, skus: dict[str, list[int]], known: set[int], where: str) -> int:
    """Find the variant that a line names: by our number, else by a SKU that one alone has."""
    number, sku = (clean(cells.get(name, "")) for name in (VARIANT, SKU))
    if number.isascii() and number.isdigit() and int(number) in known:
        return int(number)
    found = skus.get(sku.lower(), [])
    if len(found) != 1:
        unknown = f"no variant is “{number or sku}”" if number or sku else "it names no variant"
        why = f"several variants have the SKU “{sku}”" if found else unknown
        raise Refused(f"{where}: {why}. Nothing was marked.")
    return found[0]


@dataclass(frozen=True)
class Catalogue:
    """What is known of the variants of a list: what they are called, cost, and who delivers them."""

    shop: Shop
    variants: dict[int, Variant]
    products: dict[int, Product]
    advice: dict[int, StockAdvice]
    delivers: dict[tuple[str, int | None], Supplier]
    paid: dict[int, dict[int, int]]  # to suppliers with prices in another currency, by variant

    def to(self, variant_id: int) -> To:
        """Say who delivers a variant."""
        product = self.products.get(self.variants[variant_id].product_id)
        vendor = product.vendor if product else ""
        supplier = self.delivers.get(("", variant_id)) or self.delivers.get((vendor, None))
        return To("" if supplier else vendor, supplier)

    def wanted(self, line: Ordered, to: To) -> Wanted:
        """Make a line of an order."""
        variant, row = self.variants[line.variant_id], self.advice.get(line.variant_id)
        product = self.products.get(variant.product_id)
        usual = row.unit_cost_minor if row else None
        cost = self.paid[to.supplier.pk].get(line.variant_id) if to.supplier and to.supplier.pk in self.paid else usual
        return Wanted(
            variant_id=line.variant_id,
            title=product.title if product else variant.title,
            subtitle="" if variant.title == ONLY_VARIANT else variant.title,
            sku=variant.sku,
            units=line.units,
            pack_size=max(1, round(row.rule.get("pack_size") or 1)) if row else 1,
            unit_cost_minor=cost or 0,
        )


def by_supplier(shop: Shop, ordered: list[Ordered]) -> dict[To, list[Wanted]]:
    """Deal the lines out to who delivers them, as variants are called and what they cost today."""
    known = catalogue(shop, [line.variant_id for line in ordered])
    found: dict[To, list[Wanted]] = defaultdict(list)
    for line in ordered:
        to = known.to(line.variant_id)
        found[to].append(known.wanted(line, to))
    return dict(found)


def catalogue(shop: Shop, ids: list[int]) -> Catalogue:
    """Read what is known of some variants."""
    variants = {row.shopify_id: row for row in Variant.objects.for_shop(shop).filter(shopify_id__in=ids)}
    products = Product.objects.for_shop(shop).filter(shopify_id__in={row.product_id for row in variants.values()})
    supplied = Supplied.objects.for_shop(shop).select_related("supplier").defer("supplier__address")
    delivers = {(row.vendor, row.variant_id): row.supplier for row in supplied}
    return Catalogue(
        shop=shop,
        variants=variants,
        products={row.shopify_id: row for row in products},
        advice={row.variant_id: row for row in advice_of(shop.pk, ids)},
        delivers=delivers,
        paid={each.pk: paid_before(each) for each in {*delivers.values()} if each.currency != shop.currency},
    )
