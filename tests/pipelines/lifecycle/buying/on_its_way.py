"""A mug that was ordered from a supplier and is on its way."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipelines.models import PurchaseLine, PurchaseOrder, Shop, Variant
from tests import histories

DAY = timedelta(days=1)


def a_mug(shop: Shop, sent: datetime) -> Variant:
    """Return a mug of which nine lay there when it was ordered."""
    variant = histories.a_variant(shop, 1, created=sent - 100 * DAY)
    histories.stocked(shop, variant, 9, sent - 3 * DAY)
    return variant


def twelve_of(variant: Variant, sent: datetime) -> PurchaseLine:
    """Return the line of an order for twelve, which takes two weeks."""
    order = PurchaseOrder.objects.create(
        shop=variant.shop, number=1, vendor="Larch", currency="GBP", state=PurchaseOrder.State.SENT, sent_at=sent,
        sent_on=sent.date(), expected_on=(sent + 14 * DAY).date(),
    )  # fmt: skip
    return PurchaseLine.objects.create(
        shop=order.shop, order=order, variant_id=variant.shopify_id, title="Mug", units=12
    )
