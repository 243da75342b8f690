"""Imports by bulk export: streamed, resumed, retried; what cannot be read is named, what cannot be had is said."""

from __future__ import annotations

import json
import random
import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines.jobs import ingest as jobs
from pipelines.lifecycle.ingest import backfill, loaders, privacy
from pipelines.models import (
    BundlePart,
    Checkout,
    FormerPart,
    Location,
    Order,
    OrderLine,
    Product,
    Shop,
    StockLevel,
    SyncRun,
    TrainingRun,
    Variant,
    WaitingLine,
)
from pipelines.shopify import token_exchange, tokens
from tests import factories
from tests.factories import at
from tests.fake_shopify import Asked, FakeShopify, Reply, cost
from tests.identities import SHOP, id_token

pytestmark = pytest.mark.django_db
Node = dict[str, Any]


@pytest.fixture
def shop(shopify: FakeShopify) -> Shop:
    shop = factories.a_shop(domain=SHOP, currency="GBP")
    tokens.obtain(shop, lambda: token_exchange.exchange_offline(SHOP, id_token()))
    return shop


class Exports:
    """A Shopify that has one export ready, and tells of it what a test wants."""

    def __init__(self, shopify: FakeShopify) -> None:
        self.shopify = shopify
        self.lines: list[str] = []
        self.operation: Node = {}
        self.count: int | None = None
        self.start_errors: list[Node] = []
        self.started = 0
        self.on_download: Callable[[], Reply | None] = lambda: None
        shopify.on_graphql, shopify.on_file = self.graphql, self.file

    def has(self, nodes: list[Node]) -> None:
        self.lines = [json.dumps(node).replace("/", "\\/") for node in nodes]

    def graphql(self, asked: Asked) -> Reply:
        text = asked.json["query"]
        if "bulkOperationRunQuery" in text:
            return self.answer(bulkOperationRunQuery=self.start())
        if "bulkOperation(" in text:
            return self.answer(bulkOperation=self.status())
        if "locations(" in text:
            place = {"id": "gid://shopify/Location/7", "name": "Barn", "isActive": True, "updatedAt": at(0)}
            return self.answer(locations={"nodes": [place], "pageInfo": {"hasNextPage": False}})
        raise AssertionError(text)

    def answer(self, **data: Any) -> Reply:
        return Reply(200, {"data": data, "extensions": cost()})

    def start(self) -> Node:
        if self.start_errors:
            return {"bulkOperation": None, "userErrors": [self.start_errors.pop(0)]}
        self.started += 1
        operation = {"id": f"gid://shopify/BulkOperation/{self.started}", "status": "CREATED"}
        return {"bulkOperation": operation, "userErrors": []}

    def status(self) -> Node:
        url = f"{self.shopify.origin}/file/{self.started}" if self.lines else None
        told = {"status": "COMPLETED", "errorCode": None, "url": url, "partialDataUrl": None}
        count = len(self.lines) if self.count is None else self.count
        return {"id": "gid://shopify/BulkOperation/1", "objectCount": str(count)} | told | self.operation

    def file(self, asked: Asked) -> Reply:
        return self.on_download() or Reply(200, "".join(line + "\n" for line in self.lines).encode())


@pytest.fixture
def exports(shopify: FakeShopify, settings: Any) -> Exports:
    settings.DEMO, settings.SHOPIFY_BULK_HOSTS = True, [shopify.host]
    return Exports(shopify)


def run(shop: Shop, kind: str = "orders", **columns: Any) -> SyncRun:
    """Import one kind to the end, as if every pause were over."""
    sync = backfill.request_pull(shop, kind, "operator")
    SyncRun.objects.filter(pk=sync.pk).update(**columns)
    for _ in range(20):
        SyncRun.objects.filter(pk=sync.pk).update(due_at=timezone.now())
        backfill.advance(sync.pk)
        sync.refresh_from_db()
        if sync.state not in backfill.ACTIVE:
            break
    return sync


def order_node(number: int, minutes: float = 0, **changes: Any) -> Node:
    money = {"shopMoney": {"amount": "30.00"}}
    node = {
        "id": f"gid://shopify/Order/{number}",
        "name": f"#{number}",
        "createdAt": at(0),
        "processedAt": at(0),
        "updatedAt": at(minutes),
        "cancelledAt": None,
        "test": False,
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "UNFULFILLED",
        "currencyCode": "GBP",
        "totalPriceSet": money,
        "subtotalPriceSet": money,
    }
    return node | changes


def line_node(number: int, order: int, quantity: int = 2, **changes: Any) -> Node:
    node = {
        "id": f"gid://shopify/LineItem/{number}",
        "sku": "SKU-1",
        "title": "Beanie",
        "quantity": quantity,
        "currentQuantity": quantity,
        "originalUnitPriceSet": {"shopMoney": {"amount": "10.00"}},
        "discountedUnitPriceAfterAllDiscountsSet": {"shopMoney": {"amount": "9.00"}},
        "variant": {"id": "gid://shopify/ProductVariant/501"},
        "product": {"id": "gid://shopify/Product/600"},
        "__parentId": f"gid://shopify/Order/{order}",
    }
    return node | changes


def families(count: int) -> list[Node]:
    """Return so many orders, each followed by two lines."""
    return [
        node
        for order in range(1, count + 1)
        for node in (order_node(order), line_node(order * 10, order), line_node(order * 10 + 1, order))
    ]


def shuffled(nodes: list[Node]) -> list[Node]:
    random.Random(0).shuffle(nodes)
    return nodes


ARRANGEMENTS: dict[str, Callable[[list[Node]], list[Node]]] = {
    "parents first": lambda nodes: nodes,
    "children first": lambda nodes: sorted(nodes, key=lambda node: "__parentId" not in node),
    "all mixed up": shuffled,
}


class TestOrders:
    def test_orders_are_read_with_their_lines(self, shop: Shop, exports: Exports) -> None:
        exports.has(families(3))
        sync = run(shop)
        assert (sync.state, sync.objects_done, sync.rows_written, sync.percent) == ("done", 9, 9, 100)
        line = OrderLine.objects.get(line_id=20)
        assert (line.order_id, line.quantity, line.price_minor, line.discount_minor) == (2, 2, 1000, 200)
        assert line.processed_at == Order.objects.get(shopify_id=2).processed_at

    def test_our_own_attribute_is_read_and_no_other(self, shop: Shop, exports: Exports) -> None:
        said = [{"key": "gift", "value": "cd" * 16}, {"key": "_shopmlops_unit", "value": "ab" * 16}]
        exports.has([order_node(1, customAttributes=said), order_node(2, customAttributes=said[:1]), order_node(3)])
        run(shop)
        units = Order.objects.order_by("shopify_id").values_list("unit", flat=True)
        assert [unit and bytes(unit) for unit in units] == [b"\xab" * 16, None, None]

    def test_an_order_whose_customer_was_forgotten_before_we_knew_it_comes_without(
        self, shop: Shop, exports: Exports
    ) -> None:
        privacy.redact_customer(shop, None, [1])
        said = [{"key": "_shopmlops_unit", "value": "ab" * 16}]
        exports.has([order_node(1, customAttributes=said), order_node(2)])
        run(shop)
        assert bytes(Order.objects.get(shopify_id=1).unit) == b""

    @pytest.mark.parametrize("arrange", ARRANGEMENTS.values(), ids=ARRANGEMENTS)
    def test_it_does_not_matter_how_the_file_is_arranged(
        self, shop: Shop, exports: Exports, monkeypatch: pytest.MonkeyPatch, arrange: Any
    ) -> None:
        monkeypatch.setattr(backfill, "CHUNK", 7)
        exports.has(arrange(families(20)))
        assert run(shop).state == "done"
        assert (Order.objects.count(), OrderLine.objects.count()) == (20, 40)
        moments = set(OrderLine.objects.values_list("processed_at", flat=True))
        assert moments == set(Order.objects.values_list("processed_at", flat=True))
        assert not WaitingLine.objects.exists()

    @pytest.mark.parametrize("arrange", ARRANGEMENTS.values(), ids=ARRANGEMENTS)
    def test_a_second_import_changes_nothing(
        self, shop: Shop, exports: Exports, monkeypatch: pytest.MonkeyPatch, arrange: Any
    ) -> None:
        exports.has(families(8))
        run(shop)
        before = list(OrderLine.objects.order_by("line_id").values_list("line_id", "quantity", "processed_at"))
        monkeypatch.setattr(backfill, "CHUNK", 7)
        exports.has(arrange(families(8)))
        assert run(shop).state == "done"
        assert list(OrderLine.objects.order_by("line_id").values_list("line_id", "quantity", "processed_at")) == before

    @pytest.mark.parametrize("chunk", [2, 1000])
    def test_what_a_webhook_told_later_is_left_alone(
        self, shop: Shop, exports: Exports, monkeypatch: pytest.MonkeyPatch, chunk: int
    ) -> None:
        from pipelines.lifecycle.ingest import drain

        factories.a_delivery(shop, "orders/updated", factories.order_body(1, minutes=9, name="#later"))
        drain.drain()
        monkeypatch.setattr(backfill, "CHUNK", chunk)
        exports.has(families(2))
        assert run(shop).state == "done"
        assert Order.objects.get(shopify_id=1).name == "#later"
        assert set(OrderLine.objects.filter(order_id=1).values_list("line_id", flat=True)) == {11, 12}

    def test_a_cancelled_order_was_never_sold(self, shop: Shop, exports: Exports) -> None:
        exports.has([order_node(1, cancelledAt=at(5)), line_node(10, 1)])
        run(shop)
        line = OrderLine.objects.get()
        assert (line.removed, line.returned) == (2, 0)
        assert Order.objects.get().fetch_due_at is None

    @pytest.mark.parametrize("arrange", ARRANGEMENTS.values(), ids=ARRANGEMENTS)
    def test_orders_of_which_units_are_missing_are_to_be_read_one_by_one(
        self, shop: Shop, exports: Exports, monkeypatch: pytest.MonkeyPatch, arrange: Any
    ) -> None:
        monkeypatch.setattr(backfill, "CHUNK", 1)
        exports.has(arrange([order_node(1), line_node(10, 1, currentQuantity=1), order_node(2), line_node(20, 2)]))
        run(shop)
        assert list(Order.objects.exclude(fetch_due_at=None).values_list("shopify_id", flat=True)) == [1]
        line = OrderLine.objects.get(line_id=10)
        assert (line.removed, line.returned) == (0, 1)  # until it is read, demand stands

    def test_lines_whose_order_never_comes_are_left_out(self, shop: Shop, exports: Exports) -> None:
        exports.has([order_node(1), line_node(10, 1), line_node(99, 9)])
        assert run(shop).state == "done"
        assert OrderLine.objects.count() == 1
        assert not WaitingLine.objects.exists()

    def test_an_order_that_is_listed_twice_is_written_once(self, shop: Shop, exports: Exports) -> None:
        exports.has([*families(1), *families(1)])
        assert run(shop).state == "done"
        assert (Order.objects.count(), OrderLine.objects.count()) == (1, 2)

    def test_one_line_under_two_orders_stops_nothing(self, shop: Shop, exports: Exports) -> None:
        exports.has([order_node(1), order_node(2), line_node(10, 1), line_node(10, 2)])
        assert run(shop).state == "done"
        assert OrderLine.objects.count() == 1


class TestBadFiles:
    def test_lines_that_cannot_be_read_are_counted_and_named(self, shop: Shop, exports: Exports) -> None:
        exports.has([order_node(1), line_node(10, 1, quantity=-2), order_node(2, createdAt="soon"), order_node(3)])
        exports.lines[1:1] = ["{", "[]"]
        sync = run(shop)
        assert (sync.state, sync.objects_done, sync.lines_refused) == ("done", 6, 4)
        assert sorted(sync.refusals) == [
            "line 2: not a JSON object",
            "line 3: not a JSON object",
            "line 4: line 10: quantity is -2, which is out of range",
            "line 5: createdAt is 'soon', not a time",
        ]
        assert Order.objects.count() == 2

    @pytest.mark.parametrize("odd", [{"id": []}, {"id": None}, {"id": 1, "__parentId": []}, {"__parentId": {}}])
    @pytest.mark.parametrize("kind", ["orders", "products", "stock", "checkouts"])
    def test_odd_ids_are_refused_in_every_kind(self, shop: Shop, exports: Exports, kind: str, odd: Node) -> None:
        exports.has([odd])
        sync = run(shop, kind)
        assert (sync.state, sync.lines_refused >= 1) == ("done", True)

    def test_only_the_first_refusals_are_kept(self, shop: Shop, exports: Exports) -> None:
        exports.has([order_node(number, createdAt=None, processedAt=None) for number in range(1, 60)])
        sync = run(shop)
        assert (sync.lines_refused, len(sync.refusals)) == (59, backfill.MOST_REFUSALS_SHOWN)

    def test_half_a_file_is_an_error_and_read_again(self, shop: Shop, exports: Exports) -> None:
        exports.has(families(3))
        whole = "".join(line + "\n" for line in exports.lines).encode()
        halves = iter([Reply(200, whole[: len(whole) // 2])])
        exports.on_download = lambda: next(halves, None)
        sync = run(shop)
        assert (sync.state, sync.attempts, sync.error) == ("done", 1, "")
        assert OrderLine.objects.count() == 6

    def test_a_file_that_stays_short_fails_with_a_sentence(self, shop: Shop, exports: Exports) -> None:
        exports.has(families(3))
        exports.count = 12
        sync = run(shop)
        assert (sync.state, sync.attempts) == ("failed", backfill.MOST_ATTEMPTS - 1)
        assert sync.error.endswith("That failed 5 times; the next daily pull starts afresh.")
        assert exports.started == 3  # after the third time, new exports were asked for

    def test_an_expired_address_starts_a_new_export(self, shop: Shop, exports: Exports) -> None:
        exports.has(families(2))
        refusals = iter([Reply(403, b"<Error>ExpiredToken</Error>")])
        exports.on_download = lambda: next(refusals, None)
        assert run(shop).state == "done"
        assert exports.started == 2

    def test_partial_data_is_loaded_and_marked(self, shop: Shop, exports: Exports, shopify: FakeShopify) -> None:
        exports.has(families(2))
        url = f"{shopify.origin}/file/part"
        exports.operation = {"status": "FAILED", "errorCode": "TIMEOUT", "url": None, "partialDataUrl": url}
        sync = run(shop)
        assert (sync.state, sync.is_partial, Order.objects.count()) == ("done", True, 2)
        assert backfill.last_good(shop, "orders") is None

    def test_nothing_to_export_is_done_at_once(self, shop: Shop, exports: Exports) -> None:
        sync = run(shop)
        assert (sync.state, sync.objects_done) == ("done", 0)


class TestShopifySaysNo:
    def test_a_busy_shop_is_waited_for(self, shop: Shop, exports: Exports) -> None:
        exports.has(families(1))
        exports.start_errors = [{"code": "OPERATION_IN_PROGRESS", "message": "busy", "field": None}]
        sync = backfill.request_pull(shop, "orders", "operator")
        backfill.advance(sync.pk)
        sync.refresh_from_db()
        assert (sync.state, sync.attempts) == ("queued", 0)
        assert sync.due_at > timezone.now() + timedelta(seconds=20)
        assert run(shop).state == "done"

    def test_a_failed_export_is_tried_again_and_then_given_up(self, shop: Shop, exports: Exports) -> None:
        exports.operation = {"status": "FAILED", "errorCode": "INTERNAL_SERVER_ERROR", "url": None}
        sync = run(shop)
        assert (sync.state, exports.started) == ("failed", backfill.MOST_ATTEMPTS)
        assert sync.error.startswith("Shopify could not prepare the export (INTERNAL_SERVER_ERROR).")

    def test_a_missing_permission_is_not_tried_again(self, shop: Shop, exports: Exports) -> None:
        exports.operation = {"status": "FAILED", "errorCode": "ACCESS_DENIED", "url": None}
        assert (run(shop).state, exports.started) == ("failed", 1)

    @pytest.mark.parametrize(
        ("status", "sentence"), [(402, "frozen"), (403, "does not allow"), (404, "no longer knows")]
    )
    def test_a_closed_shop_is_said_in_words(
        self, shop: Shop, exports: Exports, shopify: FakeShopify, status: int, sentence: str
    ) -> None:
        shopify.on_graphql = lambda asked: Reply(status, {"errors": "no"})
        sync = run(shop)
        assert sync.state == "failed"
        assert sentence in sync.error

    def test_a_shop_that_left_is_not_asked(self, shop: Shop, exports: Exports) -> None:
        Shop.objects.filter(pk=shop.pk).update(uninstalled_at=timezone.now())
        sync = run(shop)
        assert (sync.state, sync.error, exports.started) == ("failed", "The app is not installed in this shop.", 0)


class TestInterrupted:
    def test_a_killed_import_goes_on_where_it_was(
        self, shop: Shop, exports: Exports, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(backfill, "CHUNK", 6)
        exports.has(families(10))
        kill_after(monkeypatch, chunks=2)
        sync = backfill.request_pull(shop, "orders", "operator")
        backfill.advance(sync.pk)
        SyncRun.objects.update(due_at=timezone.now())
        with pytest.raises(KeyboardInterrupt):
            backfill.advance(sync.pk)
        sync.refresh_from_db()
        assert (sync.state, sync.objects_done, Order.objects.count()) == ("loading", 12, 4)
        monkeypatch.undo()
        assert run(shop).objects_done == 30
        assert (Order.objects.count(), OrderLine.objects.count()) == (10, 20)

    def test_a_chunk_is_written_whole_or_not_at_all(
        self, shop: Shop, exports: Exports, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        exports.has(families(4))
        monkeypatch.setattr(loaders.OrderLoader, "ask_for_refunded", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run(shop)
        assert not Order.objects.exists()
        assert SyncRun.objects.get().objects_done == 0

    def test_two_importers_do_not_both_go_on(self, shop: Shop, exports: Exports) -> None:
        exports.has(families(4))
        sync = backfill.request_pull(shop, "orders", "operator")
        assert backfill.advance(sync.pk) is not None
        assert backfill.advance(sync.pk) is None  # the first one holds it

    def test_one_who_lost_the_run_writes_nothing(self, shop: Shop, exports: Exports) -> None:
        exports.has(families(4))

        def overtaken() -> None:
            SyncRun.objects.update(objects_done=99)

        exports.on_download = lambda: None
        sync = backfill.request_pull(shop, "orders", "operator")
        backfill.advance(sync.pk)
        SyncRun.objects.update(due_at=timezone.now())
        original = loaders.OrderLoader.write

        def write(self: loaders.OrderLoader, batch: loaders.Batch) -> int:
            overtaken()
            return original(self, batch)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(loaders.OrderLoader, "write", write)
            assert backfill.advance(sync.pk) is None
        assert not Order.objects.exists()


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def kill_after(monkeypatch: pytest.MonkeyPatch, chunks: int) -> None:
    """End the process, as far as the importer can tell, after so many chunks."""
    original, left = backfill.commit, iter(range(chunks))

    def commit(*arguments: Any) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        original(*arguments)

    monkeypatch.setattr(backfill, "commit", commit)


def product_node(number: int, **changes: Any) -> Node:
    node = {"id": f"gid://shopify/Product/{number}", "title": "Beanie", "vendor": "Moss", "status": "ACTIVE"}
    return node | {"tags": ["warm"], "productType": "Hats", "createdAt": at(0), "updatedAt": at(0)} | changes


def variant_node(number: int, product: int, **changes: Any) -> Node:
    item = {"id": f"gid://shopify/InventoryItem/{number * 10}", "tracked": True, "unitCost": {"amount": "4.20"}}
    node = {"id": f"gid://shopify/ProductVariant/{number}", "sku": f"SKU-{number}", "price": "10.00"}
    node |= {"createdAt": at(0), "updatedAt": at(0), "inventoryItem": item}
    return node | {"__parentId": f"gid://shopify/Product/{product}"} | changes


class TestProducts:
    def test_products_are_read_with_variants_and_costs(self, shop: Shop, exports: Exports) -> None:
        exports.has([variant_node(6001, 600), product_node(600), variant_node(6002, 600, inventoryItem=None)])
        assert run(shop, "products").state == "done"
        assert Product.objects.get().tags == ["warm"]
        costs = Variant.objects.order_by("shopify_id").values_list("product_id", "unit_cost_minor", "inventory_item_id")
        assert list(costs) == [(600, 420, 60010), (600, None, None)]

    def test_an_export_says_what_sells_on_when_nothing_is_left(self, shop: Shop, exports: Exports) -> None:
        sells_on = variant_node(6001, 600, inventoryPolicy="CONTINUE")
        exports.has([product_node(600), sells_on, variant_node(6002, 600, inventoryPolicy="DENY")])
        run(shop, "products")
        assert dict(Variant.objects.values_list("shopify_id", "continues_selling")) == {6001: True, 6002: False}

    def test_what_was_imported_before_learns_what_sells_on_though_nothing_else_changed(
        self, shop: Shop, exports: Exports
    ) -> None:
        exports.has([product_node(600), variant_node(6001, 600)])  # as before the policy was asked for
        run(shop, "products")
        exports.has([product_node(600), variant_node(6001, 600, inventoryPolicy="CONTINUE")])
        run(shop, "products")
        assert Variant.objects.get().continues_selling

    def test_what_a_whole_export_does_not_list_is_buried(self, shop: Shop, exports: Exports) -> None:
        exports.has([product_node(600), variant_node(6001, 600), product_node(601), variant_node(6011, 601)])
        run(shop, "products")
        exports.has([product_node(600), variant_node(6001, 600)])
        run(shop, "products")
        assert list(Product.objects.filter(deleted_at=None).values_list("shopify_id", flat=True)) == [600]
        assert list(Variant.objects.filter(deleted_at=None).values_list("shopify_id", flat=True)) == [6001]

    def test_an_export_with_gaps_buries_nobody(self, shop: Shop, exports: Exports) -> None:
        exports.has([product_node(600), product_node(601)])
        run(shop, "products")
        exports.has([product_node(600)])
        exports.lines.append("{")
        assert run(shop, "products").lines_refused == 1
        assert Product.objects.filter(deleted_at=None).count() == 2


def part_node(bundle: int, part: int, **changes: Any) -> Node:
    node = {"id": f"gid://shopify/ProductVariantComponent/{bundle}{part}", "quantity": 2}
    node |= {"productVariant": {"id": f"gid://shopify/ProductVariant/{part}"}}
    return node | {"__parentId": f"gid://shopify/ProductVariant/{bundle}"} | changes


class TestBundles:
    """What a bundle is made of: nodes below its variants, which may stand anywhere in the file."""

    def parts(self) -> set[tuple[int, int, int]]:
        return set(BundlePart.objects.values_list("bundle_id", "part_id", "quantity"))

    def test_parts_are_read_and_forgotten_where_a_bundle_has_them_no_more(self, shop: Shop, exports: Exports) -> None:
        bundle = variant_node(6001, 600, requiresComponents=True)
        exports.has([part_node(6001, 6011), product_node(600), bundle, part_node(6001, 6012, quantity=1)])
        assert run(shop, "products").state == "done"
        assert self.parts() == {(6001, 6011, 2), (6001, 6012, 1)}
        assert Variant.objects.get().requires_components
        exports.has([product_node(600), bundle, part_node(6001, 6012, quantity=3)])
        run(shop, "products")
        assert self.parts() == {(6001, 6012, 3)}

    def test_an_export_of_what_changed_leaves_other_bundles_alone(self, shop: Shop, exports: Exports) -> None:
        exports.has([product_node(600), variant_node(6001, 600), part_node(6001, 6011)])
        run(shop, "products")
        exports.has([product_node(601), variant_node(6011, 601, requiresComponents=False)])
        run(shop, "products")
        assert self.parts() == {(6001, 6011, 2)}

    def test_what_a_bundle_was_made_of_is_kept_with_the_days_on_which_it_was(
        self, shop: Shop, exports: Exports
    ) -> None:
        bundle = variant_node(6001, 600, requiresComponents=True)
        kept = part_node(6001, 6013, quantity=1)
        exports.has([product_node(600), bundle, part_node(6001, 6011), part_node(6001, 6012, quantity=1), kept])
        run(shop, "products")
        first = BundlePart.objects.get(part_id=6013).since
        exports.has([product_node(600), bundle, part_node(6001, 6012, quantity=3), kept])
        run(shop, "products")
        second = BundlePart.objects.get(part_id=6012).since
        assert first < second and BundlePart.objects.get(part_id=6013).since == first, "nothing changed of that one"
        former = FormerPart.objects.values_list("part_id", "quantity", "since", "until").order_by("part_id")
        assert list(former) == [(6011, 2, first, second), (6012, 1, first, second)]

    def test_a_part_that_cannot_be_read_is_named(self, shop: Shop, exports: Exports) -> None:
        exports.has([product_node(600), variant_node(6001, 600), part_node(6001, 6011, productVariant=None)])
        assert run(shop, "products").lines_refused == 1
        assert not BundlePart.objects.exists()


def level_node(item: int, location: int, available: int, **changes: Any) -> Node:
    quantities = [{"name": "available", "quantity": available}, {"name": "incoming", "quantity": 3}]
    node = {"id": f"gid://shopify/InventoryLevel/{location}?inventory_item_id={item}", "updatedAt": at(0)}
    node |= {"location": {"id": f"gid://shopify/Location/{location}"}, "quantities": quantities}
    return node | {"__parentId": f"gid://shopify/InventoryItem/{item}"} | changes


class TestStock:
    def test_levels_and_locations_are_read(self, shop: Shop, exports: Exports) -> None:
        exports.has([{"id": "gid://shopify/InventoryItem/60010"}, level_node(60010, 7, -2)])
        assert run(shop, "stock").state == "done"
        level = StockLevel.objects.get()
        assert (level.inventory_item_id, level.location_id, level.available, level.incoming) == (60010, 7, -2, 3)
        assert Location.objects.get().name == "Barn"

    def test_the_export_settles_what_was_contested(self, shop: Shop, exports: Exports) -> None:
        contested = {"inventory_item_id": 60010, "location_id": 7, "available": 9, "updated_at": at(0)}
        StockLevel.objects.create(shop=shop, is_contested=True, **contested)
        exports.has([level_node(60010, 7, 4)])
        run(shop, "stock")
        level = StockLevel.objects.get()
        assert (level.available, level.is_contested) == (4, False)


def test_checkouts_are_read_with_their_lines(shop: Shop, exports: Exports) -> None:
    total = {"shopMoney": {"amount": "20.00", "currencyCode": "GBP"}}
    parent = {"id": "gid://shopify/AbandonedCheckout/5", "createdAt": at(0), "updatedAt": at(0)}
    parent |= {"abandonedCheckoutUrl": "https://store.example/checkouts/ac/token/recover"}
    child = {"id": "gid://shopify/AbandonedCheckoutLineItem/6", "quantity": 2, "variant": None}
    exports.has([child | {"__parentId": parent["id"]}, parent | {"subtotalPriceSet": total}])
    assert run(shop, "checkouts").state == "done"
    checkout = Checkout.objects.get()
    assert checkout.subtotal_minor == 2000
    assert checkout.lines == [{"variant_id": None, "quantity": 2, "price_minor": 0}]


class TestAsking:
    def test_everything_is_asked_for_once(self, shop: Shop) -> None:
        first = backfill.import_everything(shop, "install")
        again = backfill.import_everything(shop, "merchant")
        assert {run.kind for run in first} == {"products", "stock", "orders", "checkouts"}
        assert [run.pk for run in again] == [run.pk for run in first]

    def test_orders_are_read_since_the_last_good_import_with_overlap(self, shop: Shop, exports: Exports) -> None:
        exports.has(families(1))
        done = run(shop)
        asked = {sync.kind: sync.since for sync in backfill.import_everything(shop, "daily")}
        assert done.started_at is not None
        assert asked["orders"] == done.started_at - backfill.OVERLAP
        assert asked["products"] is asked["stock"] is None

    def test_the_first_training_follows_the_first_whole_import(
        self, shop: Shop, exports: Exports, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from pipelines.jobs import training

        trained: list[Any] = []
        monkeypatch.setattr(training.train_version, "enqueue", lambda *ids: trained.append(ids))
        exports.has(families(1))
        for kind in ("products", "stock", "orders"):
            assert not trained
            sync = backfill.request_pull(shop, kind, "install")
            advance_to_the_end(sync)
        assert trained == [(shop.pk, "demand_forecast", "first")]
        TrainingRun.objects.create(shop=shop, use_case="demand_forecast", trigger="first")
        advance_to_the_end(backfill.request_pull(shop, "orders", "daily"))
        assert len(trained) == 1


def test_a_store_that_hides_its_stock_is_trained_all_the_same(shop: Shop) -> None:
    for kind, state in (("products", "done"), ("orders", "done")):
        SyncRun.objects.create(shop=shop, kind=kind, trigger="install", state=state)
    assert not backfill.first_import_is_done(shop)  # the stock may still come
    SyncRun.objects.create(shop=shop, kind="stock", trigger="install", state="failed")
    assert backfill.first_import_is_done(shop)


def advance_to_the_end(sync: SyncRun) -> None:
    for _ in range(5):
        SyncRun.objects.filter(pk=sync.pk).update(due_at=timezone.now())
        jobs.advance_import(sync.shop_id, sync.pk)


def test_items_are_made_ahead_in_order_and_errors_come_through() -> None:
    made: list[int] = []
    used = threading.Event()

    def items() -> Iterator[Any]:
        for number in range(1, 4):
            made.append(number)
            yield number
            used.wait(5)
        raise ValueError("the end")

    coming = backfill.ahead(items())
    assert next(coming) == 1  # type: ignore[comparison-overlap]
    used.set()
    with pytest.raises(ValueError, match=re.escape("the end")):
        list(coming)
    assert made == [1, 2, 3]
