"""What exports tell beyond single things: checkouts as webhooks know them, and which orders there are no more."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from pipelines.lifecycle.ingest import backfill, drain, pulls
from pipelines.models import Checkout, Order, OrderLine, Shop, SyncRun
from tests.factories import a_delivery, at, order_body
from tests.pipelines.lifecycle.ingest.test_backfill import Exports, exports, order_node, run, shop

__all__ = ["exports", "shop"]
pytestmark = pytest.mark.django_db
TOKEN = "c1a2b3d4e5f60718"


def checkout_node(**changes: Any) -> dict[str, Any]:
    node = {
        "id": "gid://shopify/AbandonedCheckout/77",
        "createdAt": at(0),
        "updatedAt": at(0),
        "completedAt": None,
        "abandonedCheckoutUrl": f"https://store.example/5/checkouts/ac/{TOKEN}/recover?key=secret",
        "subtotalPriceSet": {"shopMoney": {"amount": "20.00", "currencyCode": "GBP"}},
    }
    return node | changes


def checkout_line(parent: int = 77) -> dict[str, Any]:
    line = {"id": "gid://shopify/AbandonedCheckoutLineItem/1", "quantity": 2}
    return line | {"__parentId": f"gid://shopify/AbandonedCheckout/{parent}"}


def hear(shop: Shop, topic: str, body: dict[str, Any]) -> None:
    a_delivery(shop, topic, body)
    drain.drain()


class TestCheckouts:
    body = {"token": TOKEN, "created_at": at(0), "currency": "GBP", "subtotal_price": "20.00", "line_items": []}

    @pytest.mark.parametrize(
        "address", ["/checkouts/ac/{}/recover", "/5/checkouts/{}/recover?key=x", "/checkouts/cn/{}"]
    )
    def test_of_webhook_and_export_are_one(self, shop: Shop, exports: Exports, address: str) -> None:
        hear(shop, "checkouts/create", self.body | {"updated_at": at(1)})
        exports.has([checkout_node(abandonedCheckoutUrl="https://store.example" + address.format(TOKEN))])
        assert run(shop, "checkouts").lines_refused == 0
        assert Checkout.objects.count() == 1

    def test_get_their_lines_wherever_these_stand(self, shop: Shop, exports: Exports) -> None:
        other = checkout_node(id="gid://shopify/AbandonedCheckout/78", abandonedCheckoutUrl="https://x/checkouts/other")
        exports.has([checkout_line(), other, checkout_node(), checkout_line(78), checkout_line()])
        run(shop, "checkouts")
        assert sorted(len(held.lines) for held in Checkout.objects.all()) == [1, 2]

    def test_without_a_token_are_refused_by_line(self, shop: Shop, exports: Exports) -> None:
        exports.has([checkout_node(abandonedCheckoutUrl="https://store.example/nothing")])
        assert run(shop, "checkouts").refusals == ["line 1: the checkout has no token"]

    @pytest.mark.parametrize("order_first", [True, False])
    def test_are_completed_by_their_order_whichever_is_heard_first(self, shop: Shop, order_first: bool) -> None:
        order = ("orders/create", order_body(1, checkout_token=TOKEN))
        checkout = ("checkouts/create", self.body | {"updated_at": at(0)})
        for topic, body in (order, checkout) if order_first else (checkout, order):
            hear(shop, topic, body)
        assert Checkout.objects.get().completed_at == Order.objects.get().processed_at

    def test_stay_completed_when_a_late_state_does_not_say_so(self, shop: Shop) -> None:
        hear(shop, "checkouts/create", self.body | {"updated_at": at(0)})
        hear(shop, "orders/create", order_body(1, checkout_token=TOKEN))
        hear(shop, "checkouts/update", self.body | {"updated_at": at(5), "completed_at": None})
        assert Checkout.objects.get().completed_at is not None

    def test_of_an_exported_order_are_completed_too(self, shop: Shop, exports: Exports) -> None:
        hear(shop, "checkouts/create", self.body | {"updated_at": at(0)})
        exports.has([order_node(1, checkoutToken=TOKEN)])
        run(shop)
        assert Checkout.objects.get().completed_at is not None

    def test_keep_no_token(self, shop: Shop, exports: Exports) -> None:
        hear(shop, "orders/create", order_body(1, checkout_token=TOKEN))
        exports.has([checkout_node(), checkout_line()])
        run(shop, "checkouts")
        stored = [*Checkout.objects.values_list(), *Order.objects.values_list(), *SyncRun.objects.values_list()]
        assert TOKEN not in repr(stored) and TOKEN.encode().hex() not in repr(stored)


class TestTheListOfOrders:
    def listed(self, shop: Shop, exports: Exports, *numbers: int, **columns: Any) -> SyncRun:
        exports.has([{"id": f"gid://shopify/Order/{number}", "createdAt": at(0)} for number in numbers])
        return run(shop, "order_ids", **columns)

    def test_buries_what_was_deleted_while_nobody_told_us(self, shop: Shop, exports: Exports) -> None:
        for number in (1, 2, 3):
            hear(shop, "orders/create", order_body(number))
        assert self.listed(shop, exports, 1, 3).rows_written == 3
        assert set(Order.objects.filter(deleted_at=None).values_list("shopify_id", flat=True)) == {1, 3}
        assert not OrderLine.objects.filter(order_id=2).exists()

    def test_is_silent_about_orders_older_than_it_reaches(self, shop: Shop, exports: Exports) -> None:
        hear(shop, "orders/create", order_body(1, created_at=at(-60)))
        hear(shop, "orders/create", order_body(2))
        self.listed(shop, exports, 2)
        assert not Order.objects.exclude(deleted_at=None).exists()

    def test_does_not_bury_what_changed_after_it_was_read(self, shop: Shop, exports: Exports) -> None:
        hear(shop, "orders/create", order_body(1))
        later = timezone.now() + timezone.timedelta(hours=1)
        hear(shop, "orders/updated", order_body(2, updated_at=later.isoformat()))
        self.listed(shop, exports, 1)
        assert not Order.objects.exclude(deleted_at=None).exists()

    @pytest.mark.parametrize("broken", ["partial", "unreadable", "empty"])
    def test_that_is_not_whole_buries_nobody(self, shop: Shop, exports: Exports, broken: str) -> None:
        hear(shop, "orders/create", order_body(1))
        exports.has([{"id": "gid://shopify/Order/2", "createdAt": at(0)}] * (broken != "empty"))
        if broken == "partial":
            exports.operation = {"status": "FAILED", "url": None, "partialDataUrl": f"{exports.shopify.origin}/file/1"}
        if broken == "unreadable":
            exports.lines.append("{")
        run(shop, "order_ids")
        assert not Order.objects.exclude(deleted_at=None).exists()

    def test_that_was_interrupted_is_read_from_its_beginning(self, shop: Shop, exports: Exports) -> None:
        for number in (1, 2, 3):
            hear(shop, "orders/create", order_body(number))
        exports.has([{"id": f"gid://shopify/Order/{number}", "createdAt": at(0)} for number in (1, 3)])
        sync = backfill.request_pull(shop, "order_ids", "weekly")
        state = {"state": "loading", "url": f"{exports.shopify.origin}/file/1", "objects_total": 2, "objects_done": 1}
        SyncRun.objects.filter(pk=sync.pk).update(**state, started_at=timezone.now(), due_at=timezone.now())
        assert backfill.advance(sync.pk).state == "done"
        assert Order.objects.get(shopify_id=2).deleted_at is not None

    def test_is_asked_for_once_a_week(self, shop: Shop) -> None:
        now = timezone.now()
        done = SyncRun.objects.create(shop=shop, kind="orders", trigger="install", state="done", finished_at=now)
        assert pulls.unlisted(now) == []
        SyncRun.objects.filter(pk=done.pk).update(finished_at=now - timezone.timedelta(days=8))
        assert pulls.unlisted(now) == [shop.pk]
        SyncRun.objects.create(shop=shop, kind="order_ids", trigger="weekly", state="failed")
        assert pulls.unlisted(now) == []
