"""One delivery that cannot be applied is parked with its reason; its neighbours in the batch are applied."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle.ingest import apply, drain
from pipelines.models import Order, Product, Shop, WebhookDelivery
from tests import histories

pytestmark = pytest.mark.django_db
State = WebhookDelivery.State


@pytest.fixture
def shop() -> Shop:
    return histories.a_shop(gid="gid://shopify/Shop/1", scopes=["read_orders"])


def delivery(shop: Shop, body: dict, topic: str = "orders/create") -> WebhookDelivery:
    number = next(histories.numbers)
    return WebhookDelivery.objects.create(
        shop_domain=shop.domain,
        webhook_id=f"w-{number}",
        topic=topic,
        triggered_at=timezone.now(),
        body_digest=number.to_bytes(32, "big"),
        payload=body,
        not_before=timezone.now() - timedelta(seconds=1),
    )


def order(order_id: int, **changes: object) -> dict:
    line = {"id": order_id, "product_id": 1, "variant_id": 2, "quantity": 1, "price": "10.00"}
    at = "2026-11-20T10:00:00+00:00"
    return {"id": order_id, "name": f"#{order_id}", "created_at": at, "updated_at": at, "line_items": [line]} | changes


def priced(price: object, **line: object) -> dict:
    return {"line_items": [{"id": 9, "quantity": 1, "price": price} | line]}


WHOLE_MONEY = "92233720368547758.07"  # the largest amount that a column holds
TWICE = [{"amount": WHOLE_MONEY}, {"amount": WHOLE_MONEY}]
PAID_BACK = [{"kind": "refund", "status": "success", **part} for part in TWICE]
POISON = {
    "a price beyond decimals": priced("1e999999"),
    "a price beyond columns": priced("1e30"),
    "a negative price": priced("-1.00"),
    "a price that is a text": priced("free"),
    "a quantity beyond columns": priced("1", quantity=2**31),
    "a negative quantity": priced("1", quantity=-1),
    "half a unit": priced("1", quantity=0.5),
    "an id beyond columns": {"id": 2**63},
    "a line without id": {"line_items": [{"quantity": 1, "price": "1"}]},
    "discounts that add up beyond columns": priced("1", discount_allocations=TWICE),
    "refunds that add up beyond columns": {"refunds": [{"id": 1, "transactions": PAID_BACK}]},
    "a total beyond columns": {"total_price": "1e40"},
    "no currency": {"currency": "€"},
    "no line items": {"line_items": None},
    "the year 10000 in UTC": {"updated_at": "9999-12-31T23:59:59-14:00"},
    "a year before Christ in UTC": {"processed_at": "0001-01-01T00:00:00+14:00"},
    "a time that is none": {"created_at": "2026-13-45"},
}


@pytest.mark.parametrize("name", POISON)
def test_poison_is_parked_and_its_neighbours_are_applied(shop, name):
    before, bad, after = (delivery(shop, body) for body in (order(1), order(2, **POISON[name]), order(3)))
    drain.drain()
    for row in (before, bad, after):
        row.refresh_from_db()
    assert (before.state, bad.state, after.state) == (State.APPLIED, State.DEAD, State.APPLIED)
    assert bad.error and not bad.error.startswith("It could not")
    assert sorted(Order.objects.for_shop(shop).values_list("shopify_id", flat=True)) == [1, 3]


def test_what_nobody_foresaw_stops_nobody_else(shop, monkeypatch):
    read = apply.payloads.order

    def surprised(body, sender):
        if body["id"] == 2:
            raise KeyError("secret value of the body")
        return read(body, sender)

    monkeypatch.setattr(apply.payloads, "order", surprised)
    good, bad = delivery(shop, order(1)), delivery(shop, order(2))
    drain.drain()
    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.state, bad.state, bad.attempts) == (State.APPLIED, State.FAILED, 1)
    assert bad.error == "It could not be applied: KeyError."


def test_a_drain_that_cannot_even_claim_says_so(shop, monkeypatch):
    delivery(shop, order(1))
    monkeypatch.setattr(drain, "claim", lambda *which: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        drain.drain_together(10)


def test_texts_reach_their_tables_clean(shop):
    body = {"id": 5, "title": "Ring for ann@example.com", "tags": "a, ann@example.com", "variants": []}
    delivery(shop, body, "products/update")
    drain.drain()
    product = Product.objects.for_shop(shop).get()
    assert (product.title, product.tags) == ("Ring for [e-mail removed]", ["a", "[e-mail removed]"])


def test_a_change_of_permissions_that_lists_none_takes_none_away(shop):
    row = delivery(shop, {"shop_id": 1}, "app/scopes_update")
    drain.drain()
    row.refresh_from_db()
    shop.refresh_from_db()
    assert (row.state, shop.scopes) == (State.DEAD, ["read_orders"])


@pytest.mark.parametrize("code", ["€", "eur", "EURO", 978, ""])
def test_an_unknown_currency_leaves_the_shops_own(shop, code):
    delivery(shop, {"id": 1, "name": "New name", "currency": code}, "shop/update")
    drain.drain()
    shop.refresh_from_db()
    assert (shop.name, shop.currency) == ("New name", "GBP")


def test_a_machine_without_memory_is_no_deliverys_fault(shop, monkeypatch):
    waiting = delivery(shop, order(1))
    with monkeypatch.context() as patch:

        def settle(events):
            raise MemoryError

        patch.setattr(drain, "settle", settle)
        with pytest.raises(MemoryError):
            drain.drain()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempts) == (State.RECEIVED, 0)
    assert drain.drain() == 1 and Order.objects.filter(shop=shop).exists()
