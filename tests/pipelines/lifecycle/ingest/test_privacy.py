"""Customers and merchants are forgotten when they ask, and everything in its time."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone

from pipelines.lifecycle.ingest import drain, privacy
from pipelines.models import (
    Checkout,
    Exposure,
    ForgottenCustomer,
    HoldOutSight,
    LifecycleEvent,
    Order,
    OrderLine,
    PredictionLog,
    Shop,
    ShopToken,
    StorefrontEvent,
    SyncRun,
    WaitingLine,
    WebhookDelivery,
)
from pipelines.models.base import ShopTable
from pipelines.models.usecases.offers.tables import Offer, OfferReservation
from pipelines.models.usecases.recommendations import RecommendationList
from pipelines.shopify import vault
from pipelines.usecases import USE_CASES, recommendations
from tests import factories, histories, holding_out

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return factories.a_shop()


def bought(shop: Shop, number: int, customer: int) -> Order:
    """Return an order of a customer."""
    order = histories.an_order(shop, timezone.now(), [(None, 1)], customer_ref=vault.customer_ref(shop, customer))
    Order.objects.filter(pk=order.pk).update(shopify_id=number)
    return order


def deliver(shop: Shop, topic: str, customer: int | None = None, **body: Any) -> WebhookDelivery:
    delivery = factories.a_delivery(shop, topic, {"shop_domain": shop.domain} | body)
    if customer is not None:
        delivery.payload["customer_ref"] = vault.customer_ref(shop, customer).hex()
        delivery.save()
    drain.drain()
    delivery.refresh_from_db()
    return delivery


def customers(shop: Shop) -> set[int]:
    return set(Order.objects.for_shop(shop).exclude(customer_ref=None).values_list("shopify_id", flat=True))


def held_for(shop: Shop, kind: str, unit: int) -> None:
    now = timezone.now()
    told: dict[str, Any] = {"picks": [1], "scores": [1.0], "reasons": [6], "details": [2]}
    RecommendationList.objects.create(shop=shop, kind=kind, unit_id=unit, origin=now.date(), updated_at=now, **told)


class TestCustomers:
    def test_a_customer_is_cut_from_all_their_orders(self, shop: Shop) -> None:
        for number, customer in ((1, 77), (2, 77), (3, 78)):
            bought(shop, number, customer)
        assert deliver(shop, "customers/redact", customer=77).state == "applied"
        assert customers(shop) == {3}

    def test_who_is_known_by_the_checkout_alone_is_forgotten_under_every_unit(self, shop: Shop) -> None:
        key, now = 0x123456789ABCDEF, timezone.now()
        token, visitor, other = bytes.fromhex(f"{key:015x}" + "0" * 17), b"v" * 16, b"o" * 16
        order = bought(shop, 1, 77)  # its cart carried no mark of ours
        Order.objects.filter(pk=order.pk).update(checkout_key=key)
        facts: dict[str, Any] = {"updated_at": now, "created_at": now, "currency": "GBP"}
        Checkout.objects.create(shop=shop, shopify_id=key, token_digest=token, **facts)
        for unit, known in ((visitor, key), (visitor, None), (other, key + 1)):
            told = {"event": uuid.uuid4(), "kind": "page_viewed", "at": now}
            StorefrontEvent.objects.create(shop=shop, unit=unit, checkout_key=known, **told)
        for unit in (token, visitor, other):
            said = {"arm": "stable", "outcome": "answered", "use_case": "any"}
            PredictionLog.objects.create(shop=shop, unit=unit, at=now, **said)
        deliver(shop, "customers/redact", customer=77)
        assert {bytes(row.unit) for row in StorefrontEvent.objects.all()} == {other}
        assert {bytes(row.unit) for row in PredictionLog.objects.all()} == {other}
        assert Order.objects.get().checkout_key is None

    def test_whatever_is_known_by_the_checkout_of_a_forgotten_customer_is_cut_from_it(self, shop: Shop) -> None:
        key, now = 77, timezone.now()
        order = bought(shop, 1, 77)
        Order.objects.filter(pk=order.pk).update(checkout_key=key)
        offer = Offer.objects.create(shop=shop, name="Ten off", kind="code", code="TEN")
        held = {"decision": uuid.uuid4(), "cost_minor": 5, "week": now.date(), "at": now, "expires_at": now}
        OfferReservation.objects.create(shop=shop, offer=offer, checkout_key=key, **held)
        deliver(shop, "customers/redact", customer=77)
        assert OfferReservation.objects.get().checkout_key is None

    def test_orders_that_are_named_are_cut_too(self, shop: Shop) -> None:
        for number in (1, 2):
            bought(shop, number, 77)
        deliver(shop, "customers/redact", orders_to_redact=[1])
        assert customers(shop) == {2}

    def test_the_pseudonym_leaves_older_deliveries_too(self, shop: Shop) -> None:
        old = factories.a_delivery(shop, "orders/create", factories.order_body(), state="applied")
        ref = vault.customer_ref(shop, 77)
        WebhookDelivery.objects.filter(pk=old.pk).update(payload=old.payload | {"customer_ref": ref.hex()})
        deliver(shop, "customers/redact", customer=77)
        old.refresh_from_db()
        assert "customer_ref" not in old.payload

    def test_it_leaves_them_too_where_only_orders_are_named(self, shop: Shop) -> None:
        old = factories.a_delivery(shop, "orders/create", factories.order_body(), state="applied")
        ref = vault.customer_ref(shop, 77)
        WebhookDelivery.objects.filter(pk=old.pk).update(payload=old.payload | {"customer_ref": ref.hex()})
        bought(shop, 1, 77)
        deliver(shop, "customers/redact", orders_to_redact=[1])
        old.refresh_from_db()
        assert "customer_ref" not in old.payload

    def test_what_they_were_shown_and_did_is_forgotten_and_no_later_read_brings_it_back(self, shop: Shop) -> None:
        said = [{"name": "_shopmlops_unit", "value": "ab" * 16}]
        deliver(shop, "orders/create", **factories.order_body(note_attributes=said))
        release, hold_out = histories.a_card(shop), holding_out.a_hold_out(shop)
        share = hold_out.shares.get()
        for unit in (b"\xab" * 16, b"\xcd" * 16):
            HoldOutSight.objects.create(
                shop=shop, hold_out=hold_out, share=share, unit=unit, is_held_out=False, first_at=timezone.now()
            )
            Exposure.objects.create(
                shop=shop, release=release, unit=unit, arm="canary", step=1, first_at=timezone.now()
            )
            StorefrontEvent.objects.create(
                shop=shop, event=uuid.uuid4(), kind="page_viewed", unit=unit, at=timezone.now()
            )
        deliver(shop, "customers/redact", orders_to_redact=[1])
        deliver(shop, "orders/updated", **factories.order_body(minutes=1, note_attributes=said))
        assert bytes(Order.objects.get().unit) == b""
        for table in (Exposure, HoldOutSight, StorefrontEvent):
            assert [bytes(unit) for unit in table.objects.values_list("unit", flat=True)] == [b"\xcd" * 16]
        assert not WebhookDelivery.objects.filter(topic="orders/create", payload__unit__isnull=False).exists()

    @pytest.mark.parametrize("named", [{"customer": 77}, {"orders_to_redact": [1]}], ids=["by customer", "by order"])
    def test_what_is_held_for_them_alone_goes(self, shop: Shop, named: dict[str, Any]) -> None:
        bought(shop, 1, 77)
        with USE_CASES.also(recommendations.USE_CASE):
            for customer in (77, 78):
                ref = vault.customer_ref(shop, customer)
                assert ref
                held_for(shop, "again", vault.number_of(ref))
            ref = vault.customer_ref(shop, 77)
            assert ref
            held_for(shop, "page", vault.number_of(ref))  # a product of that number is nobody
            deliver(shop, "customers/redact", **named)
            other = vault.customer_ref(shop, 78)
            assert other
            kept = RecommendationList.objects.values_list("kind", "unit_id")
            assert set(kept) == {("again", vault.number_of(other)), ("page", vault.number_of(ref))}

    @pytest.mark.parametrize("named", [[], [1]], ids=["by customer", "by order"])
    def test_a_late_order_brings_no_pseudonym_back(self, shop: Shop, named: list[int]) -> None:
        body = factories.order_body()
        deliver(shop, "orders/create", customer=None if named else 77, **body)
        deliver(shop, "customers/redact", customer=None if named else 77, orders_to_redact=named)
        late = deliver(shop, "orders/updated", customer=77, **factories.order_body(minutes=1))
        assert late.state == "applied"
        assert customers(shop) == set()

    def test_an_order_that_was_not_known_yet_comes_without_them_too(self, shop: Shop) -> None:
        release, unit = histories.a_card(shop), b"\xab" * 16
        Exposure.objects.create(shop=shop, release=release, unit=unit, arm="canary", step=1, first_at=timezone.now())
        deliver(shop, "customers/redact", customer=77)
        said = [{"name": "_shopmlops_unit", "value": unit.hex()}]
        late = deliver(shop, "orders/create", customer=77, **factories.order_body(note_attributes=said))
        assert customers(shop) == set()
        assert bytes(Order.objects.get().unit) == b""
        assert not Exposure.objects.exists()
        assert not {"customer_ref", "unit"} & set(late.payload)

    def test_an_order_that_was_named_before_we_knew_it_comes_without_them(self, shop: Shop) -> None:
        deliver(shop, "customers/redact", orders_to_redact=[1])
        said = [{"name": "_shopmlops_unit", "value": "ab" * 16}]
        deliver(shop, "orders/create", customer=77, **factories.order_body(note_attributes=said))
        assert customers(shop) == set() and bytes(Order.objects.get().unit) == b""

    def test_a_deleted_order_that_is_told_of_again_stays_without_them(self, shop: Shop) -> None:
        deliver(shop, "orders/create", **factories.order_body())
        deliver(shop, "customers/redact", orders_to_redact=[1])
        deliver(shop, "orders/delete", id=1)
        deliver(shop, "orders/updated", customer=77, **factories.order_body(minutes=60 * 24 * 400))
        assert customers(shop) == set()

    def test_other_customers_go_on(self, shop: Shop) -> None:
        deliver(shop, "customers/redact", customer=77)
        deliver(shop, "orders/create", customer=78, **factories.order_body(2))
        deliver(factories.a_shop(), "orders/create", customer=77, **factories.order_body(3))
        assert [order.shopify_id for order in Order.objects.exclude(customer_ref=None).order_by("pk")] == [2, 3]

    def test_what_is_kept_of_them_is_no_pseudonym(self, shop: Shop) -> None:
        bought(shop, 1, 77)
        ref = vault.customer_ref(shop, 77)
        deliver(shop, "customers/redact", customer=77)
        assert bytes(ForgottenCustomer.objects.get().digest) != ref
        columns = [
            (table._meta.db_table, field.column)
            for table in apps.get_models()
            for field in table._meta.local_fields
            if issubclass(table, ShopTable | WebhookDelivery)
        ]
        with connection.cursor() as cursor:
            for name, column in columns:
                cursor.execute(f"SELECT count(*) FROM {name} WHERE {column}::text LIKE %s", [f"%{ref.hex()}%"])
                assert cursor.fetchone() == (0,), (name, column)

    def test_nobody_elses_shop_is_touched(self, shop: Shop) -> None:
        other = factories.a_shop()
        bought(other, 1, 77)
        deliver(shop, "customers/redact", customer=77, orders_to_redact=[1])
        assert customers(other) == {1}

    def test_asking_twice_is_harmless(self, shop: Shop) -> None:
        bought(shop, 1, 77)
        for _ in range(2):
            assert deliver(shop, "customers/redact", customer=77).state == "applied"
        told = LifecycleEvent.objects.order_by("seq").values_list("details__orders", flat=True)
        assert list(told) == [1, 0]

    def test_a_data_request_is_answered_with_what_we_hold(self, shop: Shop) -> None:
        bought(shop, 1, 77)
        deliver(shop, "customers/data_request", customer=77, orders_requested=[1])
        event = LifecycleEvent.objects.get()
        assert event.details == {"orders_under_pseudonym": 1, "contact_data": "none is stored"}
        assert event.digest == event.compute_digest()


class TestShops:
    @pytest.fixture
    def full(self, shop: Shop, settings: Any, tmp_path: Any) -> Shop:
        """Return a shop of which something lies in many tables and in the artifacts."""
        bought(shop, 1, 77)
        histories.a_card(shop)
        holding_out.a_day(holding_out.a_hold_out(shop), timezone.now(), held_out=(1, 0), shown=(9, 1))
        sync = SyncRun.objects.create(shop=shop, kind="orders", trigger="daily")
        WaitingLine.objects.create(sync=sync, order_id=1, line={})
        ShopToken.objects.create(shop=shop, access_token=b"x", access_expires_at=timezone.now(), key_id="k")
        factories.a_delivery(shop, "orders/create", factories.order_body(5), state="applied")
        Shop.objects.filter(pk=shop.pk).update(uninstalled_at=timezone.now(), name="Moss", country="GB")
        return shop

    def test_nothing_of_a_shop_is_left(self, full: Shop, django_capture_on_commit_callbacks: Any) -> None:
        domain = full.domain
        with django_capture_on_commit_callbacks(execute=True):
            request = deliver(full, "shop/redact")
        assert request.state == "applied"
        left = [table.__name__ for table in shop_tables() if table.objects.for_shop(full).exists()]
        assert left == []
        assert not WaitingLine.objects.exists()
        assert not ShopToken.objects.exists()
        assert list(WebhookDelivery.objects.filter(shop_domain=domain)) == [request]
        assert not storages["artifacts"].exists(str(full.pk))

    def test_the_row_says_only_that_there_was_one(self, full: Shop) -> None:
        deliver(full, "shop/redact")
        row = Shop.objects.get(pk=full.pk)
        assert (row.domain, row.gid, row.name, row.country, bytes(row.customer_key)) == (
            f"redacted-{row.pk}", "", "", "", b"",
        )  # fmt: skip
        assert row.redacted_at is not None
        assert not row.is_installed

    def test_pseudonyms_can_no_longer_be_made(self, full: Shop) -> None:
        deliver(full, "shop/redact")
        assert vault.customer_ref(Shop.objects.get(pk=full.pk), 77) is None

    def test_other_shops_keep_everything(self, full: Shop) -> None:
        other = factories.a_shop()
        bought(other, 2, 78)
        factories.a_delivery(other, "orders/create", factories.order_body(6), state="applied")
        deliver(full, "shop/redact")
        assert Order.objects.for_shop(other).count() == OrderLine.objects.for_shop(other).count() == 1
        assert WebhookDelivery.objects.filter(shop_domain=other.domain).count() == 1

    def test_asking_twice_is_harmless(self, full: Shop) -> None:
        for _ in range(2):
            assert deliver(full, "shop/redact").state == "applied"
        assert Shop.objects.filter(redacted_at__isnull=False).count() == 1

    def test_a_request_from_an_earlier_stay_erases_nothing(self, shop: Shop) -> None:
        bought(shop, 1, 77)
        before = shop.installed_at - timedelta(hours=1)
        delivery = factories.a_delivery(shop, "shop/redact", {"shop_domain": shop.domain}, triggered_at=before)
        drain.drain()
        delivery.refresh_from_db()
        assert delivery.state == "superseded"
        assert Order.objects.exists()

    def test_files_that_a_killed_worker_left_are_found_later(self, shop: Shop) -> None:
        Shop.objects.filter(pk=shop.pk).update(redacted_at=timezone.now())
        storages["artifacts"].save(f"{shop.pk}/demand_forecast/1/recipe.json", ContentFile(b"{}"))
        privacy.finish_erasing()
        assert not storages["artifacts"].exists(str(shop.pk))


def shop_tables() -> list[Any]:
    return [table for table in apps.get_models() if issubclass(table, ShopTable)]


AGES = {
    ("kept", 23): True,
    ("kept", 25): False,
    ("applied", 29 * 24): True,
    ("applied", 31 * 24): False,
    ("superseded", 31 * 24): False,
    ("dead", 31 * 24): True,
    ("dead", 91 * 24): False,
    ("received", 1000 * 24): True,
}


@pytest.mark.parametrize(("state", "hours"), AGES)
def test_deliveries_are_forgotten_in_their_time(shop: Shop, state: str, hours: int) -> None:
    received = timezone.now() - timedelta(hours=hours)
    factories.a_delivery(shop, "orders/create", factories.order_body(), state=state, received_at=received)
    privacy.purge_deliveries()
    assert WebhookDelivery.objects.exists() is AGES[state, hours]
