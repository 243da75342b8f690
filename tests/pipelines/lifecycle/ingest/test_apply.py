"""What each kind of delivery changes, and what it only asks for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle import turns
from pipelines.models import (
    Checkout,
    LifecycleEvent,
    Location,
    NextTry,
    Order,
    OrderLine,
    PublishedFields,
    Refund,
    Shop,
    SyncRun,
)
from tests import factories
from tests.factories import at, order_body
from tests.pipelines.lifecycle.ingest.delivering import deliver

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return factories.a_shop()


class TestWhatOnlyAsks:
    def test_a_refund_is_noted_and_its_order_read_again(self, shop: Shop) -> None:
        deliver(shop, "orders/create", order_body(1))
        delivery = deliver(shop, "refunds/create", {"id": 9, "order_id": 1, "created_at": at(7)})
        assert (delivery.state, delivery.subject) == ("applied", "#1")
        assert Refund.objects.get().order_id == 1
        order = Order.objects.get()
        assert order.fetch_due_at is not None
        assert order.updated_at.isoformat() == at(0)

    def test_an_edit_asks_for_its_order(self, shop: Shop) -> None:
        deliver(shop, "orders/create", order_body(1))
        deliver(shop, "orders/edited", {"order_edit": {"id": 3, "order_id": 1}})
        assert Order.objects.get().fetch_due_at is not None

    def test_a_refund_of_an_order_that_we_never_saw_asks_for_it(self, shop: Shop) -> None:
        deliver(shop, "refunds/create", {"id": 9, "order_id": 1, "created_at": at(7)})
        stub = Order.objects.get()
        assert stub.fetch_due_at is not None
        assert stub.deleted_at is not None  # nobody counts it until it is known

    def test_the_order_itself_fills_the_gap_and_is_still_read_again(self, shop: Shop) -> None:
        deliver(shop, "refunds/create", {"id": 9, "order_id": 1, "created_at": at(7)})
        deliver(shop, "orders/create", order_body(1))
        order = Order.objects.get()
        assert (order.name, order.deleted_at) == ("#1", None)
        assert order.fetch_due_at is not None
        assert OrderLine.objects.count() == 2


class TestShop:
    def test_name_zone_and_currency_follow_the_shop(self, shop: Shop) -> None:
        body = {"name": "Moss", "currency": "EUR", "iana_timezone": "Europe/Berlin", "updated_at": at(1)}
        deliver(shop, "shop/update", body)
        shop.refresh_from_db()
        assert (shop.name, shop.currency, shop.timezone) == ("Moss", "EUR", "Europe/Berlin")

    def test_an_older_state_and_an_unknown_zone_are_left_out(self, shop: Shop) -> None:
        deliver(shop, "shop/update", {"currency": "EUR", "iana_timezone": "Mars/Base", "updated_at": at(2)})
        assert deliver(shop, "shop/update", {"currency": "USD", "updated_at": at(1)}).state == "superseded"
        shop.refresh_from_db()
        assert (shop.currency, shop.timezone) == ("EUR", "UTC")

    def test_uninstalling_ends_everything_but_the_data(self, shop: Shop) -> None:
        deliver(shop, "orders/create", order_body(1))
        deliver(shop, "app/uninstalled", {"id": int(shop.gid.rpartition("/")[2])})
        assert deliver(shop, "orders/create", order_body(2)).state == "kept"
        shop.refresh_from_db()
        assert not shop.is_installed
        assert Order.objects.count() == 1

    def test_an_uninstallation_from_an_earlier_stay_is_outdated(self, shop: Shop) -> None:
        before = shop.installed_at - timedelta(minutes=5)
        body = {"id": int(shop.gid.rpartition("/")[2])}
        assert deliver(shop, "app/uninstalled", body, triggered_at=before).state == "superseded"
        shop.refresh_from_db()
        assert shop.is_installed

    def test_a_body_of_another_shop_uninstalls_nobody(self, shop: Shop) -> None:
        assert deliver(shop, "app/uninstalled", {"id": 999_999}).state == "dead"
        shop.refresh_from_db()
        assert shop.is_installed

    def test_new_permissions_to_old_orders_start_an_import(self, shop: Shop) -> None:
        Shop.objects.filter(pk=shop.pk).update(scopes=["read_orders"])
        body = {"shop_id": shop.gid, "current": ["read_orders", "read_all_orders"], "updated_at": at(0)}
        deliver(shop, "app/scopes_update", body)
        shop.refresh_from_db()
        assert shop.sees_all_orders
        assert SyncRun.objects.get().kind == "orders"

    def test_a_finished_export_wakes_its_import(self, shop: Shop) -> None:
        later = timezone.now() + timedelta(hours=1)
        gid = "gid://shopify/BulkOperation/5"
        SyncRun.objects.create(shop=shop, kind="orders", trigger="daily", state="exporting", bulk_gid=gid, due_at=later)
        deliver(shop, "bulk_operations/finish", {"admin_graphql_api_id": gid, "status": "completed"})
        assert SyncRun.objects.get().due_at <= timezone.now()

    def test_a_finished_mutation_wakes_whoever_sent_it(self, shop: Shop) -> None:
        gid = "gid://shopify/BulkOperation/8"
        facts = {"output": "lists", "owner": "Product", "owner_id": 1, "operation": gid}
        PublishedFields.objects.create(shop=shop, use_case="lists", **facts)
        turns.whose("publish", [(shop.pk, "lists"), (shop.pk, "other")], timezone.now())
        deliver(shop, "bulk_operations/finish", {"admin_graphql_api_id": gid, "status": "completed"})
        assert [row.subject for row in NextTry.objects.filter(work="publish")] == [f"{shop.pk}:other"]


class TestSmallerThings:
    def test_a_location_changes_its_name(self, shop: Shop) -> None:
        for minute, name in ((1, "Barn"), (2, "Mill")):
            deliver(shop, "locations/update", {"id": 7, "name": name, "active": True, "updated_at": at(minute)})
        assert Location.objects.get().name == "Mill"

    def test_a_checkout_is_followed_by_its_token(self, shop: Shop) -> None:
        body = {"token": "t", "created_at": at(0), "currency": "GBP", "subtotal_price": "10.00", "line_items": []}
        deliver(shop, "checkouts/create", body | {"updated_at": at(0)})
        deliver(shop, "checkouts/update", body | {"updated_at": at(1), "completed_at": at(1)})
        assert Checkout.objects.get().completed_at is not None

    def test_of_a_checkout_its_size_at_the_start_stands_beside_the_newest(self, shop: Shop) -> None:
        line = {"variant_id": 5, "quantity": 2, "price": "5.00"}
        body = {"token": "t", "created_at": at(0), "currency": "GBP"}
        deliver(shop, "checkouts/create", body | {"updated_at": at(0), "subtotal_price": "10.00", "line_items": [line]})
        more = {"updated_at": at(1), "subtotal_price": "30.00", "line_items": [line] * 3}
        deliver(shop, "checkouts/update", body | more)
        row = Checkout.objects.get()
        assert (row.subtotal_minor, len(row.lines)) == (3000, 3)
        assert (row.first_minor, row.first_lines, row.first_units) == (1000, 1, 2)


class TestStrangers:
    def test_a_delivery_for_an_unknown_shop_is_kept_and_not_applied(self) -> None:
        assert deliver("nobody.myshopify.com", "orders/create", order_body()).state == "kept"
        assert not Order.objects.exists()

    @pytest.mark.parametrize("topic", ["customers/data_request", "customers/redact", "shop/redact", "app/uninstalled"])
    def test_what_must_always_be_honoured_is_honoured_without_a_shop(self, topic: str) -> None:
        assert deliver("nobody.myshopify.com", topic, {"shop_domain": "nobody.myshopify.com"}).state == "applied"


def test_the_ledger_says_that_a_customer_asked(shop: Shop) -> None:
    deliver(shop, "customers/data_request", {"shop_domain": shop.domain, "orders_requested": [1]})
    assert LifecycleEvent.objects.get().kind == "privacy.data_request"
