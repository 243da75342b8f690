"""Drafts are written by the database alone, and lists read sums: both say what a walk through the advice says."""

from __future__ import annotations

import random
from dataclasses import astuple
from datetime import date, timedelta

import pytest
from django.utils import timezone

from dashboard.usecases.demand_forecast.buying import to_order
from pipelines.lifecycle.buying import orders
from pipelines.models import PurchaseOrder, Shop, Supplied, Supplier
from pipelines.models.usecases.demand_forecast import StockAdvice, StockTotals, ToOrder
from tests import factories

pytestmark = pytest.mark.django_db

VENDORS = ("", "Gill", "Larch", "Moss", "Torver")
DAY = date(2026, 11, 20)
PACKS = (None, 0, 1, 2.5, 3.5, 12)


def made(seed: int) -> Shop:
    """Make a shop with advice of all kinds, a supplier in its own currency and one in another, and orders of both."""
    draw, shop, now = random.Random(seed), factories.a_shop(), timezone.now()
    own = Supplier.objects.create(shop=shop, name="Ours", currency=shop.currency)
    foreign = Supplier.objects.create(shop=shop, name="Theirs", currency="JPY")
    Supplied.objects.create(shop=shop, supplier=own, vendor="Gill")
    Supplied.objects.create(shop=shop, supplier=foreign, vendor="Moss")
    Supplied.objects.create(shop=shop, supplier=own, vendor="Larch")
    for number in range(1, 200, 9):
        Supplied.objects.create(shop=shop, supplier=draw.choice([own, foreign]), variant_id=number)
    rows = [
        StockAdvice(
            shop=shop,
            variant_id=number,
            location_id=0 if number % 7 else 5,
            origin=DAY,
            title=draw.choice(["Cap", "Scarf", "Sock"]),
            subtitle=draw.choice(["", "Blue"]),
            sku=f"S{number}",
            vendor=draw.choice(VENDORS),
            status=draw.choice(["out_of_stock", "order_today", "ok"]),
            order_quantity=draw.choice([0, 1, 24]),
            order_cost_minor=draw.choice([0, 999]),
            runs_out=draw.choice([None, DAY, DAY + timedelta(days=3)]),
            unit_cost_minor=draw.choice([None, 0, 250]),
            rule=draw.choice([{}, *({"pack_size": pack} for pack in PACKS)]),
        )
        for number in range(1, 200)
    ]
    StockAdvice.objects.bulk_create(rows)
    StockAdvice.objects.update(updated_at=now - timedelta(hours=1))
    StockTotals.sum_up(shop)
    paid = [orders.Wanted(number, "Cap", "", "", 1, 1, number % 3 * 100) for number in range(1, 60)]
    for cost, end in ((paid, PurchaseOrder.State.RECEIVED), (paid[:20], PurchaseOrder.State.CANCELLED)):
        order = orders.draft(shop, "", cost, supplier=foreign, location_id=None, by="1")
        PurchaseOrder.objects.filter(pk=order.pk).update(state=end)
    return shop


def a_sent_order(shop: Shop, *variants: int) -> None:
    """Send an order of some variants after the advice was written."""
    lines = [orders.Wanted(each, "Cap", "", "", 1, 1, 0) for each in variants]
    order = orders.draft(shop, "Somebody", lines, location_id=None, by="1")
    orders.send(order, DAY, DAY, revision=order.revision, by="1", on=DAY)


def by_hand(shop: Shop, vendor: str, supplier: Supplier | None) -> list[orders.Wanted]:
    """Walk through the advice row by row, as orders were drafted before the database wrote them."""
    is_foreign = supplier is not None and supplier.currency != shop.currency
    paid = to_order.paid_before(supplier) if supplier and is_foreign else {}
    whose = {"supplier": supplier.pk} if supplier else {"supplier": None, "vendor": vendor}
    rows = to_order.to_order(shop).filter(**whose)
    return [
        orders.Wanted(
            row.variant_id,
            row.title,
            row.subtitle,
            row.sku,
            row.order_quantity,
            max(1, round(float(row.rule.get("pack_size") or 1))),
            (paid.get(row.variant_id) if is_foreign else row.unit_cost_minor) or 0,
        )
        for row in rows.order_by("variant_id")
    ]


@pytest.mark.parametrize("seed", range(4))
def test_drafts_say_what_a_walk_through_the_advice_says(seed: int) -> None:
    shop = made(seed)
    for vendor, supplier in [("", None), ("Torver", None), *(("", each) for each in Supplier.objects.order_by("pk"))]:
        expected = by_hand(shop, vendor, supplier)
        rows = to_order.wanted_rows(shop, vendor, supplier)
        order = orders.draft_from(shop, vendor, rows, supplier=supplier, by="1")
        names = ("variant_id", "title", "subtitle", "sku", "units", "pack_size", "unit_cost_minor")
        assert [*order.lines.order_by("pk").values_list(*names)] == [astuple(line) for line in expected] != []
        assert to_order.wanted(shop, vendor, supplier) == expected


@pytest.mark.parametrize("seed", range(4))
def test_sums_say_what_a_walk_through_the_advice_says(seed: int) -> None:
    shop = made(seed)
    sums = to_order.sums_of(shop)
    assert sums and to_order.still_stand(shop, sums)
    known = {(row.vendor, row.supplier): row for row in to_order.counted(shop)}
    assert {(row.vendor, row.supplier): row for row in to_order.by_supplier(shop, sums)} == known
    assert {row.vendor for row in to_order.by_vendor(shop, {})} == {"", "Torver", "Ours", "Theirs"}


class TestSumsStandNoMore:
    def stands(self, shop: Shop) -> bool:
        return to_order.still_stand(shop, to_order.sums_of(shop))

    def test_once_something_was_sent_since(self) -> None:
        shop = made(1)
        variant = to_order.to_order(shop).filter(from_vendor="Torver").first().variant_id
        before = {row.vendor: row.variants for row in to_order.by_vendor(shop, {})}
        a_sent_order(shop, variant)
        assert not self.stands(shop)
        assert {row.vendor: row.variants for row in to_order.by_vendor(shop, {})}["Torver"] == before["Torver"] - 1

    def test_where_a_variant_has_a_supplier_of_its_own_since(self) -> None:
        shop = made(1)
        variant = to_order.to_order(shop).filter(from_vendor="Torver").first().variant_id
        before = {row.vendor: row.variants for row in to_order.by_vendor(shop, {})}
        Supplied.objects.create(shop=shop, supplier=Supplier.objects.get(name="Theirs"), variant_id=variant)
        assert not self.stands(shop)
        after = {row.vendor: row.variants for row in to_order.by_vendor(shop, {})}
        assert (after["Torver"], after["Theirs"]) == (before["Torver"] - 1, before["Theirs"] + 1)
        StockTotals.sum_up(shop)
        assert self.stands(shop) and {row.vendor: row.variants for row in to_order.by_vendor(shop, {})} == after
        Supplied.objects.filter(variant_id=variant).update(supplier=Supplier.objects.get(name="Ours"))
        assert not self.stands(shop)

    def test_where_advice_was_written_and_only_its_totals_were_summed_up(self) -> None:
        shop = made(1)
        ToOrder.objects.all().delete()
        assert not self.stands(shop) and to_order.by_vendor(shop, {})
        StockTotals.sum_up(shop)
        StockTotals.objects.update(newest_at=timezone.now())
        assert not self.stands(shop)

    def test_not_where_nothing_has_to_be_ordered(self) -> None:
        shop = factories.a_shop()
        assert self.stands(shop) and to_order.by_vendor(shop, {}) == []
