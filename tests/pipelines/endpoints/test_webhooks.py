"""The webhook door: what is acknowledged is stored, and nothing that should not be."""

import asyncio
import json
import os
import signal
import threading
from collections.abc import Iterator
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any

import psycopg2
import pytest
from django.db import connection, transaction

from pipelines import tracing
from pipelines.endpoints import outbox, webhooks
from pipelines.endpoints.appending import Appended
from pipelines.endpoints.outbox import ROOM, Outbox
from pipelines.models import WebhookDelivery
from tests import factories
from tests.identities import signed_webhook
from tests.loops import run

pytestmark = pytest.mark.django_db(transaction=True)
SHOP = "ada.myshopify.com"


class Door:
    """Posts deliveries to the door as a server would, and keeps what it answered."""

    def __init__(self) -> None:
        self.outbox = Outbox(lambda: self.connect())
        self.connect = webhooks.connect

    def post(self, topic: str, body: Any, shop: str = SHOP, **headers: str) -> int:
        return self.send(*signed_webhook(topic, body, shop, **headers))

    def send(self, raw: bytes, headers: dict[str, str], method: str = "POST") -> int:
        return run(self.one(raw, headers, method))

    def send_together(self, requests: list[tuple[bytes, dict[str, str]]]) -> list[int]:
        async def all_of_them() -> list[int]:
            return await asyncio.gather(*(self.one(raw, headers) for raw, headers in requests))

        return run(all_of_them())

    async def one(self, raw: bytes, headers: dict[str, str], method: str = "POST") -> int:
        pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        pairs += [(b"content-length", str(len(raw)).encode())] * (b"content-length" not in dict(pairs))
        half = len(raw) // 2
        parts = [{"body": raw[:half], "more_body": True}, {"body": raw[half:], "more_body": False}]
        said: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", **parts.pop(0)} if parts else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            said.append(message)

        await webhooks.door({"method": method, "headers": pairs}, receive, send)
        return int(said[0]["status"])


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    door = Door()
    monkeypatch.setattr(webhooks, "outbox", lambda: door.outbox)
    yield door
    door.outbox.disconnect()


def stored() -> WebhookDelivery:
    return WebhookDelivery.objects.get()


def test_an_order_is_stored_and_acknowledged(door: Door) -> None:
    assert door.post("orders/create", factories.order_body(1042)) == 200
    delivery = stored()
    assert (delivery.shop_domain, delivery.topic, delivery.subject) == (SHOP, "orders/create", "#1042")
    assert delivery.state == "received"
    assert delivery.payload["id"] == 1042


def test_a_delivery_keeps_the_id_of_its_request(door: Door) -> None:
    async def asked() -> int:
        with tracing.known(request="0af7651916cd43dd"):
            return await door.one(*signed_webhook("orders/create", {"id": 1}, SHOP))

    assert run(asked()) == 200 and stored().request_id == "0af7651916cd43dd"


def test_what_was_acknowledged_is_committed(door: Door) -> None:
    answers = door.send_together(
        [signed_webhook("orders/create", factories.order_body(n), SHOP) for n in range(1, 301)]
    )
    assert answers == [200] * 300
    assert WebhookDelivery.objects.count() == 300


def test_nothing_about_a_person_is_written(door: Door) -> None:
    shop = factories.a_shop(domain=SHOP)
    person = {"id": 7_700_112_233_445, "email": "ada@example.com", "first_name": "Ada"}
    door.post("orders/create", factories.order_body(customer=person, note="ring twice", browser_ip="203.0.113.7"))
    payload = json.dumps(stored().payload)
    assert not [
        text for text in ("ada@example.com", "Ada", "ring twice", "203.0.113.7", "7700112233445") if text in payload
    ]
    assert len(stored().payload["customer_ref"]) == 32
    assert shop.customer_key


@pytest.mark.parametrize("at", ["@", "\uff20", "\ufe6b"])
def test_an_address_in_a_text_is_removed_however_it_is_written(door: Door, at: str) -> None:
    assert (
        door.post("orders/create", factories.order_body(name=f"#1 ann{at}localhost", source_name=f"a{at}[::1]")) == 200
    )
    assert "[e-mail removed]" in stored().subject
    assert at not in json.dumps(stored().payload, ensure_ascii=False) + stored().subject


def test_a_customer_of_a_shop_that_we_do_not_know_is_nobody(door: Door) -> None:
    assert door.post("orders/create", factories.order_body(customer={"id": 77})) == 200
    assert "customer_ref" not in stored().payload


def test_a_shop_whose_key_is_lost_still_gets_its_orders(door: Door) -> None:
    factories.a_shop(domain=SHOP, customer_key=b"gone:" + b"x" * 60)
    assert door.post("orders/create", factories.order_body(customer={"id": 77})) == 200
    assert "customer_ref" not in stored().payload


@pytest.mark.parametrize("signature", ["", "bm90IGl0", "x" * 500, "\u00e9"])
def test_a_forged_delivery_is_refused(door: Door, signature: str) -> None:
    raw, headers = signed_webhook("orders/create", factories.order_body(), SHOP)
    assert door.send(raw, headers | {"X-Shopify-Hmac-Sha256": signature}) == 401
    assert not WebhookDelivery.objects.exists()


def test_an_unsigned_delivery_is_refused(door: Door) -> None:
    raw, headers = signed_webhook("orders/create", factories.order_body(), SHOP)
    del headers["X-Shopify-Hmac-Sha256"]
    assert door.send(raw, headers) == 401


def test_a_truncated_delivery_is_refused(door: Door) -> None:
    raw, headers = signed_webhook("orders/create", factories.order_body(), SHOP)
    assert door.send(raw[:-1], headers) == 401


def test_both_secrets_are_good_while_one_replaces_the_other(door: Door, settings: Any) -> None:
    settings.SHOPIFY_API_SECRET_OLD = "the old secret, thirty-two bytes."
    raw, headers = signed_webhook("orders/create", factories.order_body(), SHOP, secret=settings.SHOPIFY_API_SECRET_OLD)
    assert door.send(raw, headers) == 200


def test_a_body_of_more_than_two_megabytes_is_refused(door: Door) -> None:
    raw, headers = signed_webhook("orders/create", b"x" * (2 * 1024 * 1024 + 1), SHOP)
    assert door.send(raw, headers) == 413
    assert door.send(raw, headers | {"Content-Length": "10"}) == 413


def test_other_methods_are_refused(door: Door) -> None:
    assert door.send(*signed_webhook("orders/create", {}, SHOP), method="GET") == 405


UNREADABLE = {
    "no JSON": (b"{", "The body is not JSON"),
    "not UTF-8": (b'{"name": "\xff"}', "The body is not UTF-8."),
    "no object": (b"[1, 2]", "The body is JSON, but not an object."),
    "nested too deeply": (b"[" * 200_000 + b"]" * 200_000, "The body is nested too deeply."),
    "empty": (b"", "The body is not JSON"),
}


@pytest.mark.parametrize(("raw", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_authentic_body_that_cannot_be_read_is_parked_with_its_reason(door: Door, raw: bytes, reason: str) -> None:
    assert door.post("orders/create", raw) == 200
    delivery = stored()
    assert (delivery.state, delivery.payload) == ("dead", {})
    assert delivery.error.startswith(reason)


@pytest.mark.parametrize("name", ["#1\\u0000", "#1\\ud800"])
def test_what_the_database_cannot_hold_is_cleaned(door: Door, name: str) -> None:
    raw = json.dumps(factories.order_body(name="NAME")).replace("NAME", name).encode()
    assert door.post("orders/create", raw) == 200
    assert stored().state == "received"
    assert stored().payload["name"] in ("#1", "#1?")


def test_half_a_surrogate_pair_in_somebodys_note_does_no_harm(door: Door) -> None:
    raw = json.dumps(factories.order_body(note="NOTE")).replace("NOTE", "\\ud83d").encode()
    assert door.post("orders/create", raw) == 200
    assert stored().state == "received"


def test_a_topic_that_we_do_not_use_is_acknowledged_without_its_content(door: Door) -> None:
    assert door.post("carts/create", {"token": "t", "note": "for Ada"}) == 200
    assert (stored().state, stored().payload) == ("kept", {})


@pytest.mark.parametrize(
    "changes",
    [
        {"X-Shopify-Topic": ""},
        {"X-Shopify-Topic": "orders"},
        {"X-Shopify-Topic": "orders/create; drop"},
        {"X-Shopify-Topic": "x/" * 40},
        {"X-Shopify-Shop-Domain": ""},
        {"X-Shopify-Shop-Domain": "evil.example.com"},
        {"X-Shopify-Shop-Domain": "ada.myshopify.com.evil.com"},
        {"X-Shopify-Webhook-Id": "x" * 101},
        {"X-Shopify-Webhook-Id": "\u00e9"},
    ],
)
def test_headers_that_shopify_never_sends_are_refused(door: Door, changes: dict[str, str]) -> None:
    raw, headers = signed_webhook("orders/create", factories.order_body(), SHOP)
    assert door.send(raw, headers | changes) == 400
    assert not WebhookDelivery.objects.exists()


def test_header_names_may_come_in_any_case_and_the_shop_too(door: Door) -> None:
    raw, headers = signed_webhook("orders/create", factories.order_body(), "Ada.MyShopify.com")
    assert door.send(raw, {name.upper(): value for name, value in headers.items()}) == 200
    assert stored().shop_domain == SHOP


def test_a_delivery_without_a_usable_time_is_as_old_as_its_arrival(door: Door) -> None:
    assert door.post("orders/create", factories.order_body(), **{"X-Shopify-Triggered-At": "soon"}) == 200
    assert abs((stored().received_at - stored().triggered_at).total_seconds()) < 60


def test_a_second_delivery_is_acknowledged_and_counted_but_not_stored(door: Door) -> None:
    request = signed_webhook("orders/create", factories.order_body(), SHOP)
    assert [door.send(*request) for _ in range(3)] == [200] * 3
    assert stored().duplicates == 2
    assert stored().doubled_at is not None


def test_the_same_event_under_another_id_is_stored_once(door: Door) -> None:
    raw, headers = signed_webhook("orders/create", factories.order_body(), SHOP)
    assert door.send(raw, headers) == 200
    assert door.send(raw, headers | {"X-Shopify-Webhook-Id": "another"}) == 200
    assert stored().duplicates == 1


def test_doubles_in_one_batch_are_stored_once(door: Door) -> None:
    request = signed_webhook("orders/create", factories.order_body(), SHOP)
    assert door.send_together([request] * 50) == [200] * 50
    assert stored().duplicates == 49


def test_a_repeat_that_cannot_be_counted_is_acknowledged_all_the_same(door: Door) -> None:
    first, other = (signed_webhook("orders/create", factories.order_body(n), SHOP) for n in (1, 2))
    assert door.send(*first) == 200
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE pipelines_webhookdelivery ADD CONSTRAINT uncounted CHECK (duplicates < 1)")
    try:
        assert door.send_together([first, other]) == [200, 200]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE pipelines_webhookdelivery DROP CONSTRAINT uncounted")
    assert set(WebhookDelivery.objects.values_list("state", "duplicates")) == {("received", 0)}


def test_what_keeps_arriving_is_stored_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others arrive while the committer pauses, first four and then none: it waits no longer."""
    committer = object.__new__(Outbox)
    committer.queue, committer.appended = SimpleQueue(), Appended(wake=lambda: None)
    coming = [[1, 2, 3, 4], [], [5]]

    def pause(seconds: float) -> None:
        for delivery in coming.pop(0):
            committer.queue.put(delivery)

    monkeypatch.setattr(outbox, "time", SimpleNamespace(sleep=pause, monotonic=lambda: 0.0))
    committer.queue.put(0)
    assert committer.take() == [0, 1, 2, 3, 4]
    assert coming == [[5]]


def test_an_address_in_a_header_is_removed(door: Door) -> None:
    told = {"X-Shopify-Event-Id": "ann@example.com", "X-Shopify-Webhook-Id": "w" * 80 + "bob@example.com"}
    for _ in range(2):
        assert door.post("orders/create", factories.order_body(), **told) == 200
    delivery = stored()
    assert (delivery.event_id, "@" in delivery.webhook_id, delivery.duplicates) == ("[e-mail removed]", False, 1)


@pytest.mark.parametrize("topic", ["customers/data_request", "customers/redact", "shop/redact"])
def test_a_body_that_names_another_shop_is_refused(door: Door, topic: str) -> None:
    body = {"shop_id": 5, "shop_domain": "other.myshopify.com"}
    assert door.post(topic, body) == 401
    assert not WebhookDelivery.objects.exists()


@pytest.mark.parametrize("topic", ["shop/redact", "app/uninstalled", "shop/update", "app/scopes_update"])
def test_a_body_with_another_shops_id_is_refused(door: Door, topic: str) -> None:
    factories.a_shop(domain=SHOP, gid="gid://shopify/Shop/61")
    assert door.post(topic, {"id": 62, "shop_id": 62}) == 401
    assert door.post(topic, {"id": 61, "shop_id": 61, "current": []}) == 200
    assert WebhookDelivery.objects.count() == 1


def test_one_foreign_body_does_not_hold_up_the_others(door: Door) -> None:
    factories.a_shop(domain=SHOP, gid="gid://shopify/Shop/61")
    foreign = signed_webhook("app/uninstalled", {"id": 62}, SHOP)
    own = signed_webhook("orders/create", factories.order_body(), SHOP)
    assert door.send_together([foreign, own]) == [401, 200]


def test_without_a_database_nothing_is_acknowledged_and_it_comes_back_by_itself(door: Door) -> None:
    def away() -> Any:
        raise psycopg2.OperationalError("the database is away")

    request = signed_webhook("orders/create", factories.order_body(), SHOP)
    door.connect = away
    assert door.send(*request) == 503
    door.connect = webhooks.connect
    assert door.send(*request) == 200
    assert stored().duplicates == 0


def test_a_broken_connection_is_replaced(door: Door) -> None:
    assert door.post("orders/create", factories.order_body(1)) == 200
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ~ 'outbox'")
    request = signed_webhook("orders/create", factories.order_body(2), SHOP)
    assert door.send(*request) == 503
    assert door.send(*request) == 200
    assert WebhookDelivery.objects.count() == 2


@pytest.mark.parametrize("table", ["pipelines_shop", "pipelines_webhookdelivery"])
def test_a_locked_table_is_not_waited_for(door: Door, table: str) -> None:
    factories.a_shop(domain=SHOP, gid="gid://shopify/Shop/61")
    request = signed_webhook("orders/create", factories.order_body(customer={"id": 7}), SHOP)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table}")
        assert door.send(*request) == 503
    assert door.send(*request) == 200
    assert len(stored().payload["customer_ref"]) == 32  # the shop was not taken for an unknown one meanwhile


def test_a_database_that_stands_still_is_not_waited_for(door: Door) -> None:
    assert door.post("orders/create", factories.order_body(1)) == 200
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE application_name ~ 'outbox' ORDER BY backend_start")
        *_, (backend,) = cursor.fetchall()
    requests = [signed_webhook("orders/create", factories.order_body(number), SHOP) for number in (2, 3)]
    os.kill(backend, signal.SIGSTOP)
    try:
        assert [door.send(*request) for request in requests] == [503, 503]
    finally:
        os.kill(backend, signal.SIGCONT)
    assert [door.send(*request) for request in requests] == [200, 200]
    assert WebhookDelivery.objects.count() == 3


def test_a_delivery_that_waits_for_a_lock_holds_up_no_other(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "ANSWER_SECONDS", 60)  # however busy the machine is
    held, free = (signed_webhook("orders/create", factories.order_body(n), SHOP) for n in (1, 2))
    writing = webhooks.connect()
    with writing.cursor() as cursor:
        cursor.execute(
            "INSERT INTO pipelines_webhookdelivery (shop_domain, webhook_id, topic, event_id, api_version,"
            " triggered_at, body_digest, payload, subject, state, error)"
            " VALUES (%s, %s, '', '', '', now(), '', '{}', '', 'kept', '')",
            [SHOP, held[1]["X-Shopify-Webhook-Id"]],
        )
    try:
        assert door.send_together([held, free]) == [503, 200]
    finally:
        writing.close()
    assert door.send_together([held, free]) == [200, 200]
    assert WebhookDelivery.objects.count() == 2


def test_a_row_that_the_database_refuses_is_parked_alone(door: Door) -> None:
    good = [signed_webhook("orders/create", factories.order_body(number), SHOP) for number in (1, 2)]
    bad = signed_webhook("orders/create", factories.order_body(3, name="#3"), SHOP)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE pipelines_webhookdelivery ADD CONSTRAINT no_three CHECK (subject <> '#3')")
    try:
        assert door.send_together([good[0], bad, good[1]]) == [200] * 3
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE pipelines_webhookdelivery DROP CONSTRAINT no_three")
    assert sorted(WebhookDelivery.objects.values_list("state", "subject")) == [
        ("dead", ""),
        ("received", "#1"),
        ("received", "#2"),
    ]


def test_a_full_queue_sends_away_instead_of_growing(door: Door) -> None:
    held = threading.Event()

    def slow() -> Any:
        held.wait(30)
        return webhooks.connect()

    door.connect = slow
    requests = [signed_webhook("orders/create", factories.order_body(number), SHOP) for number in range(1, ROOM + 301)]

    async def flood() -> list[int]:
        answers = [asyncio.create_task(door.one(raw, headers)) for raw, headers in requests]
        while sum(answer.done() for answer in answers) < 1:
            await asyncio.sleep(0.01)
        held.set()
        return await asyncio.gather(*answers)

    answers = run(flood())
    assert set(answers) == {200, 503}
    assert WebhookDelivery.objects.count() >= answers.count(200)  # one may be stored after its sender was told to wait


def without_x(headers: dict[str, str]) -> dict[str, str]:
    return {name.removeprefix("X-"): value for name, value in headers.items()}


def test_headers_are_read_without_their_x_too(door: Door) -> None:
    """As Shopify's next generation of events names them."""
    raw, headers = signed_webhook("orders/create", factories.order_body(1042), SHOP)
    assert door.send(raw, without_x(headers)) == 200
    delivery = stored()
    assert (delivery.topic, delivery.webhook_id) == ("orders/create", headers["X-Shopify-Webhook-Id"])
    assert door.send(raw, headers) == 200  # the same delivery, named as webhooks are
    assert WebhookDelivery.objects.count() == 1


def test_a_header_that_stands_there_under_both_names_is_refused(door: Door) -> None:
    raw, headers = signed_webhook("orders/create", factories.order_body(1042), SHOP)
    assert door.send(raw, headers | {"Shopify-Topic": "shop/redact"}) == 400
    assert door.send(raw, without_x(headers | {"X-Shopify-Hmac-Sha256": "AAAA"})) == 401
    assert not WebhookDelivery.objects.exists()
