"""The webhook door against somebody who holds one signed body, or can make Shopify sign an odd one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from pipelines.endpoints import outbox, webhooks
from pipelines.models import Shop, WebhookDelivery
from pipelines.shopify import vault
from tests.identities import OTHER_SHOP, SHOP, signed_webhook
from tests.loops import run

pytestmark = pytest.mark.django_db(transaction=True)


def delivered(raw: bytes, headers: dict[str, str], *, chunks: int = 1, more: Any = ()) -> int:
    """Knock at the door as an ASGI server does, and return the status."""
    pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in [*headers.items(), *more]]
    size = -(-len(raw) // chunks) or 1
    parts = [raw[start : start + size] for start in range(0, len(raw), size)] or [b""]
    waiting = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    waiting[-1]["more_body"] = False
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    run(webhooks.door({"method": "POST", "headers": pairs}, receive, send))
    return int(sent[0]["status"])


@pytest.fixture(autouse=True)
def committer(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give each test an outbox that knows no shop yet."""
    fresh = outbox.Outbox(webhooks.connect)
    monkeypatch.setattr(webhooks, "outbox", lambda: fresh)
    yield
    fresh.disconnect()


@pytest.fixture
def shop() -> Shop:
    return Shop.objects.create(
        domain=SHOP,
        gid="gid://shopify/Shop/548380009",
        installed_at=timezone.now(),
        customer_key=vault.new_customer_key(SHOP),
    )


def stored() -> WebhookDelivery:
    return WebhookDelivery.objects.get()


ENDS_A_SHOP = ["app/uninstalled", "shop/redact", "customers/redact", "customers/data_request"]


class TestReplayedUnderAnotherName:
    """Shopify signs the body and nothing else: topic and shop are what the sender says."""

    @pytest.mark.parametrize("topic", ENDS_A_SHOP)
    @pytest.mark.parametrize(
        "body", [{}, {"inventory_item_id": 1, "location_id": 2, "available": 3}, {"shop_id": None}]
    )
    def test_no_body_ends_a_shop_that_it_does_not_name(self, shop, topic, body):
        assert delivered(*signed_webhook(topic, body)) == 401
        assert not WebhookDelivery.objects.exists()

    @pytest.mark.parametrize("topic", ENDS_A_SHOP)
    @pytest.mark.parametrize(
        "body",
        [
            {"id": 999, "shop_id": 999},
            {"shop_domain": OTHER_SHOP, "myshopify_domain": OTHER_SHOP},
            {"id": 548380009, "shop_id": 548380009, "shop_domain": OTHER_SHOP, "myshopify_domain": OTHER_SHOP},
            {"id": 999, "shop_id": 999, "shop_domain": SHOP, "myshopify_domain": SHOP},
        ],
    )
    def test_no_body_of_another_shop_ends_this_one(self, shop, topic, body):
        assert delivered(*signed_webhook(topic, body)) == 401
        assert not WebhookDelivery.objects.exists()

    @pytest.mark.parametrize("topic", ENDS_A_SHOP)
    @pytest.mark.parametrize("named", ["number", "domain"])
    def test_a_shop_is_ended_by_its_own_name(self, shop, topic, named):
        body = {"id": 548380009, "shop_id": 548380009} if named == "number" else {}
        body |= {"shop_domain": SHOP, "myshopify_domain": SHOP} if named == "domain" else {}
        assert delivered(*signed_webhook(topic, body)) == 200
        assert stored().state == WebhookDelivery.State.RECEIVED

    @pytest.mark.parametrize("name", ["X-Shopify-Shop-Domain", "X-Shopify-Topic", "X-Shopify-Hmac-Sha256"])
    def test_a_header_that_is_there_twice_is_refused(self, shop, name):
        raw, headers = signed_webhook("products/delete", {"id": 1})
        assert delivered(raw, headers, more=[(name.lower(), headers[name])]) == 400


class TestSize:
    def test_what_is_announced_as_too_large_is_not_read(self):
        raw, headers = signed_webhook("orders/create", b"x")
        assert delivered(raw, headers | {"Content-Length": str(webhooks.LARGEST + 1)}) == 413

    def test_a_chunked_body_is_counted_while_it_comes(self):
        raw, headers = signed_webhook("orders/create", b"x" * (webhooks.LARGEST + 1))
        assert delivered(raw, headers, chunks=20) == 413

    @pytest.mark.parametrize("length", ["-1", "1e9", "a lot"])
    def test_a_length_that_is_none_is_refused(self, length):
        raw, headers = signed_webhook("orders/create", {"id": 1})
        assert delivered(raw, headers | {"Content-Length": length}) == 413


class TestOddBodies:
    def test_one_that_nobody_can_store_spares_the_others(self, shop):
        """Half a surrogate pair makes the lenient parser speak, which knows numbers without end."""
        endless, good = '{"id": ' + "9" * 40 + ', "note": "\\ud800", "name": "#1"}', {"id": 7}
        fresh = webhooks.outbox()
        batch = [waiting("orders/create", endless.encode()), waiting("orders/create", json.dumps(good).encode())]
        fresh.commit(batch)
        assert {one.outcome for one in batch} == {outbox.Receipt.STORED}
        assert WebhookDelivery.objects.filter(payload__id=7).exists()

    @pytest.mark.parametrize(
        "field",
        ['"id": 1e308', '"id": -1e308', '"id": 18446744073709551616', '"name": "\\ud83d"', '"name": "a\\u0000b"'],
    )
    def test_odd_values_are_stored_without_harm(self, shop, field):
        assert delivered(*signed_webhook("orders/create", ("{" + field + "}").encode())) == 200
        assert "\x00" not in str(stored().payload)

    @pytest.mark.parametrize("depth", [500, 5_000, 500_000])
    def test_a_deep_body_is_stored_flat(self, shop, depth):
        raw = b'{"id": 1, "customer": ' + b"[" * depth + b"]" * depth + b"}"
        assert delivered(*signed_webhook("orders/create", raw)) == 200
        assert len(json.dumps(stored().payload)) < 1000

    @pytest.mark.parametrize("at", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "yesterday", ""])
    def test_a_moment_that_no_calendar_tells_becomes_now(self, shop, at):
        assert delivered(*signed_webhook("orders/create", {"id": 1}, **{"X-Shopify-Triggered-At": at})) == 200
        assert abs((stored().triggered_at - timezone.now()).total_seconds()) < 60


class TestPersonalData:
    def test_an_address_in_a_text_that_we_keep_is_taken_out(self, shop):
        mail = "ann.o'neill+shop@post.example.co.uk"
        line = {"id": 1, "product_id": 2, "title": f"Engraved for {mail}", "sku": mail, "quantity": 1, "price": "1"}
        body = {"id": 1, "name": f"#1 {mail}", "source_name": mail, "line_items": [line]}
        assert delivered(*signed_webhook("orders/create", body)) == 200
        assert "@" not in f"{stored().payload} {stored().subject}"
        assert stored().payload["line_items"][0]["title"] == "Engraved for [e-mail removed]"

    def test_authentic_orders_leave_nobody_to_be_found(self, shop, shared):
        for path in sorted((shared / "shopify" / "webhooks").glob("orders__*.json")):
            topic = path.stem.replace("__", "/")
            if topic not in webhooks.TOPICS:
                continue
            people = contacts(json.loads(path.read_text()))
            assert delivered(*signed_webhook(topic, path.read_bytes())) == 200
            kept = json.dumps(WebhookDelivery.objects.get(topic=topic).payload).lower()
            assert not [text for text in people if text.lower() in kept], topic
            assert people or topic in ("orders/edited", "orders/delete"), topic


def contacts(value: Any, name: str = "") -> set[str]:
    """Collect what an authentic body says of people: addresses, names, numbers, e-mails, notes."""
    telling = {"email", "contact_email", "phone", "first_name", "last_name", "address1", "city", "zip", "browser_ip"}
    telling |= {"note", "user_agent", "landing_site", "referring_site", "token", "cart_token"}
    if isinstance(value, dict):
        return set().union(*(contacts(part, key) for key, part in value.items()), set())
    if isinstance(value, list):
        return set().union(*(contacts(part, name) for part in value), set())
    return {value} if name in telling and isinstance(value, str) and len(value) > 3 else set()


def waiting(topic: str, raw: bytes) -> outbox.Waiting:
    """Return a delivery as the door hands it to the committer."""
    minimised, state, error = webhooks.understand(topic, raw)
    digest = str(abs(hash(raw)) % 10**8).ljust(64, "0")
    delivery = outbox.Delivery(
        SHOP, digest[:20], topic, "", "", timezone.now().isoformat(), digest, minimised.payload, "", state, error
    )
    return outbox.Waiting(delivery, asyncio.new_event_loop().create_future())
