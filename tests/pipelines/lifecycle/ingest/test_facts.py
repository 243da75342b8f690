"""Facts are written as sets: the newest state stands in whatever order states arrive, and tombstones stay."""

from __future__ import annotations

import itertools

import pytest
from django.utils import timezone

from pipelines.lifecycle.ingest import drain
from pipelines.models import (
    Order,
    OrderLine,
    Product,
    Shop,
    Variant,
    WebhookDelivery,
)
from pipelines.models.ingest import SINCE_EVER
from tests import factories
from tests.factories import a_delivery, at, order_body, product_body
from tests.pipelines.lifecycle.ingest.delivering import deliver, state_of

PAYMENTS = ["pending", "authorized", "paid"]  # an order's states, one after the other
pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return factories.a_shop()


class TestOrders:
    def test_an_order_arrives_with_its_lines(self, shop: Shop) -> None:
        delivery = deliver(shop, "orders/create", order_body(1042))
        order = Order.objects.get()
        assert (order.name, order.total_minor, order.currency) == ("#1042", 3000, "GBP")
        lines = OrderLine.objects.order_by("line_id").values_list("variant_id", "quantity", "processed_at")
        assert list(lines) == [(501, 2, order.processed_at), (502, 1, order.processed_at)]
        assert delivery.state == "applied"
        assert delivery.applied_at is not None

    @pytest.mark.parametrize("arrival", list(itertools.permutations(range(3))))
    def test_the_newest_state_stands_in_whatever_order_states_arrive(self, shop: Shop, arrival: tuple[int]) -> None:
        bodies = [order_body(1, minutes=minute, financial_status=PAYMENTS[minute]) for minute in range(3)]
        for index in arrival:
            deliver(shop, "orders/updated", bodies[index])
        assert Order.objects.get().financial_status == PAYMENTS[2]

    @pytest.mark.parametrize("arrival", list(itertools.permutations(range(3))))
    def test_the_newest_state_stands_also_within_one_batch(self, shop: Shop, arrival: tuple[int]) -> None:
        bodies = [order_body(1, minutes=minute, financial_status=PAYMENTS[minute]) for minute in range(3)]
        deliveries = {index: a_delivery(shop, "orders/updated", bodies[index]) for index in arrival}
        drain.drain()
        assert Order.objects.get().financial_status == PAYMENTS[2]
        assert [state_of(deliveries[index]) for index in range(3)] == ["superseded", "superseded", "applied"]

    def test_times_are_compared_across_time_zones(self, shop: Shop) -> None:
        deliver(shop, "orders/updated", order_body(updated_at="2026-11-20T12:00:00+00:00", name="late"))
        deliver(shop, "orders/updated", order_body(updated_at="2026-11-20T13:30:00+02:00", name="early"))
        assert Order.objects.get().name == "late"

    def test_a_delivery_applied_twice_changes_nothing(self, shop: Shop) -> None:
        for _ in range(2):
            deliver(shop, "orders/create", order_body())
        assert (Order.objects.count(), OrderLine.objects.count()) == (1, 2)
        assert Order.objects.get().fetch_due_at is None

    @pytest.mark.parametrize("together", [True, False])
    def test_two_states_of_one_moment_ask_for_the_truth(self, shop: Shop, together: bool) -> None:
        first = a_delivery(shop, "orders/create", order_body(financial_status="pending"), webhook_id="a")
        if not together:
            drain.drain()
        second = a_delivery(shop, "orders/updated", order_body(financial_status="paid"), webhook_id="b")
        drain.drain()
        assert (state_of(first), state_of(second)) == ("superseded" if together else "applied", "applied")
        order = Order.objects.get()
        assert (order.financial_status, order.fetch_due_at is not None) == ("paid", True)

    def test_the_losing_state_of_one_moment_asks_too(self, shop: Shop) -> None:
        deliver(shop, "orders/updated", order_body(financial_status="paid"), webhook_id="b")
        deliver(shop, "orders/create", order_body(financial_status="pending"), webhook_id="a")
        order = Order.objects.get()
        assert (order.financial_status, order.fetch_due_at is not None) == ("paid", True)

    def test_a_line_that_is_listed_no_more_is_gone(self, shop: Shop) -> None:
        deliver(shop, "orders/create", order_body())
        deliver(shop, "orders/updated", order_body(minutes=1, line_items=[factories.line_body(11, quantity=5)]))
        assert list(OrderLine.objects.values_list("line_id", "quantity")) == [(11, 5)]

    def test_an_outdated_state_leaves_the_lines_alone(self, shop: Shop) -> None:
        deliver(shop, "orders/updated", order_body(minutes=1))
        deliver(shop, "orders/create", order_body(line_items=[]))
        assert OrderLine.objects.count() == 2

    def test_a_known_customer_stays_known_where_a_state_does_not_say(self, shop: Shop) -> None:
        delivery = a_delivery(shop, "orders/create", order_body())
        delivery.payload["customer_ref"] = "ab" * 16
        delivery.save()
        drain.drain()
        deliver(shop, "orders/updated", order_body(minutes=1))
        assert bytes(Order.objects.get().customer_ref).hex() == "ab" * 16

    def test_who_was_shown_a_release_is_read_from_our_own_attribute(self, shop: Shop) -> None:
        said = [{"name": "gift", "value": "for Ada"}, {"name": "_shopmlops_unit", "value": "ab" * 16}]
        deliver(shop, "orders/create", order_body(note_attributes=said))
        assert bytes(Order.objects.get().unit) == b"\xab" * 16
        assert "Ada" not in str(WebhookDelivery.objects.values_list("payload", flat=True))

    def test_who_was_shown_a_release_never_changes_once_known(self, shop: Shop) -> None:
        for minute, unit in enumerate(("ab", "cd")):
            said = [{"name": "_shopmlops_unit", "value": unit * 16}]
            deliver(shop, "orders/updated", order_body(minutes=minute, note_attributes=said))
        deliver(shop, "orders/updated", order_body(minutes=5))
        assert bytes(Order.objects.get().unit) == b"\xab" * 16

    def test_the_same_ids_in_two_shops_are_two_orders(self, shop: Shop) -> None:
        other = factories.a_shop()
        for place in (shop, other):
            a_delivery(place, "orders/create", order_body())
        drain.drain()
        assert Order.objects.for_shop(shop).count() == Order.objects.for_shop(other).count() == 1
        assert OrderLine.objects.for_shop(other).count() == 2


class TestDeletions:
    def test_a_deleted_order_leaves_a_tombstone_and_no_lines(self, shop: Shop) -> None:
        deliver(shop, "orders/create", order_body())
        assert deliver(shop, "orders/delete", {"id": 1}).state == "applied"
        assert Order.objects.get().deleted_at is not None
        assert not OrderLine.objects.exists()

    def test_a_late_state_does_not_bring_it_back(self, shop: Shop) -> None:
        deliver(shop, "orders/delete", {"id": 1})
        assert deliver(shop, "orders/updated", order_body(minutes=5)).state == "superseded"
        assert Order.objects.get().deleted_at is not None
        assert not OrderLine.objects.exists()

    def test_both_in_one_batch_end_deleted(self, shop: Shop) -> None:
        a_delivery(shop, "orders/delete", {"id": 1})
        a_delivery(shop, "orders/create", order_body())
        drain.drain()
        assert Order.objects.get().deleted_at is not None
        assert not OrderLine.objects.exists()

    def test_a_deleted_product_takes_its_variants_along(self, shop: Shop) -> None:
        deliver(shop, "products/create", product_body())
        deliver(shop, "products/delete", {"id": 600})
        assert not Product.objects.filter(deleted_at=None).exists()
        assert not Variant.objects.filter(deleted_at=None).exists()

    def test_a_product_is_not_brought_back_by_an_older_state(self, shop: Shop) -> None:
        deliver(shop, "products/delete", {"id": 600})
        deliver(shop, "products/update", product_body(minutes=3))
        assert not Product.objects.filter(deleted_at=None).exists()
        assert not Variant.objects.exists()


class TestProducts:
    def test_a_product_arrives_with_its_variants(self, shop: Shop) -> None:
        deliver(shop, "products/create", product_body())
        assert Product.objects.get().tags == ["warm", "wool"]
        variants = Variant.objects.order_by("shopify_id").values_list("shopify_id", "price_minor", "is_tracked")
        assert list(variants) == [(6001, 1000, True), (6002, 1000, True)]

    def test_what_sells_on_when_nothing_is_left_is_noted(self, shop: Shop) -> None:
        body = product_body()
        body["variants"][0]["inventory_policy"], body["variants"][1]["inventory_policy"] = "continue", "deny"
        deliver(shop, "products/create", body)
        assert dict(Variant.objects.values_list("shopify_id", "continues_selling")) == {6001: True, 6002: False}

    def test_whether_the_online_store_shows_a_product_follows_it(self, shop: Shop) -> None:
        deliver(shop, "products/create", product_body())
        assert Product.objects.get().published_at == SINCE_EVER, "nobody said: it counts as published"
        deliver(shop, "products/update", product_body(minutes=1, published_at=None))
        assert Product.objects.get().published_at is None
        deliver(shop, "products/update", product_body(minutes=2, published_at=at(2)))
        assert Product.objects.get().published_at.isoformat() == at(2)

    def test_a_variant_that_is_listed_no_more_leaves_a_tombstone(self, shop: Shop) -> None:
        deliver(shop, "products/create", product_body(variants=3))
        deliver(shop, "products/update", product_body(minutes=1, variants=2))
        assert list(Variant.objects.filter(deleted_at=None).values_list("shopify_id", flat=True)) == [6001, 6002]

    def test_a_list_that_is_not_whole_buries_nobody_and_is_read_again(self, shop: Shop) -> None:
        deliver(shop, "products/create", product_body(variants=3))
        gids = [{"admin_graphql_api_id": f"gid://shopify/ProductVariant/{number}"} for number in range(3)]
        deliver(shop, "products/update", product_body(minutes=1, variants=2, variant_gids=gids))
        assert Variant.objects.filter(deleted_at=None).count() == 3
        assert Product.objects.get().fetch_due_at is not None

    def test_costs_come_from_the_inventory_item_and_survive_a_product_update(self, shop: Shop) -> None:
        deliver(shop, "products/create", product_body())
        deliver(shop, "inventory_items/update", {"id": 60001, "cost": "4.20", "tracked": False, "updated_at": at(1)})
        deliver(shop, "products/update", product_body(minutes=2))
        variant = Variant.objects.get(shopify_id=6001)
        assert (variant.unit_cost_minor, variant.is_tracked) == (420, False)

    def test_an_older_cost_does_not_replace_a_newer_one(self, shop: Shop) -> None:
        deliver(shop, "products/create", product_body())
        for minute, cost in ((2, "5.00"), (1, "4.00")):
            deliver(shop, "inventory_items/update", {"id": 60001, "cost": cost, "updated_at": at(minute)})
        assert Variant.objects.get(shopify_id=6001).unit_cost_minor == 500

    def test_a_cost_that_comes_before_its_variant_waits_for_it(self, shop: Shop) -> None:
        item = deliver(shop, "inventory_items/update", {"id": 60001, "cost": "4.20", "updated_at": at(1)})
        assert (item.state, item.attempts) == ("failed", 1)
        WebhookDelivery.objects.update(not_before=timezone.now())
        deliver(shop, "products/create", product_body())
        assert Variant.objects.get(shopify_id=6001).unit_cost_minor == 420
        assert state_of(item) == "applied"
