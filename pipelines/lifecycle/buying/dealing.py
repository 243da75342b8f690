"""Lines of a draft that somebody else delivers by now, or at prices in another currency: moved to a draft of theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils import timezone

from pipelines.lifecycle.buying import orders
from pipelines.lifecycle.buying.lists import To
from pipelines.lifecycle.buying.orders import Wanted
from pipelines.lifecycle.errors import Refused
from pipelines.models import Shop
from pipelines.models.buying import PurchaseOrder
from pipelines.models.ledger import Noted

State = PurchaseOrder.State
NAMED = 3  # of the lines that stay


def deal(
    order: PurchaseOrder, parts: Mapping[To, Sequence[Wanted]], *, revision: int, by: str
) -> tuple[list[PurchaseOrder], int]:
    """Move lines of a draft to the drafts of who delivers them now; one that would be left empty ends as it was.

    Returns these drafts, and how many of the lines stood there already.
    """
    moved = {line.variant_id for lines in parts.values() for line in lines}
    if not moved:
        raise Refused("All of this draft comes from whom it is for. Nothing was changed.")

    def dealt(locked: PurchaseOrder) -> Noted:
        orders.require(locked, State.DRAFT, "was sent already")
        if locked.lines.exclude(variant_id__in=moved).exists():
            locked.lines.filter(variant_id__in=moved).delete()
        else:
            locked.state, locked.ended_at = State.CANCELLED, timezone.now()
        return Noted("order.dealt", "Lines of a draft went to who delivers them now", {"lines": len(moved)})

    with transaction.atomic():
        Shop.objects.lock(order.shop)
        orders.move(order, revision, by, dealt)
        went = [joined(order, to, lines, by) for to, lines in parts.items()]
        return [draft for draft, _ in went], sum(stood for _, stood in went)


def joined(left: PurchaseOrder, to: To, wanted: Sequence[Wanted], by: str) -> tuple[PurchaseOrder, int]:
    """Return the draft for somebody with these lines on it, and how many it had already: these stay as they are."""
    shop = left.shop
    order = PurchaseOrder.objects.for_shop(shop).filter(vendor=to.name, state=State.DRAFT).first()
    if order is None:
        return orders.draft(shop, to.vendor, wanted, supplier=to.supplier, location_id=None, by=by), 0
    if order == left:
        raise Refused(
            f"{named(left)} would stay here, and {to.name or 'no vendor'} can have one draft at a time. "
            "Leave that out (0 units) and save, then move the rest. Nothing was changed."
        )
    if order.currency != to.currency(shop):
        raise Refused(f"There is a draft for {to.name} in {order.currency}. Bring it up to date first.")
    there = set(order.lines.values_list("variant_id", flat=True))
    missing = [line for line in wanted if line.variant_id not in there]

    def added(locked: PurchaseOrder) -> Noted:
        orders.write_lines(locked, missing)
        return Noted("order.changed", "Lines of another draft came to an order", {"lines": len(missing)})

    if missing:
        orders.move(order, order.revision, by, added)
    return order, len(wanted) - len(missing)


def named(order: PurchaseOrder) -> str:
    """Name the lines of an order, the first few where it has many."""
    lines = orders.lines_of(order)
    names = [" ".join(filter(None, (line.title, line.subtitle))) for line in lines[:NAMED]]
    more = len(lines) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")
