"""Orders of another app's files: those that were sent and have not come whole."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from dashboard.files import Cells
from dashboard.usecases.demand_forecast.brought.cells import Unreadable, day, name, whole, writes_day_first
from dashboard.usecases.demand_forecast.brought.files import Reading, cost_of
from pipelines.lifecycle.buying.brought import Brought
from pipelines.lifecycle.buying.orders import LONGEST_AGO, LONGEST_AHEAD, Wanted
from pipelines.lifecycle.buying.printing import name_of
from pipelines.lifecycle.errors import Refused
from pipelines.models import PurchaseLine, PurchaseOrder, Shop
from pipelines.words import counted

MOST_ORDERS, LONGEST_NAME = 500, 80
ONLY_VARIANT = "Default Title"  # what Shopify calls the variant of a product that has no options
ON_ITS_WAY = {"", "ordered", "sent", "placed", "open", "on order", "in transit", "incoming", "confirmed", "shipped"}
IN_PARTS = {"partial", "partially received", "partly received", "part received"}
DRAFTS = {"draft", "suggested", "new"}
ENDED = {"received", "fully received", "complete", "completed", "closed", "cancelled", "canceled", "archived", "void"}


def read_orders(reading: Reading) -> None:
    """Read the orders that were sent and have not come whole."""
    report = reading.report
    report.kind = "Orders to suppliers"
    orders = by_order(reading)
    if len(orders) > MOST_ORDERS:
        raise Refused(f"A file takes up to {MOST_ORDERS} orders. Leave those out that have come. Nothing was read.")
    day_first = writes_day_first([cells.get(n, "") for _, cells in reading.rows for n in ("sent_on", "expected_on")])
    ended = 0
    here = Here.of(reading.known.shop)
    for lines in orders.values():
        number = first(lines, "order")
        where = f"Order {number}" if number else "The order"
        state = first(lines, "state")
        told = re.sub(r"[\W_]+", " ", state.casefold()).strip()
        if told in DRAFTS:
            report.leave(where, "it is a draft; what to order today stands on the page of orders")
        elif told in ENDED:
            ended += 1
        elif told not in ON_ITS_WAY | IN_PARTS:
            report.leave(where, f"whether something of it is to come is not known: its state is “{state}”")
        else:
            try:
                order = read_order(reading, number, lines, day_first)
                if here.holds(order):
                    raise Unreadable("it is here already")
                if not number:
                    here.refuse_what_comes(order)
                report.orders.append(order)
            except NothingToCome:
                ended += 1
            except Unreadable as problem:
                report.leave(where, str(problem))
    if ended:
        report.read.append(f"{counted(ended, 'order')} left out: nothing more of them is to come.")


def by_order(reading: Reading) -> dict[tuple[str, str], list[tuple[int, Cells]]]:
    """Put the lines of an order together: those of a number, and without one those of a supplier.

    A number may be written once, above its lines.
    """
    orders: dict[tuple[str, str], list[tuple[int, Cells]]] = defaultdict(list)
    above, filled = "", 0
    for line, cells in reading.rows:
        filled += bool(above and cells["sku"] and not cells.get("order"))
        above = plain(cells.get("order", "")) or above
        orders[above, "" if above else cells.get("supplier", "").casefold()].append((line, cells))
    if filled:
        goes = "goes with the order" if filled == 1 else "go with the orders"
        reading.report.read.append(f"{counted(filled, 'line')} without an order number {goes} above.")
    return dict(orders)


def plain(number: str) -> str:
    """Write the number of an order as all its files do: a spreadsheet takes the zeros off its beginning.

    >>> plain("#0017"), plain("PO-0017"), plain("0")
    ('17', 'po-0017', '0')
    """
    text = number.casefold().lstrip("# ")
    return text.lstrip("0") or text


@dataclass(frozen=True)
class Here:
    """The orders that a shop has already."""

    brought: set[str]  # what those are called that were brought along
    ours: dict[str, set[int]]  # the variants of those that were made here: another app may count as we do
    coming: dict[int, list[PurchaseLine]]  # by variant, first come first

    @classmethod
    def of(cls, shop: Shop) -> Here:
        """Read what a shop has."""
        orders = PurchaseOrder.objects.for_shop(shop).only("number", "known_as").in_bulk()
        asked: dict[int, set[int]] = defaultdict(set)
        for order, variant in PurchaseLine.objects.for_shop(shop).values_list("order_id", "variant_id"):
            asked[order].add(variant)
        coming: dict[int, list[PurchaseLine]] = defaultdict(list)
        for line in PurchaseLine.objects.for_shop(shop).on_the_way().select_related("order").order_by("pk"):
            coming[line.variant_id].append(line)
        brought = {plain(order.known_as) for order in orders.values() if order.known_as}
        return cls(brought, {plain(name_of(order)): asked[pk] for pk, order in orders.items()}, coming)

    def holds(self, order: Brought) -> bool:
        """Tell whether an order of a file is here: by its name, and by what it asks for where we gave the name."""
        name = plain(order.known_as)
        return name in self.brought or any(line.variant_id in self.ours.get(name, ()) for line in order.lines)

    def refuse_what_comes(self, order: Brought) -> None:
        """Refuse an order without a number of which something comes already: it may be the same file, mended."""
        for each in order.lines:
            for line in self.coming.get(each.variant_id, ()):
                if line.units == each.units:
                    raise Unreadable(
                        f"order {name_of(line.order)} brings {counted(line.units, 'unit')} of “{line.sku}” already. "
                        "If this is another one, give it a number in a column “PO number”"
                    )


class NothingToCome(Exception):
    """All that an order asked for has come."""


def read_order(reading: Reading, number: str, lines: list[tuple[int, Cells]], day_first: bool | None) -> Brought:
    """Read one order of which something is to come."""
    wanted, came = lines_of(reading, lines)
    if not wanted:
        raise Unreadable("none of its lines could be read")
    if all(came.get(each.variant_id, 0) >= each.units for each in wanted):
        raise NothingToCome
    sent_on = reading.told("sent_on", first(lines, "sent_on"), day, day_first) or reading.today
    if sent_on < reading.today - LONGEST_AGO:
        raise Unreadable(f"it was sent on {sent_on}, more than a year ago")
    vendor = supplier_of(lines) or reading.known.vendor(wanted[0].sku)
    usual = sent_on + timedelta(days=reading.known.shop.settings.lead_time_days)
    expected = reading.told("expected_on", first(lines, "expected_on"), day, day_first)
    expected_on = expected or max(usual, reading.today)
    if not min(sent_on, reading.today) <= expected_on <= reading.today + LONGEST_AHEAD:
        raise Unreadable(f"it was sent on {sent_on} and expected on {expected_on}, which cannot be")
    return Brought(
        known_as=(number or fingerprint(wanted))[:LONGEST_NAME],
        vendor=reading.known.vendors.get(vendor.casefold(), [vendor])[0],
        sent_on=min(sent_on, reading.today),
        expected_on=expected_on,
        lines=tuple(wanted),
        came=came,
    )


def supplier_of(lines: list[tuple[int, Cells]]) -> str:
    """Return whom an order was sent to, if its lines say it and say the same."""
    named = {told.casefold(): told for _, cells in lines if (told := cells.get("supplier", ""))}
    if len(named) > 1:
        one, another, *_ = named.values()
        raise Unreadable(f"its lines name “{one}” and “{another}”, and an order goes to one supplier")
    return name(next(iter(named.values()), ""))


def lines_of(reading: Reading, lines: list[tuple[int, Cells]]) -> tuple[list[Wanted], dict[int, int]]:
    """Read the lines of an order, each variant once."""
    found: dict[int, Wanted] = {}
    came: dict[int, int] = defaultdict(int)
    for line, cells in lines:
        where = f"Line {line:,}"
        try:
            each = wanted_of(reading, cells)
            received = reading.number(cells, "came", whole) or 0
        except Unreadable as problem:
            reading.report.leave(where, str(problem))
            continue
        if each.variant_id in found:
            reading.report.leave(where, f"the order has “{each.sku}” above already; the first line stands")
        elif each.units:
            found[each.variant_id] = each
            came[each.variant_id] += received
    return list(found.values()), dict(came)


def wanted_of(reading: Reading, cells: Cells) -> Wanted:
    """Read one line of an order."""
    variant = reading.known.variant(cells["sku"])
    product = reading.known.products.get(variant.product_id)
    return Wanted(
        variant_id=variant.shopify_id,
        title=product.title if product else variant.sku,
        subtitle="" if variant.title == ONLY_VARIANT else variant.title,
        sku=variant.sku,
        units=reading.number(cells, "units", whole) or 0,
        pack_size=reading.number(cells, "pack_size", whole) or 1,
        unit_cost_minor=cost_of(reading, cells) or 0,
    )


def first(lines: list[tuple[int, Cells]], column: str) -> str:
    """Return what an order says of itself, in whichever of its lines."""
    return next((cells[column] for _, cells in lines if cells.get(column)), "")


def fingerprint(wanted: list[Wanted]) -> str:
    """Name an order that has no number by what it asks for."""
    asked = sorted((each.variant_id, each.units) for each in wanted)
    digest = hashlib.sha256(repr(asked).encode()).hexdigest()[:8]
    return f"{counted(len(wanted), 'line')}, {sum(each.units for each in wanted):,} units ({digest})"
