"""Deliveries become facts exactly once, in Shopify's order, whatever the order of their arrival."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from pipelines.lifecycle.ingest import drain
from pipelines.models import (
    Order,
    Shop,
    WebhookDelivery,
)
from tests import factories
from tests.factories import a_delivery, order_body
from tests.pipelines.lifecycle.ingest.delivering import deliver, state_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return factories.a_shop()


class TestPoison:
    def test_what_can_never_be_read_is_parked_with_its_reason(self, shop: Shop) -> None:
        good = a_delivery(shop, "orders/create", order_body(1))
        bad = a_delivery(shop, "orders/create", order_body(2, total_price="-5"))
        drain.drain()
        assert (state_of(good), state_of(bad)) == ("applied", "dead")
        assert bad.error == "total_price is '-5', not an amount of money"
        assert bad.attempts == 1

    def test_what_the_database_refuses_is_tried_five_times_and_spares_the_others(self, shop: Shop) -> None:
        with refusing("pipelines_order", "name <> '#2'"):
            good = a_delivery(shop, "orders/create", order_body(1))
            bad = a_delivery(shop, "orders/create", order_body(2))
            for attempt in range(1, 6):
                drain.drain()
                bad.refresh_from_db()
                assert bad.attempts == attempt
                WebhookDelivery.objects.update(not_before=timezone.now())
        assert (state_of(good), state_of(bad)) == ("applied", "dead")
        assert bad.error == "The database refused it: IntegrityError."
        assert Order.objects.count() == 1

    @pytest.mark.parametrize("code", ["57014", "54000"])  # out of time; over a limit of the database
    def test_one_body_that_the_database_cannot_take_does_not_stop_the_queue(self, shop: Shop, code: str) -> None:
        with raising("pipelines_order", "NEW.name = '#2'", code):
            bad = a_delivery(shop, "orders/create", order_body(2))
            good = a_delivery(shop, "orders/create", order_body(1))
            drain.drain()
        assert (state_of(good), state_of(bad), bad.attempts) == ("applied", "failed", 1)

    @pytest.mark.parametrize("code", ["40P01", "53100", "57P01"])  # deadlock, disk full, shutdown
    def test_what_the_database_itself_suffers_counts_against_no_delivery(self, shop: Shop, code: str) -> None:
        delivery = a_delivery(shop, "orders/create", order_body(1))
        with raising("pipelines_order", "true", code), pytest.raises(OperationalError):
            drain.drain()
        drain.drain()
        assert (state_of(delivery), delivery.attempts) == ("applied", 0)

    def test_each_try_waits_longer(self, shop: Shop) -> None:
        waits = []
        with refusing("pipelines_order", "name <> '#2'"):
            bad = a_delivery(shop, "orders/create", order_body(2))
            for _ in range(4):
                drain.drain()
                bad.refresh_from_db()
                waits.append(round((bad.not_before - timezone.now()).total_seconds()))
                WebhookDelivery.objects.update(not_before=timezone.now())
        assert waits == [5, 30, 120, 600]

    def test_a_merchant_may_replay_it(self, shop: Shop) -> None:
        with refusing("pipelines_order", "name <> '#2'"):
            bad = a_delivery(shop, "orders/create", order_body(2), attempts=4)
            drain.drain()
        assert state_of(bad) == "dead"
        assert drain.redeliver(shop, [bad.pk]) == 1
        drain.drain()
        assert (state_of(bad), bad.error, bad.attempts) == ("applied", "", 0)

    def test_nobody_replays_the_deliveries_of_another_shop(self, shop: Shop) -> None:
        bad = a_delivery(shop, "orders/create", order_body(2), state="dead")
        other = factories.a_shop()
        assert drain.redeliver(other, [bad.pk]) == drain.replay_failed(other) == 0

    def test_all_failed_ones_are_replayed_but_those_without_content(self, shop: Shop) -> None:
        a_delivery(shop, "orders/create", order_body(2), state="dead")
        empty = a_delivery(shop, "orders/create", {}, state="dead", error="The body is not JSON.")
        assert drain.replay_failed(shop) == 1
        assert state_of(empty) == "dead"


class raising:
    """Let the database raise an error of a code for the rows that a condition names."""

    def __init__(self, table: str, condition: str, code: str) -> None:
        self.table, self.condition, self.code = table, condition, code

    def __enter__(self) -> None:
        self.run(
            "CREATE FUNCTION raise_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF {self.condition} THEN RAISE EXCEPTION 'as asked' USING ERRCODE = '{self.code}'; END IF;"
            " RETURN NEW; END $$",
            f"CREATE TRIGGER raise_it BEFORE INSERT ON {self.table} FOR EACH ROW EXECUTE FUNCTION raise_it()",
        )

    def __exit__(self, *error: object) -> None:
        self.run(f"DROP TRIGGER raise_it ON {self.table}", "DROP FUNCTION raise_it")

    def run(self, *statements: str) -> None:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


class refusing:
    """Let the database refuse certain rows for as long as a block runs."""

    def __init__(self, table: str, rule: str) -> None:
        self.table, self.rule = table, rule

    def __enter__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {self.table} ADD CONSTRAINT refusing CHECK ({self.rule}) NOT VALID")

    def __exit__(self, *error: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # or the table still has events pending
            cursor.execute(f"ALTER TABLE {self.table} DROP CONSTRAINT refusing")


def test_a_limit_is_kept(shop: Shop) -> None:
    for number in range(1, 6):
        a_delivery(shop, "orders/create", order_body(number))
    assert drain.drain(limit=3) == 3
    assert Order.objects.count() == 3


def test_what_became_a_fact_is_kept_there_and_nowhere_else(shop: Shop) -> None:
    old, new = (a_delivery(shop, "orders/updated", order_body(minutes=minute)) for minute in range(2))
    bad = a_delivery(shop, "orders/updated", order_body(2, created_at="soon"))
    drain.drain()
    assert [state_of(one) for one in (old, new, bad)] == ["superseded", "applied", "dead"]
    assert (old.payload, new.payload, bad.payload["id"]) == ({}, {}, 2)


def test_nothing_due_is_nothing_done(shop: Shop) -> None:
    a_delivery(shop, "orders/create", order_body(), not_before=timezone.now() + timedelta(minutes=1))
    assert drain.drain() == 0


def test_reading_by_id_is_the_last_word_on_its_moment(shop: Shop) -> None:
    deliver(shop, "orders/updated", order_body(financial_status="pending"))
    order = Order.objects.get()
    Order.objects.filter(pk=order.pk).update(source_id="fetch:now", financial_status="paid")
    assert deliver(shop, "orders/updated", order_body(financial_status="authorized")).state == "superseded"
    assert Order.objects.get().financial_status == "paid"
