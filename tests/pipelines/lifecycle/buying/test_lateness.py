"""What late deliveries cost, by days on which goods were due and nothing was in stock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines.lifecycle.buying.lateness import Due, Worth, a_month, cost_of_lateness, due
from pipelines.models import GoodsReceipt, Location, PurchaseLine, PurchaseOrder, Shop, Variant
from tests import histories

TODAY = date(2026, 11, 20)
EXPECTED = date(2026, 11, 1)
State = PurchaseOrder.State


@pytest.fixture
def shop() -> Shop:
    return histories.a_shop()


@pytest.fixture
def mug(shop: Shop) -> Variant:
    """Sell out on the third of November, and have some again on the ninth."""
    made = datetime(2026, 1, 1, tzinfo=UTC)
    variant = histories.a_variant(shop, 1, created=made)
    Location.objects.create(shop=shop, shopify_id=histories.LOCATION, name="Shelf", updated_at=made)
    for day, available in [(datetime(2026, 10, 1), 5), (datetime(2026, 11, 3), 0), (datetime(2026, 11, 9), 9)]:
        histories.stocked(shop, variant, available, day.replace(tzinfo=UTC))
    return variant


def an_order(shop: Shop, variant: Variant, came: list[tuple[int, int]], state: State = State.RECEIVED) -> None:
    """Make an order of ten that was expected on the first; `came` are pairs of days after that and units."""
    order = PurchaseOrder.objects.create(
        shop=shop, number=1 + PurchaseOrder.objects.count(), vendor="Larch", currency="GBP", state=state,
        sent_on=date(2026, 10, 10), expected_on=EXPECTED,
    )  # fmt: skip
    received = sum(units for _, units in came)
    line = PurchaseLine.objects.create(
        shop=shop, order=order, variant_id=variant.shopify_id, title="Mug", units=10, received=received
    )
    for days, units in came:
        day = EXPECTED + timedelta(days=days)
        GoodsReceipt.objects.create(shop=shop, line=line, units=units, day=day, by="1")


def read(shop: Shop) -> list[tuple[int, int]]:
    """Return pairs of late units and days without stock, in the order of the orders."""
    return [(part.units, part.days_out) for part in sorted(due(shop, TODAY), key=lambda part: (part.order, part.units))]


@pytest.mark.django_db
def test_days_count_on_which_late_goods_were_due_and_none_was_in_stock(shop: Shop, mug: Variant) -> None:
    an_order(shop, mug, [(-1, 10)])  # on time
    an_order(shop, mug, [(0, 4), (4, 6)])  # the rest on the fifth: two days without
    an_order(shop, mug, [(14, 10)])  # the third to the eighth
    an_order(shop, mug, [(1, 3)], State.SENT)  # seven are still to come
    an_order(shop, mug, [], State.CANCELLED)
    assert read(shop) == [(0, 0), (6, 2), (10, 6), (3, 0), (7, 6)]


@pytest.mark.django_db
def test_what_sells_on_at_nothing_misses_nothing_and_another_shop_is_not_read(shop: Shop, mug: Variant) -> None:
    an_order(shop, mug, [(14, 10)])
    assert due(histories.a_shop(), TODAY) == []
    Variant.objects.update(continues_selling=True)
    assert read(shop) == [(10, 0)]


def test_missed_sales_are_priced_and_never_more_than_was_late() -> None:
    parts = [Due("Larch", order, 1, 10, days) for order, days in enumerate([0, 0, 2, 0, 100])]
    parts += [Due("Gill", 9, 1, 10, 3), Due("Larch", 0, 2, 10, 50)]
    costs = cost_of_lateness(parts, {1: Worth(3.0, 100)})
    assert costs == {"Larch": a_month([0.0, 0.0, 600.0, 0.0, 1000.0])}
    assert costs["Larch"].low_minor <= costs["Larch"].minor <= costs["Larch"].high_minor


def test_nothing_late_costs_nothing() -> None:
    cost = cost_of_lateness([Due("Larch", order, 1, 0, 0) for order in range(6)], {})["Larch"]
    assert (cost.minor, cost.low_minor, cost.high_minor) == (0, 0, 0)
