"""An order to a supplier as a file to send on: printed by a worker, sealed, since an address stands on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from pipelines import words
from pipelines.lifecycle.buying.suppliers import address_of
from pipelines.models.buying import OrderPaper, PurchaseLine, PurchaseOrder
from pipelines.shopify import vault

if TYPE_CHECKING:
    from pipelines.paper import Row, Sheet

State = PurchaseOrder.State
PURPOSE = "order paper"
HEAD = ("SKU", "Product", "Units", "Packs", "Unit cost", "Cost")
WIDTHS, WITHOUT_PACKS = (34, 68, 17, 19, 21, 21), (34, 87, 17, 21, 21)
PACKS = HEAD.index("Packs")
MOST_UNDRAWN = 40  # letters that are named
NOT_KNOWN = "as agreed"


def due() -> Iterator[int]:
    """Yield the orders that are not printed as they stand."""
    rows = PurchaseOrder.objects.filter(state__in=[State.DRAFT, State.SENT], paper=None)
    yield from rows.order_by("pk").values_list("pk", flat=True)


def keep(pk: int) -> bool:
    """Print an order and keep the file; False where somebody did so before, or the order changed meanwhile."""
    order = PurchaseOrder.objects.select_related("shop", "supplier").filter(pk=pk, paper=None).first()
    if order is None:
        return False
    sheet = sheet_of(order)
    file = vault.seal(bytes(sheet.output()), PURPOSE, order.shop.domain)
    undrawn = "".join(sorted(sheet.undrawn))[:MOST_UNDRAWN]
    with transaction.atomic():
        unchanged = PurchaseOrder.objects.select_for_update(no_key=True).filter(pk=pk, revision=order.revision)
        if not unchanged.exists():
            return False
        told = {"shop": order.shop, "file": file, "undrawn": undrawn}
        OrderPaper.objects.get_or_create(order=order, defaults=told)
    return True


def file_of(paper: OrderPaper) -> bytes:
    """Return what was printed."""
    return vault.unseal(paper.file, PURPOSE, paper.shop.domain)


def sheet_of(order: PurchaseOrder) -> Sheet:
    """Print an order: to whom, what, how much of it, for how much, and until when."""
    from pipelines.paper import SUBDUED, Sheet, broken

    shop, name = order.shop, name_of(order)
    lines = list(order.lines.order_by("title", "subtitle", "pk"))
    sheet = Sheet(f"{shop.name or shop.domain} · {name}")
    sheet.set_title(f"{name} of {shop.name or shop.domain}")
    sheet.set_lang("en-GB")
    sheet.add_page()
    sheet.write_text(broken(shop.name or shop.domain, 60), 9, SUBDUED)
    sheet.write_text(f"Order {name}", 18, style="B")
    sheet.ln(2)
    for text in [order.vendor, *(address_of(order.supplier) if order.supplier else "").splitlines()]:
        sheet.write_text(broken(text, 60), 10)
    sheet.ln(3)
    for said in dates(order):
        sheet.write_text(said, 9)
    sheet.part("What we order")
    head, *rows = [HEAD, *(cells(line, order.currency) for line in lines), total(order, lines)]
    if any(line.pack_size > 1 for line in lines):
        sheet.rows(head, rows, WIDTHS, numbers=4)
    else:
        sheet.rows(*without_packs(head, rows), WITHOUT_PACKS, numbers=3)
    sheet.ln(2)
    sheet.write_text(
        f"Amounts are in {order.currency}, as we know them. Please confirm prices and the day.", 8, SUBDUED
    )
    return sheet


def dates(order: PurchaseOrder) -> list[str]:
    """Say when it was ordered, and when it is expected."""
    made = order.sent_on or timezone.now().astimezone(order.shop.zone).date()
    expected = [f"Expected: {on_paper(order.expected_on)}"] if order.expected_on else []
    return [f"Date: {on_paper(made)}", *expected]


def on_paper(day: date) -> str:
    """Write a day so that nobody takes the month for the day.

    >>> on_paper(date(2026, 12, 3))
    '3 Dec 2026'
    """
    return f"{day.day} {words.MONTHS[day.month - 1]} {day.year}"


def cells(line: PurchaseLine, currency: str) -> Row:
    """Return one line of the table; what costs nothing as far as we know is left to the supplier."""
    packs = f"{line.units / line.pack_size:g} of {line.pack_size}" if line.pack_size > 1 else ""
    cost = words.price(line.unit_cost_minor, currency) if line.unit_cost_minor else NOT_KNOWN
    whole = words.price(line.cost_minor, currency) if line.unit_cost_minor else ""
    return line.sku, f"{line.title}\n{line.subtitle}".strip(), words.number(line.units), packs, cost, whole


def without_packs(head: Row, rows: list[Row]) -> tuple[Row, list[Row]]:
    """Leave out the column of packs, where nothing comes in any."""
    first, *others = [(*row[:PACKS], *row[PACKS + 1 :]) for row in (head, *rows)]
    return first, others


def total(order: PurchaseOrder, lines: list[PurchaseLine]) -> Row:
    """Return the line of sums."""
    known = sum(line.cost_minor for line in lines)
    cost = words.price(known, order.currency) if known else NOT_KNOWN
    return "", ("Total", ""), (words.number(sum(line.units for line in lines)), ""), "", "", (cost, "")


def name_of(order: PurchaseOrder) -> str:
    """Return how an order is called on paper."""
    return f"PO-{order.number:04d}"
