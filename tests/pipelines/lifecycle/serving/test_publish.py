"""Publishing: what changed, in bulk, where the merchant lets us; counted only once Shopify is done."""

from __future__ import annotations

from datetime import date, timedelta

import orjson
import pytest
from django.utils import timezone

from pipelines.lifecycle import due, turns
from pipelines.lifecycle.operating import switches
from pipelines.lifecycle.serving import publish, sent
from pipelines.models import Alert, LifecycleEvent, Publication, PublishedFields, Shop
from pipelines.models.usecases.demand_forecast import StockAdvice
from pipelines.shopify import token_exchange, tokens
from pipelines.shopify.errors import ShopUnreachable
from tests import histories
from tests.fake_shopify import Reply
from tests.identities import id_token

pytestmark = pytest.mark.django_db
SLUG = "demand_forecast"


class Store:
    """Shopify's side: staged files, bulk operations and their state, deleted fields."""

    def __init__(self, fake):
        self.error_code, self.refusal, self.under_way, self.fails_at = None, "", [], ""
        self.fake, self.state, self.sent, self.deleted, self.operations = fake, "COMPLETED", [], [], 0
        fake.on_graphql, fake.on_file = self.answer, self.take_file

    def take_file(self, asked):
        self.sent = [orjson.loads(line) for line in asked.body.split(b"\n") if line.startswith(b'{"metafields"')]
        return Reply(201)

    def answer(self, asked):
        query, variables = asked.json["query"], asked.json["variables"]
        if self.fails_at and self.fails_at in query:
            return Reply(503)
        if "metafieldsDelete" in query:
            refused = [{"field": None, "message": self.refusal}] if self.refusal else []
            self.deleted += [] if refused else variables["metafields"]
            return Reply(200, {"data": {"metafieldsDelete": {"deletedMetafields": [], "userErrors": refused}}})
        if "bulkOperations(" in query:
            return Reply(
                200, {"data": {"bulkOperations": {"nodes": [{"id": "x", "status": s} for s in self.under_way]}}}
            )
        if "stagedUploadsCreate" in query:
            target = {"url": f"{self.fake.origin}/upload", "parameters": [{"name": "key", "value": "tmp/1/rows.jsonl"}]}
            return Reply(200, {"data": {"stagedUploadsCreate": {"stagedTargets": [target], "userErrors": []}}})
        if "bulkOperationRunMutation" in query:
            self.operations += 1
            operation = {"id": f"gid://shopify/BulkOperation/{self.operations}", "status": "CREATED"}
            return Reply(200, {"data": {"bulkOperationRunMutation": {"bulkOperation": operation, "userErrors": []}}})
        return Reply(
            200, {"data": {"bulkOperation": {"status": self.state, "errorCode": self.error_code, "objectCount": "1"}}}
        )

    def fields(self):
        """Return what was sent last: {(variant, key): value}."""
        return {
            (field["ownerId"].rsplit("/", 1)[1], field["key"]): field["value"]
            for call in self.sent
            for field in call["metafields"]
        }


@pytest.fixture
def store(shopify):
    return Store(shopify)


@pytest.fixture
def shop(store):
    shop = histories.a_shop(scopes=["read_products", "write_products"])
    tokens.obtain(shop, lambda: token_exchange.exchange_offline(shop.domain, id_token(shop.domain)))
    return Shop.objects.get(pk=shop.pk)


def advise(shop, variant_id=1, **changes):
    facts = {"forecast_28": 70.6, "days_of_cover": 11.62, "order_by": date(2026, 11, 23)} | changes
    StockAdvice.objects.for_shop(shop).filter(variant_id=variant_id).delete()
    return StockAdvice.objects.create(
        shop=shop, variant_id=variant_id, origin=date(2026, 11, 22), title="Thing", status="ok", **facts
    )


def test_three_fields_of_each_variant_are_sent_in_our_own_namespace(shop, store):
    advise(shop)
    assert publish.publish(shop, SLUG) == 1
    assert store.fields() == {
        ("1", "forecast_28"): "71",
        ("1", "days_of_cover"): "11.6",
        ("1", "reorder_date"): "2026-11-23",
    }
    assert {field["namespace"] for call in store.sent for field in call["metafields"]} == {"$app"}


def test_no_call_carries_more_fields_than_shopify_takes(shop, store):
    for variant_id in range(20):
        advise(shop, variant_id)
    publish.publish(shop, SLUG)
    assert [len(call["metafields"]) for call in store.sent] == [24, 24, 12], "each variant is taken as a whole"


def test_only_what_changed_is_sent_again(shop, store):
    advise(shop, 1)
    advise(shop, 2)
    publish.publish(shop, SLUG)
    assert publish.publish(shop, SLUG) == 0
    advise(shop, 2, forecast_28=80)
    assert publish.publish(shop, SLUG) == 1
    assert {variant for variant, _ in store.fields()} == {"2"}


def test_nothing_is_sent_while_an_operation_is_under_way(shop, store):
    advise(shop)
    publish.publish(shop, SLUG)
    store.state = "RUNNING"
    advise(shop, forecast_28=80)
    assert publish.publish(shop, SLUG) == 0 and store.operations == 1
    assert list(due.publications()) == [(shop.pk, SLUG)]
    store.state = "COMPLETED"
    assert publish.publish(shop, SLUG) == 1 and store.operations == 2


@pytest.mark.parametrize("state", ["FAILED", "CANCELED", "EXPIRED"])
def test_what_a_failed_operation_carried_is_sent_again(shop, store, state):
    advise(shop)
    publish.publish(shop, SLUG)
    store.state = state
    assert publish.publish(shop, SLUG) == 1 and store.operations == 2


@pytest.mark.parametrize("error_code", [None, "ACCESS_DENIED"])
@pytest.mark.parametrize("state", ["FAILED", "CANCELED", "EXPIRED"])
def test_what_a_failed_operation_may_have_written_is_taken_back(shop, store, state, error_code):
    advise(shop)
    publish.publish(shop, SLUG)
    store.state, store.error_code = state, error_code
    assert switches.turn(shop, switches.family(SLUG), is_on=False, by="operator:ada")
    for _ in range(2):
        publish.publish(Shop.objects.get(pk=shop.pk), SLUG)
    assert {field["key"] for field in store.deleted} == {"forecast_28", "days_of_cover", "reorder_date"}
    assert not PublishedFields.objects.exists()


def test_a_date_that_a_failed_operation_may_have_written_is_taken_back(shop, store):
    advise(shop)
    publish.publish(shop, SLUG)
    store.state = "FAILED"
    advise(shop, order_by=None)
    publish.publish(shop, SLUG)
    assert [field["key"] for field in store.deleted] == ["reorder_date"] and store.operations == 2


def test_a_date_that_is_no_longer_true_is_taken_back(shop, store):
    advise(shop)
    publish.publish(shop, SLUG)
    advise(shop, order_by=None)
    publish.publish(shop, SLUG)
    assert [field["key"] for field in store.deleted] == ["reorder_date"] and store.operations == 1
    assert PublishedFields.objects.get().values == {"forecast_28": "71", "days_of_cover": "11.6"}


def test_without_the_merchants_leave_nothing_is_sent(shop, store):
    advise(shop)
    Shop.objects.update(scopes=["read_products"])
    assert publish.publish(Shop.objects.get(pk=shop.pk), SLUG) == 0
    assert store.operations == 0 and list(due.publications()) == []


def test_a_shop_that_has_just_let_us_is_due(shop, store):
    assert list(due.publications()) == []
    advise(shop)
    assert list(due.publications()) == [(shop.pk, SLUG)]
    publish.publish(shop, SLUG)
    publish.publish(shop, SLUG)
    assert list(due.publications()) == []


def test_one_sends_at_a_time_and_who_died_does_not_hold_it_for_ever(shop, store):
    advise(shop)
    row = Publication.of(shop, SLUG)
    now = timezone.now()
    Publication.objects.filter(pk=row.pk).update(leased_until=now + publish.LEASE)
    assert publish.publish(shop, SLUG, now) == 0 and store.operations == 0
    assert publish.publish(shop, SLUG, now + publish.LEASE + timedelta(seconds=1)) == 1
    assert Publication.of(shop, SLUG).leased_until is None


def test_a_surprise_gives_the_work_back(shop, store, monkeypatch):
    advise(shop)
    monkeypatch.setattr(publish.sent, "settle", lambda *asked: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        publish.publish(shop, SLUG)
    assert Publication.of(shop, SLUG).leased_until is None and list(due.publications()) == [(shop.pk, SLUG)]


def test_what_one_operation_does_not_hold_comes_with_the_next(shop, store, monkeypatch):
    monkeypatch.setattr(publish, "MOST_BYTES", 40)
    for variant_id in range(9):
        advise(shop, variant_id)
    sizes = []
    while sent := publish.publish(shop, SLUG):
        sizes.append(sent)
    assert sum(sizes) == 9 and len(sizes) > 2 and PublishedFields.objects.count() == 9


def test_a_scope_that_was_taken_away_is_told_and_comes_back_by_itself(shop, store):
    advise(shop)
    for _ in range(2):
        publish.publish(shop, SLUG)
    Shop.objects.update(scopes=["read_products"])
    publish.publish(Shop.objects.get(pk=shop.pk), SLUG)
    assert Alert.objects.get(shop=shop).title == f"Demand forecast: {publish.NOT_ALLOWED}"
    Shop.objects.update(scopes=["read_products", "write_products"])
    assert list(due.publications()) == [(shop.pk, SLUG)]
    publish.publish(Shop.objects.get(pk=shop.pk), SLUG)
    assert Alert.objects.get(shop=shop).closed_at and list(due.publications()) == []


def known(shop):
    """Return what is known of each variant: the texts as sent, and whether Shopify took them."""
    rows = PublishedFields.objects.for_shop(shop).order_by("owner_id")
    return {row.owner_id: (row.values, row.is_confirmed) for row in rows}


@pytest.mark.parametrize("dies_at", ["stagedUploadsCreate", "bulkOperationRunMutation"])
def test_what_a_run_that_died_had_sent_is_known_and_sent_anew(shop, store, dies_at):
    advise(shop)
    store.fails_at = dies_at
    with pytest.raises(ShopUnreachable):
        publish.publish(shop, SLUG)
    assert known(shop)[1][1] is False and list(due.publications()) == [(shop.pk, SLUG)]
    store.fails_at = ""
    assert publish.publish(shop, SLUG) == 1 and publish.publish(shop, SLUG) == 0
    assert (store.operations, PublishedFields.objects.count()) == (1, 1) and known(shop)[1][1] is True


def test_what_may_be_on_its_way_without_a_number_is_waited_for(shop, store):
    """Shopify began the operation and its answer was lost: an older text may not come after a newer one."""
    advise(shop)
    store.fails_at = "bulkOperationRunMutation"
    with pytest.raises(ShopUnreachable):
        publish.publish(shop, SLUG)
    advise(shop, forecast_28=80)
    store.fails_at, store.under_way = "", ["COMPLETED", "RUNNING"]
    assert publish.publish(shop, SLUG) == 0 and store.operations == 0
    assert list(due.publications()) == [(shop.pk, SLUG)]
    store.under_way = ["COMPLETED"]
    assert publish.publish(shop, SLUG) == 1
    assert store.fields()["1", "forecast_28"] == "80"


def test_what_a_run_that_died_may_have_written_is_taken_back(shop, store):
    advise(shop)
    store.fails_at = "bulkOperationRunMutation"
    with pytest.raises(ShopUnreachable):
        publish.publish(shop, SLUG)
    store.fails_at = ""
    assert switches.turn(shop, switches.family(SLUG), is_on=False, by="operator:ada")
    for _ in range(2):
        publish.publish(Shop.objects.get(pk=shop.pk), SLUG)
    assert {field["key"] for field in store.deleted} == {"forecast_28", "days_of_cover", "reorder_date"}
    assert not PublishedFields.objects.exists() and list(due.publications()) == []


def test_a_field_that_was_deleted_before_a_run_died_is_written_when_it_is_said_again(shop, store):
    advise(shop)
    publish.publish(shop, SLUG)
    advise(shop, order_by=None, forecast_28=80)
    store.fails_at = "stagedUploadsCreate"
    with pytest.raises(ShopUnreachable):
        publish.publish(shop, SLUG)
    assert [field["key"] for field in store.deleted] == ["reorder_date"]
    store.fails_at = ""
    advise(shop)
    assert publish.publish(shop, SLUG) == 1
    assert store.fields()["1", "reorder_date"] == "2026-11-23"


def test_what_shopify_will_not_delete_is_told_and_tried_again_a_day_later(shop, store):
    advise(shop)
    publish.publish(shop, SLUG)
    store.refusal = "You are not permitted to change that today"
    advise(shop, order_by=None)
    publish.publish(shop, SLUG)
    row = PublishedFields.objects.get()
    assert row.refused == store.refusal and row.is_confirmed and row.operation == ""
    assert publish.publish(shop, SLUG) == 0 and list(due.publications()) == [], "it is asked no more today"
    store.refusal = ""
    PublishedFields.objects.update(refused_at=row.refused_at - sent.TRIED_AGAIN)
    assert list(due.publications()) == [(shop.pk, SLUG)]
    for _ in range(3):
        publish.publish(shop, SLUG)
    assert {field["key"] for field in store.deleted} == {"reorder_date"}
    assert known(shop)[1] == ({"forecast_28": "71", "days_of_cover": "11.6"}, True)
    assert not PublishedFields.objects.exclude(refused="").exists() and list(due.publications()) == []


def test_what_is_not_there_any_more_is_gone(shop, store):
    advise(shop)
    publish.publish(shop, SLUG)
    store.refusal = "Owner does not exist"
    advise(shop, order_by=None)
    for _ in range(2):
        publish.publish(shop, SLUG)
    assert known(shop)[1] == ({"forecast_28": "71", "days_of_cover": "11.6"}, True)
    assert not PublishedFields.objects.exclude(refused="").exists()


def test_what_stands_though_it_was_switched_off_is_not_said_to_be_gone(shop, store):
    advise(shop)
    for _ in range(2):
        publish.publish(shop, SLUG)
    store.refusal = "You are not permitted to change that today"
    assert switches.turn(shop, switches.family(SLUG), is_on=False, by="operator:ada")
    for _ in range(3):
        publish.publish(Shop.objects.get(pk=shop.pk), SLUG)
    assert not Publication.of(shop, SLUG).is_whole
    assert not LifecycleEvent.objects.filter(kind="fields.taken_back").exists()
    assert PublishedFields.objects.get().refused == store.refusal


def test_who_finds_somebody_at_it_is_not_forgotten(shop, store, monkeypatch):
    advise(shop)
    for _ in range(2):
        publish.publish(shop, SLUG)
    settle, came, now, mine = sent.settle, [], timezone.now(), (shop.pk, SLUG)

    def another_comes(*asked):
        came.append(publish.publish(Shop.objects.get(pk=shop.pk), SLUG))
        assert due.being_published(now) == {mine}
        assert turns.whose("publish", due.publications(), now) == [mine], "the sweep comes by, and sends nobody"
        return settle(*asked)

    monkeypatch.setattr(sent, "settle", another_comes)
    assert publish.publish(shop, SLUG) == 0 and came == [0] and due.being_published(now) == set()
    assert turns.whose("publish", due.publications(), now) == [mine], "it is its turn at once, after no pause"
    monkeypatch.setattr(sent, "settle", settle)
    publish.publish(shop, SLUG)
    assert list(due.publications()) == []


def test_a_run_that_died_is_found_again_once_its_time_is_over(shop, store):
    advise(shop)
    for _ in range(2):
        publish.publish(shop, SLUG)
    row = Publication.of(shop, SLUG)
    assert publish.leased(row, timezone.now() - publish.LEASE - timedelta(seconds=1)), "and it is killed here"
    assert list(due.publications()) == [(shop.pk, SLUG)]
