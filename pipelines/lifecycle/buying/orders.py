"""Each move of an order to a supplier: one locked row, one entry in the ledger, refused in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from operator import attrgetter
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from pipelines.lifecycle.errors import Refused
from pipelines.models import LifecycleEvent, Location, Shop
from pipelines.models.buying import GoodsReceipt, OrderPaper, PurchaseLine, PurchaseOrder, Supplier
from pipelines.models.ledger import Noted

State = PurchaseOrder.State
CHANGED = "This order changed since you opened the page. Nothing was saved; look at it again."
NOTHING = "There is nothing to order here. No draft was made."
LARGEST = 10_000_000  # units of one line
LONGEST_AGO, LONGEST_AHEAD = timedelta(days=365), timedelta(days=730)
AT_ONCE = 1_000  # lines of one statement
PRINTED_ANEW = (  # what stands on paper is another then
    "order.changed", "order.filled", "order.sent", "order.expected", "order.dealt",
)  # fmt: skip

LINES = """
INSERT INTO pipelines_purchaseline
    (shop_id, order_id, received, variant_id, title, subtitle, sku, units, pack_size, unit_cost_minor)
SELECT %s, %s, 0, told.* FROM {told} AS told
"""
ALL_CAME = """
WITH missing AS (
    SELECT id, units - received AS units FROM pipelines_purchaseline WHERE order_id = %(order)s AND received < units
), came AS (
    UPDATE pipelines_purchaseline AS line SET received = line.units FROM missing WHERE line.id = missing.id
), written AS (
    INSERT INTO pipelines_goodsreceipt (shop_id, line_id, delivery, units, day, at, by)
    SELECT %(shop)s, id, %(delivery)s, units, %(day)s, %(now)s, %(by)s FROM missing ORDER BY id RETURNING units
)
SELECT coalesce(sum(units), 0) FROM written
"""
TAKEN_BACK = """
WITH gone AS (DELETE FROM pipelines_goodsreceipt WHERE id = ANY(%s) RETURNING line_id, units)
UPDATE pipelines_purchaseline AS line SET received = received - gone.units FROM gone WHERE line.id = gone.line_id
"""
TOLD = "unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::integer[], %s::integer[], %s::bigint[])"


@dataclass(frozen=True)
class Wanted:
    """What one line of a new order asks for."""

    variant_id: int
    title: str
    subtitle: str
    sku: str
    units: int
    pack_size: int
    unit_cost_minor: int


def draft(
    shop: Shop,
    vendor: str,
    wanted: Iterable[Wanted],
    *,
    supplier: Supplier | None = None,
    location_id: int | None,
    by: str,
) -> PurchaseOrder:
    """Begin an order to a supplier, or a vendor; a draft that is there is kept, so that nothing is ordered twice."""
    lines = [line for line in wanted if line.units > 0]
    if not lines:
        raise Refused(NOTHING)
    return begin(shop, vendor, supplier, location_id, by, lambda order: write_lines(order, lines))


def draft_from(
    shop: Shop, vendor: str, rows: QuerySet[Any, Any], *, supplier: Supplier | None = None, by: str
) -> PurchaseOrder:
    """Begin an order, as `draft` does, of rows whose columns are those of `Wanted`: they never leave the database."""
    return begin(shop, vendor, supplier, None, by, lambda order: copy_lines(order, rows))


def begin(
    shop: Shop,
    vendor: str,
    supplier: Supplier | None,
    location_id: int | None,
    by: str,
    write: Callable[[PurchaseOrder], int],
) -> PurchaseOrder:
    """Return the draft that is there, or a new one with what is written on it."""
    vendor, currency = (supplier.name, supplier.currency) if supplier else (vendor, shop.currency)
    with transaction.atomic():
        Shop.objects.lock(shop)
        mine = PurchaseOrder.objects.for_shop(shop)
        if known := mine.filter(vendor=vendor, state=State.DRAFT).first():
            return known
        number = (mine.aggregate(most=Max("number"))["most"] or 0) + 1
        order = PurchaseOrder.objects.create(
            shop=shop, number=number, vendor=vendor, supplier=supplier, location_id=location_id, currency=currency
        )
        count = write(order)
        if not count:
            raise Refused(NOTHING)
        record(order, Noted("order.drafted", "An order was drafted", {"lines": count}), by)
    return order


def change(
    order: PurchaseOrder, units: Mapping[int, int], costs: Mapping[int, int] | None = None, *, revision: int, by: str
) -> None:
    """Put other units and costs on the lines of a draft, by the number of the line; a line of none is left out."""

    def changed(locked: PurchaseOrder) -> Noted:
        require(locked, State.DRAFT, "was sent already. Cancel it and draft another to change it")
        lines = lines_of(locked)
        for line in lines:
            line.units = checked(units.get(line.pk, line.units))
            line.unit_cost_minor = (costs or {}).get(line.pk, line.unit_cost_minor)
        locked.lines.filter(pk__in=[line.pk for line in lines if not line.units]).delete()
        kept = [line for line in lines if line.units]
        PurchaseLine.objects.bulk_update(kept, ["units", "unit_cost_minor"], batch_size=AT_ONCE)
        return Noted("order.changed", "Units of an order were changed")

    move(order, revision, by, changed)


def refill(order: PurchaseOrder, wanted: Iterable[Wanted], budget_minor: int | None, *, revision: int, by: str) -> None:
    """Put other lines in the place of those of a draft, as a budget allows, or without one."""

    def filled(locked: PurchaseOrder) -> Noted:
        require(locked, State.DRAFT, "was sent already. Cancel it and draft another to change it")
        locked.lines.all().delete()
        write_lines(locked, wanted)
        locked.budget_minor = budget_minor
        return Noted("order.filled", "An order was filled up to a budget", {"budget_minor": budget_minor})

    move(order, revision, by, filled)


def send(
    order: PurchaseOrder,
    today: date,
    expected_on: date,
    to: int | None = None,
    *,
    on: date | None = None,
    revision: int,
    by: str,
) -> None:
    """Say that an order was sent, today or on a day before: its units are on the way, to a place if one is named."""
    check_ahead(expected_on, today)
    check_place(order, to)
    sent_on = today if on is None else on
    if not today - LONGEST_AGO <= sent_on <= today:
        raise Refused(f"An order was sent today, or up to {LONGEST_AGO.days} days before. Nothing was saved.")

    def sent(locked: PurchaseOrder) -> Noted:
        require(locked, State.DRAFT, "was sent already")
        if not lines_of(locked):
            raise Refused("This order has no line. Add units, or cancel it.")
        locked.state, locked.sent_on, locked.sent_at = State.SENT, sent_on, timezone.now()
        locked.expected_on, locked.location_id = expected_on, to
        return Noted("order.sent", "An order was sent", {"expected_on": expected_on.isoformat()})

    move(order, revision, by, sent)


def expect(
    order: PurchaseOrder, today: date, expected_on: date, to: int | None = None, *, revision: int, by: str
) -> None:
    """Say on which other day an order is expected, and where."""
    check_ahead(expected_on, today)
    check_place(order, to)

    def moved(locked: PurchaseOrder) -> Noted:
        require(locked, State.SENT, "is not on its way")
        locked.expected_on, locked.location_id = expected_on, to
        return Noted("order.expected", "An order is expected on another day", {"expected_on": expected_on.isoformat()})

    move(order, revision, by, moved)


def receive(order: PurchaseOrder, came: Mapping[int, int], today: date, day: date, *, revision: int, by: str) -> int:
    """Write down what came, by the number of the line, and end the order once everything did; returns the units.

    More than was ordered is kept as it came. The page's revision keeps the same delivery from being counted twice.
    """
    if any(units < 0 for units in came.values()):
        raise Refused("Units that came cannot be less than none. To correct a delivery, take it back below.")
    total = sum(checked(units) for units in came.values())
    if not total:
        raise Refused("Say of at least one line how many units came. Nothing was saved.")

    def received(locked: PurchaseOrder) -> Noted:
        check_arrival(locked, today, day)
        lines = [line for line in lines_of(locked) if came.get(line.pk)]
        for line in lines:
            line.received = checked(line.received + came[line.pk])
        PurchaseLine.objects.bulk_update(lines, ["received"], batch_size=AT_ONCE)
        GoodsReceipt.objects.bulk_create(
            GoodsReceipt(shop=locked.shop, line=line, delivery=locked.revision, units=came[line.pk], day=day, by=by)
            for line in lines
        )
        end_if_whole(locked)
        return Noted("order.received", "Goods of an order came", {"units": total, "day": day.isoformat()})

    move(order, revision, by, received)
    return total


def receive_all(order: PurchaseOrder, today: date, day: date, *, revision: int, by: str) -> None:
    """Write down that all came that was still to come, however many lines that is, and end the order."""

    def received(locked: PurchaseOrder) -> Noted:
        check_arrival(locked, today, day)
        now = timezone.now()
        told: dict[str, Any] = {"order": locked.pk, "shop": locked.shop_id, "day": day, "now": now, "by": by}
        told["delivery"] = locked.revision
        with connection.cursor() as cursor:
            cursor.execute(ALL_CAME, told)
            (units,) = cursor.fetchone()
        locked.state, locked.ended_at = State.RECEIVED, now
        return Noted("order.received", "All of an order came", {"units": int(units), "day": day.isoformat()})

    move(order, revision, by, received)


def take_back(order: PurchaseOrder, receipt: int, whole: bool = False, *, revision: int, by: str) -> None:
    """Take back what was written down as come, or all that was with it; an order that had ended is on its way again."""

    def taken(locked: PurchaseOrder) -> Noted:
        found = GoodsReceipt.objects.for_shop(locked.shop_id).filter(line__order=locked)
        row = found.filter(pk=receipt).first()
        if row is None or locked.state not in (State.SENT, State.RECEIVED):
            raise Refused("This delivery is not written down any more. Nothing was changed.")
        meant = found.filter(delivery=row.delivery) if whole and row.delivery else found.filter(pk=receipt)
        gone = dict(meant.values_list("pk", "units"))
        with connection.cursor() as cursor:
            cursor.execute(TAKEN_BACK, [list(gone)])
        locked.state, locked.ended_at = State.SENT, None
        return Noted("order.taken_back", "A delivery was taken back", {"units": sum(gone.values())})

    move(order, revision, by, taken)


def cancel(order: PurchaseOrder, *, revision: int, by: str) -> None:
    """End an order: what has not come is no longer expected."""

    def cancelled(locked: PurchaseOrder) -> Noted:
        if locked.state not in (State.DRAFT, State.SENT):
            raise Refused(f"Order {locked.number} has ended already. Nothing was changed.")
        came = any(line.received for line in lines_of(locked))
        locked.state, locked.ended_at = (State.RECEIVED if came else State.CANCELLED), timezone.now()
        return Noted("order.ended", "The rest of an order no longer comes" if came else "An order was cancelled")

    move(order, revision, by, cancelled)


def move(order: PurchaseOrder, revision: int, by: str, change: Callable[[PurchaseOrder], Noted]) -> None:
    """Change an order that nobody changed since it was shown, in one transaction."""
    with transaction.atomic():
        Shop.objects.lock(order.shop)  # before its rows, as whoever changes suppliers does: neither waits for the other
        locked = PurchaseOrder.objects.select_for_update(of=("self",)).select_related("shop").get(pk=order.pk)
        if locked.revision != revision:
            raise Refused(CHANGED)
        locked.revision += 1
        noted = change(locked)
        locked.save()
        if noted.kind in PRINTED_ANEW:
            OrderPaper.objects.filter(order=locked).delete()
        record(locked, noted, by)


def require(order: PurchaseOrder, state: State, otherwise: str) -> None:
    """Refuse a move out of another state."""
    if order.state != state:
        raise Refused(f"Order {order.number} {otherwise}. Nothing was changed.")


def check_arrival(order: PurchaseOrder, today: date, day: date) -> None:
    """Refuse goods of an order that is not on its way, or that came on a day on which they cannot have come."""
    require(order, State.SENT, "is not on its way")
    assert order.sent_on
    if not order.sent_on <= day <= today:
        raise Refused("Goods come between the day on which they were ordered and today.")


def check_ahead(expected_on: date, today: date) -> None:
    """Refuse to expect something on a day that is over, or that nobody waits for."""
    if expected_on < today:
        raise Refused("The day on which it is expected is over. Choose today or a later day.")
    if expected_on > today + LONGEST_AHEAD:
        raise Refused("The day on which it is expected is more than two years ahead. Choose an earlier one.")


def check_place(order: PurchaseOrder, to: int | None) -> None:
    """Refuse a place that the shop does not have, or has no longer."""
    places = Location.objects.for_shop(order.shop_id).filter(is_active=True, deleted_at=None)
    if to and not places.filter(shopify_id=to).exists():
        raise Refused("This place is not one of yours any more. Choose another.")


def checked(units: int) -> int:
    """Return a number of units that a line can hold."""
    if not 0 <= units <= LARGEST:
        raise Refused(f"A line takes from 0 to {LARGEST:,} units. Nothing was saved.")
    return units


def write_lines(order: PurchaseOrder, wanted: Iterable[Wanted]) -> int:
    """Write the lines of an order by one statement, however many they are; returns how many."""
    names = [field.name for field in fields(Wanted)]
    values = list(map(attrgetter(*names), wanted))
    columns = [list(column) for column in zip(*values, strict=True)] or [[] for _ in names]
    return insert(order, TOLD, columns)


def copy_lines(order: PurchaseOrder, rows: QuerySet[Any, Any]) -> int:
    """Write rows that the database holds as the lines of an order; returns how many."""
    told, parameters = rows.query.sql_with_params()
    return insert(order, f"({told})", parameters)


def insert(order: PurchaseOrder, told: str, parameters: Iterable[Any]) -> int:
    """Write what is told as the lines of an order; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(LINES.format(told=told), [order.shop_id, order.pk, *parameters])
        count: int = cursor.rowcount
    return count


def lines_of(order: PurchaseOrder) -> list[PurchaseLine]:
    """Read the lines of an order."""
    return list(order.lines.order_by("pk"))


def end_if_whole(order: PurchaseOrder) -> None:
    """End an order of which nothing is to come."""
    if not any(line.to_come for line in lines_of(order)):
        order.state, order.ended_at = State.RECEIVED, timezone.now()


def record(order: PurchaseOrder, noted: Noted, by: str) -> None:
    """Write a move into the ledger."""
    LifecycleEvent.record(order.shop, noted.kind, by=by, because=noted.because, order=order.number, **noted.facts)
