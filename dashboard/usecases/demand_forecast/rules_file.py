"""Stock rules as a CSV file: what is known, line by line, out and in again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dashboard.files import LONGEST_CELL, NoTable, Row, Table, check_once, clean
from dashboard.usecases.demand_forecast.forms import RuleForm
from pipelines.lifecycle.preferences import Rule
from pipelines.models import Product, Shop, StockRule, Variant

FIELDS = tuple(RuleForm.base_fields)
COLUMNS = ("vendor", "product", "option", "sku", *FIELDS)
NEEDED = ("vendor", "sku")
MOST_ERRORS = 50  # are named; the others are counted
MOST_LINES = 20_000  # as many as are read and kept in seconds; a page's thread does it


@dataclass
class Reading:
    """What a file said: its rules, or what is wrong with it."""

    rules: list[Rule] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    more_errors: int = 0
    seen: dict[tuple[str, int | None], int] = field(default_factory=dict)  # where each vendor and variant was named

    def refuse(self, line: int, problem: str) -> None:
        """Name what is wrong with a line; beyond the first ones only count."""
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(f"Line {line:,}: {problem}")
        else:
            self.more_errors += 1


def rows(shop: Shop) -> Iterator[list[Any]]:
    """Walk through every vendor, then every variant, with what is known of each."""
    known = {(rule.vendor, rule.variant_id): rule for rule in StockRule.objects.for_shop(shop)}
    for vendor in vendors(shop):
        yield [vendor, "", "", "", *RuleForm.shown(known.get((vendor, None)), shop.currency).values()]
    products = dict(Product.objects.for_shop(shop).filter(deleted_at=None).values_list("shopify_id", "title"))
    rules = {variant_id: rule for (_, variant_id), rule in known.items() if variant_id}
    for variant in Variant.objects.for_shop(shop).filter(deleted_at=None).exclude(sku="").order_by("sku").in_pieces():
        shown = RuleForm.shown(rules.get(variant.shopify_id), shop.currency)
        yield ["", products.get(variant.product_id, ""), variant.title, variant.sku, *shown.values()]


def vendors(shop: Shop) -> list[str]:
    """List the shop's vendors."""
    named = Product.objects.for_shop(shop).filter(deleted_at=None).exclude(vendor="")
    return list(named.values_list("vendor", flat=True).distinct().order_by("vendor"))


def read(shop: Shop, content: bytes) -> Reading:
    """Read a whole file; with one wrong line none of its rules may be used."""
    reading = Reading()
    try:
        table = Table(content, COLUMNS)
        read_columns(table, reading)
        if not reading.errors:
            read_lines(shop, table, reading)
    except NoTable as error:
        reading.refuse(error.line or 1, f"{error.problem}.")
    return reading


def read_columns(table: Table, reading: Reading) -> None:
    """Look at the line that names the columns."""
    check_once(table.names, COLUMNS)
    for name in NEEDED:
        if name not in table.names:
            reading.refuse(table.line or 1, f"the column “{name}” is missing.")
    for name in table.names:
        if name and name not in COLUMNS:
            reading.refuse(table.line or 1, f"we do not know the column “{name[:LONGEST_CELL]}”.")


def read_lines(shop: Shop, table: Table, reading: Reading) -> None:
    """Read every line, naming each that is wrong."""
    known_vendors, skus = set(vendors(shop)), defaultdict(list)
    live = Variant.objects.for_shop(shop).filter(deleted_at=None).exclude(sku="")
    for sku, variant_id in live.values_list("sku", "shopify_id"):
        skus[sku.lower()].append(variant_id)
    reader = RuleReader(shop.currency)
    for number, row in enumerate(table, 1):
        if number > MOST_LINES:
            reading.refuse(row.line, f"a file takes up to {MOST_LINES:,} lines. Upload the others in a second file.")
            return
        read_line(row, reader, known_vendors, skus, reading)


class RuleReader:
    """Reads the fields of a rule as their form does, each text of a field once: a form for each line took minutes."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.known: dict[tuple[str, str], tuple[dict[str, Any], str]] = {}

    def read(self, texts: tuple[str, ...]) -> tuple[dict[str, Any], str]:
        """Return the columns of a rule, and what is wrong with its fields."""
        parts = [self.field(name, text) for name, text in zip(FIELDS, texts, strict=True)]
        columns = {column: value for values, _ in parts for column, value in values.items()}
        return columns, " ".join(wrong for _, wrong in parts if wrong)

    def field(self, name: str, text: str) -> tuple[dict[str, Any], str]:
        """Return the columns that one field gives, or what is wrong with it."""
        if (name, text) not in self.known:
            form = RuleForm({name: text})
            is_valid = form.is_valid()
            columns = form.values(self.currency) if is_valid else {}
            own = {column: value for column, value in columns.items() if column.removesuffix("_minor") == name}
            self.known[name, text] = own, "" if is_valid else form.sentence()
        return self.known[name, text]


def read_line(
    row: Row,
    reader: RuleReader,
    known: set[str],
    skus: dict[str, list[int]],
    reading: Reading,
) -> None:
    """Turn one line into rules, or into an error with its number."""
    if row.has_too_many or row.has_too_few:
        reading.refuse(row.line, "it has another number of columns than the line that names them.")
        return
    values = {name: clean(cell) for name, cell in row.cells.items() if name}
    found, wrong = reader.read(tuple(values.get(name, "") for name in FIELDS))
    targets, problem = who(values["vendor"], values["sku"], known, skus)
    problem = problem or wrong
    again = next((reading.seen[target] for target in targets if target in reading.seen), None)
    if problem or again:
        reading.refuse(row.line, problem or f"it repeats line {again:,}.")
        return
    for vendor, variant_id in targets:
        reading.seen[(vendor, variant_id)] = row.line
        reading.rules.append(Rule(vendor, variant_id, found))


def who(vendor: str, sku: str, known: set[str], skus: dict[str, list[int]]) -> tuple[list[tuple[str, int | None]], str]:
    """Return whom a line speaks of, or what is wrong with that."""
    if sku:
        found = skus.get(sku.lower())
        return ([("", variant_id) for variant_id in found], "") if found else ([], f"no variant has the SKU “{sku}”.")
    if not vendor:
        return [], "neither a vendor nor a SKU."
    return ([(vendor, None)], "") if vendor in known else ([], f"no product is from the vendor “{vendor}”.")
