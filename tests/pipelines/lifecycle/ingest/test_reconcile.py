"""What deliveries missed or could not tell is read from Shopify itself."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines.lifecycle.ingest import drain, privacy, reconcile
from pipelines.models import Order, OrderLine, Product, Refund, Shop, StockLevel, SyncRun, Variant
from pipelines.shopify import token_exchange, tokens
from tests import factories
from tests.factories import at
from tests.fake_shopify import Asked, FakeShopify, Reply, cost
from tests.identities import SHOP, id_token

pytestmark = pytest.mark.django_db
Node = dict[str, Any]
LAST_PAGE = {"hasNextPage": False, "endCursor": None}


@pytest.fixture
def shop(shopify: FakeShopify) -> Shop:
    shop = factories.a_shop(domain=SHOP, currency="GBP")
    tokens.obtain(shop, lambda: token_exchange.exchange_offline(SHOP, id_token()))
    return shop


def answers(shopify: FakeShopify, **data: Any) -> list[Node]:
    """Let Shopify answer every question with this, and note the variables."""
    questions: list[Node] = []

    def answer(asked: Asked) -> Reply:
        questions.append(json.loads(asked.body)["variables"])
        return Reply(200, {"data": data, "extensions": cost()})

    shopify.on_graphql = answer
    return questions


def order_node(number: int, minutes: float = 0, lines: Any = (), refunds: Any = (), **changes: Any) -> Node:
    money = {"shopMoney": {"amount": "30.00"}}
    node = {"id": f"gid://shopify/Order/{number}", "name": f"#{number}", "createdAt": at(0), "processedAt": at(0)}
    node |= {"updatedAt": at(minutes), "currencyCode": "GBP", "totalPriceSet": money}
    node |= {"lineItems": {"nodes": list(lines), "pageInfo": LAST_PAGE}, "refunds": list(refunds)}
    return node | changes


def line_node(number: int, quantity: int, current: int) -> Node:
    price = {"shopMoney": {"amount": "10.00"}}
    node = {"id": f"gid://shopify/LineItem/{number}", "quantity": quantity, "currentQuantity": current}
    return node | {"originalUnitPriceSet": price, "variant": {"id": "gid://shopify/ProductVariant/501"}}


def refund_node(number: int, line: int, quantity: int, restock_type: str) -> Node:
    item = {"quantity": quantity, "restockType": restock_type, "lineItem": {"id": f"gid://shopify/LineItem/{line}"}}
    held = {"nodes": [item], "pageInfo": LAST_PAGE}
    return {"id": f"gid://shopify/Refund/{number}", "createdAt": at(3), "refundLineItems": held}


def ask_again(shop: Shop, number: int = 1) -> None:
    """Let a refund's delivery ask for an order."""
    factories.a_delivery(shop, "orders/create", factories.order_body(number))
    factories.a_delivery(shop, "refunds/create", {"id": 9, "order_id": number, "created_at": at(3)})
    drain.drain()


class TestReadingAgain:
    def test_our_own_attribute_is_read_and_no_other(self, shop: Shop, shopify: FakeShopify) -> None:
        ask_again(shop)
        said = [{"key": "gift", "value": "cd" * 16}, {"key": "_shopmlops_unit", "value": "ab" * 16}]
        answers(shopify, nodes=[order_node(1, 4, customAttributes=said)])
        reconcile.read_again(shop)
        assert bytes(Order.objects.get().unit) == b"\xab" * 16

    def test_an_order_whose_customer_was_forgotten_comes_without(self, shop: Shop, shopify: FakeShopify) -> None:
        ask_again(shop)
        Order.objects.update(shopify_id=2)
        privacy.redact_customer(shop, None, [1])
        Order.objects.update(shopify_id=1)  # as if it had not been known when it was named
        said = [{"key": "_shopmlops_unit", "value": "ab" * 16}]
        answers(shopify, nodes=[order_node(1, 4, customAttributes=said)])
        reconcile.read_again(shop)
        assert bytes(Order.objects.get().unit) == b""

    def test_an_order_tells_returns_from_removals(self, shop: Shop, shopify: FakeShopify) -> None:
        ask_again(shop)
        lines = [line_node(11, 5, 1), line_node(12, 2, 2)]
        refunds = [refund_node(9, 11, 3, "RETURN"), refund_node(10, 11, 1, "CANCEL")]
        questions = answers(shopify, nodes=[order_node(1, 4, lines, refunds)])
        assert reconcile.read_again(shop) == 1
        assert questions[0] == {"ids": ["gid://shopify/Order/1"]}
        fates = OrderLine.objects.order_by("line_id").values_list("line_id", "removed", "returned")
        assert list(fates) == [(11, 1, 3), (12, 0, 0)]
        assert set(Refund.objects.values_list("shopify_id", flat=True)) == {9, 10}
        assert Order.objects.get().fetch_due_at is None

    def test_it_is_the_last_word_on_its_moment(self, shop: Shop, shopify: FakeShopify) -> None:
        ask_again(shop)
        answers(shopify, nodes=[order_node(1, 0, [line_node(11, 7, 7)])])
        reconcile.read_again(shop)
        assert OrderLine.objects.get().quantity == 7

    def test_what_a_webhook_told_meanwhile_stands(self, shop: Shop, shopify: FakeShopify) -> None:
        ask_again(shop)
        answers(shopify, nodes=[order_node(1, -5, [line_node(11, 7, 7)])])
        reconcile.read_again(shop)
        assert OrderLine.objects.count() == 2
        assert Order.objects.get().fetch_due_at is None

    def test_an_order_that_shopify_does_not_show_is_no_longer_asked_for(self, shop: Shop, shopify: FakeShopify) -> None:
        ask_again(shop, 1)
        factories.a_delivery(shop, "refunds/create", {"id": 8, "order_id": 2, "created_at": at(3)})
        drain.drain()
        answers(shopify, nodes=[None, None])
        assert reconcile.read_again(shop) == 2
        assert list(Order.objects.values_list("shopify_id", "fetch_due_at")) == [(1, None)]  # the stub is gone
        assert reconcile.shops_with_questions(timezone.now()) == []

    def test_one_that_makes_no_sense_stops_nobody(self, shop: Shop, shopify: FakeShopify) -> None:
        ask_again(shop)
        answers(shopify, nodes=[order_node(1, 4, [line_node(11, -1, 0)])])
        reconcile.read_again(shop)
        assert Order.objects.get().fetch_due_at is None
        assert OrderLine.objects.count() == 2

    def test_a_product_whose_list_was_cut_is_read_whole(self, shop: Shop, shopify: FakeShopify) -> None:
        gids = [{"admin_graphql_api_id": f"gid://shopify/ProductVariant/{number}"} for number in range(9)]
        factories.a_delivery(shop, "products/update", factories.product_body(variant_gids=gids))
        drain.drain()
        item = {"id": "gid://shopify/InventoryItem/5", "tracked": True, "unitCost": {"amount": "4.20"}}
        variant = {"id": "gid://shopify/ProductVariant/6009", "updatedAt": at(1), "inventoryItem": item}
        node = {"id": "gid://shopify/Product/600", "title": "Beanie", "updatedAt": at(1)}
        answers(shopify, nodes=[node | {"variants": {"nodes": [variant]}}])
        assert reconcile.read_again(shop) == 1
        assert list(Variant.objects.filter(deleted_at=None).values_list("shopify_id", "unit_cost_minor")) == [
            (6009, 420)
        ]
        assert Product.objects.get().fetch_due_at is None

    def test_a_contested_level_is_settled(self, shop: Shop, shopify: FakeShopify) -> None:
        for units in (4, 5):
            factories.a_delivery(shop, "inventory_levels/update", factories.stock_body(units))
        drain.drain()
        quantities = [{"name": "available", "quantity": 6}]
        level = {"updatedAt": at(0), "location": {"id": "gid://shopify/Location/7"}, "quantities": quantities}
        answers(shopify, nodes=[{"id": "gid://shopify/InventoryItem/60001", "inventoryLevels": {"nodes": [level]}}])
        assert reconcile.read_again(shop) == 1
        assert StockLevel.objects.get().available == 6
        assert reconcile.read_again(shop) == 0


class TestComparing:
    def test_orders_that_were_missed_are_added_and_others_left_alone(self, shop: Shop, shopify: FakeShopify) -> None:
        imported(shop)
        factories.a_delivery(shop, "orders/create", factories.order_body(1))
        drain.drain()
        page = {"nodes": [order_node(1), order_node(2, lines=[line_node(21, 1, 1)])], "pageInfo": LAST_PAGE}
        answers(shopify, orders=page)
        run = reconcile.reconcile(shop)
        assert (run.state, run.objects_done, run.rows_written) == ("done", 2, 1)
        assert set(Order.objects.values_list("name", flat=True)) == {"#1", "#2"}
        assert OrderLine.objects.filter(order_id=1).count() == 2

    def test_it_looks_back_a_little_beyond_the_last_time(self, shop: Shop, shopify: FakeShopify) -> None:
        started = imported(shop).started_at
        questions = answers(shopify, orders={"nodes": [], "pageInfo": LAST_PAGE})
        reconcile.reconcile(shop)
        since = started - reconcile.OVERLAP
        assert questions[0]["filter"] == f"updated_at:>='{since:%Y-%m-%dT%H:%M:%SZ}'"

    def test_it_is_due_an_hour_after_the_last_time(self, shop: Shop, shopify: FakeShopify) -> None:
        now = timezone.now()
        assert reconcile.due(now) == []  # nothing has been imported yet
        imported(shop)
        assert reconcile.due(now) == [shop.pk]
        answers(shopify, orders={"nodes": [], "pageInfo": LAST_PAGE})
        reconcile.reconcile(shop)
        assert reconcile.due(timezone.now()) == []
        assert reconcile.due(timezone.now() + reconcile.EVERY + timedelta(minutes=1)) == [shop.pk]

    def test_shopify_being_away_is_said_on_the_run(self, shop: Shop, shopify: FakeShopify) -> None:
        imported(shop)
        shopify.on_graphql = lambda asked: Reply(402, {})
        run = reconcile.reconcile(shop)
        assert run.state == "failed"
        assert "frozen" in run.error

    @pytest.mark.parametrize("state", ["loading", "queued"])
    def test_one_that_was_interrupted_is_made_again_at_once(self, shop: Shop, shopify: FakeShopify, state: str) -> None:
        imported(shop)
        past = timezone.now() - timedelta(minutes=2)
        SyncRun.objects.create(shop=shop, kind="reconcile", trigger="hourly", state=state, due_at=past)
        assert reconcile.due(timezone.now()) == [shop.pk]
        answers(shopify, orders={"nodes": [], "pageInfo": LAST_PAGE})
        assert reconcile.reconcile(shop).state == "done"
        assert reconcile.due(timezone.now()) == []
        assert not SyncRun.objects.filter(reconcile.abandoned(timezone.now())).exists()

    def test_one_whose_second_try_was_interrupted_too_waits_for_its_hour(self, shop: Shop) -> None:
        imported(shop)
        past = timezone.now() - timedelta(minutes=2)
        for state in ("failed", "loading"):
            SyncRun.objects.create(shop=shop, kind="reconcile", trigger="hourly", state=state, due_at=past)
        assert reconcile.due(timezone.now()) == []

    def test_one_that_another_process_makes_right_now_is_left_to_it(self, shop: Shop) -> None:
        imported(shop)
        soon = timezone.now() + timedelta(minutes=1)
        SyncRun.objects.create(shop=shop, kind="reconcile", trigger="hourly", state="loading", due_at=soon)
        assert reconcile.due(timezone.now()) == []
        assert reconcile.reconcile(shop).state == "loading"


def imported(shop: Shop) -> SyncRun:
    began = timezone.now() - timedelta(hours=2)
    return SyncRun.objects.create(shop=shop, kind="orders", trigger="install", state="done", started_at=began)
