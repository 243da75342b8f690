"""What tells who somebody is, planted at every door of the real web process, is found nowhere afterwards.

Looked at are every table as PostgreSQL writes it out, every file, all of Redis, and each line that was logged. The same
walk carries what opens doors (ID tokens, signatures, passwords), and none of that is found either.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import redis
import requests
from django.conf import settings

from pipelines.jobs import ingest
from pipelines.lifecycle.storefront import keys
from pipelines.models import Order, Shop, WebhookDelivery
from pipelines.shopify import vault
from pipelines.shopify.hmac import proxy_signature
from tests import factories, histories, images
from tests.identities import SHOP, bearer, host, id_token, launch, signed_webhook
from tests.shopmlops.conftest import Web
from tests.shopmlops.live_web import web_on_these_rows

pytestmark = pytest.mark.django_db(transaction=True)

CUSTOMER, CONVERSATION = 7_700_112_233_445, "zz-conversation-9"
PERSON = {
    "email": "zz.person@planted.example",
    "first_name": "Zzgiven",
    "last_name": "Zzfamily",
    "phone": "+447700900999",
    "address1": "12 Zzstreet",
    "city": "Zzcity",
    "zip": "ZZ1 1ZZ",
    "company": "Zzcompany",
}
ADDRESS_OF_A_BROWSER = "203.0.113.77"
WRITTEN = "Please ring Zzgiven at +447700900999, zz.person@planted.example"
PASSWORD = "zz-password-of-an-operator"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


class Walk:
    """Everything that the doors are told, and what may be found of it nowhere."""

    def __init__(self, web: Web) -> None:
        self.web = web
        self.secrets: list[str] = [*PERSON.values(), ADDRESS_OF_A_BROWSER, PASSWORD, CONVERSATION, str(CUSTOMER)]

    def send(self, method: str, path: str, **request: Any) -> requests.Response:
        headers = {"X-Forwarded-For": ADDRESS_OF_A_BROWSER, "User-Agent": BROWSER} | request.pop("headers", {})
        where = f"{self.web.address}{path}"
        return requests.request(method, where, headers=headers, allow_redirects=False, timeout=60, **request)

    def secret(self, text: str) -> str:
        """Note that a text must be found nowhere."""
        self.secrets.append(text)
        return text

    def webhook(self, topic: str, body: dict[str, Any]) -> None:
        raw, headers = signed_webhook(topic, body)
        assert self.send("POST", "/webhooks/shopify", data=raw, headers=headers).status_code == 200

    def forged(self, topic: str, body: dict[str, Any]) -> None:
        raw, headers = signed_webhook(topic, body, secret="another secret, of nobody")
        self.secret(headers["X-Shopify-Hmac-Sha256"])
        assert self.send("POST", "/webhooks/shopify", data=raw, headers=headers).status_code == 401

    def page(self, path: str, **query: str) -> int:
        """Open a page as a document, with the token in its address, and as a fetch, with the token in its header."""
        opened = launch() | {"id_token": self.secret(id_token())} | query
        fetched = {"Authorization": f"Bearer {self.secret(id_token())}"}
        self.send("GET", path, params=query, headers=fetched)
        self.send("POST", path, data=query, headers=fetched)
        return self.send("GET", path, params=opened).status_code

    def proxied(self, method: str = "GET", **told: str) -> requests.Response:
        facts = {"unit": "zz-unit-of-a-visitor", "shop": SHOP, "path_prefix": "/apps/x"} | told
        facts |= {"logged_in_customer_id": str(CUSTOMER), "timestamp": str(int(time.time()))}
        signature = self.secret(proxy_signature([*facts.items()], settings.SHOPIFY_API_SECRET))
        return self.send(method, f"/proxy/recommendations?{urlencode(facts | {'signature': signature})}")


@pytest.fixture
def shop() -> Shop:
    return histories.a_shop(domain=SHOP, gid="gid://shopify/Shop/61", customer_key=vault.new_customer_key(SHOP))


@pytest.fixture
def walk(shop: Shop, tmp_path: Path) -> Iterator[Walk]:
    with web_on_these_rows(tmp_path) as web:
        yield Walk(web)


def an_order(number: int) -> dict[str, Any]:
    """Return an order in which everything that may be personal is."""
    address = PERSON | {"country_code": "GB", "name": "Zzgiven Zzfamily"}
    customer = {"id": CUSTOMER, "default_address": address, "note": WRITTEN, "tags": PERSON["email"]} | PERSON
    body = factories.order_body(
        number, customer=customer, billing_address=address, shipping_address=address, note=WRITTEN,
        note_attributes=[{"name": "gift for", "value": WRITTEN}, {"name": "_unit", "value": PERSON["email"]}],
        contact_email=PERSON["email"], browser_ip=ADDRESS_OF_A_BROWSER, landing_site=f"/?email={PERSON['email']}",
        client_details={"browser_ip": ADDRESS_OF_A_BROWSER, "user_agent": CONVERSATION},
        order_status_url=f"https://x/?key={CONVERSATION}", discount_codes=[{"code": PERSON["email"]}],
        tags=PERSON["email"], email=PERSON["email"], phone=PERSON["phone"],
    )  # fmt: skip
    for line in body["line_items"]:
        line |= {"properties": [{"name": "engraving", "value": WRITTEN}], "sku": PERSON["email"]}
    return body


def walked(walk: Walk) -> None:
    """Go through every door, with and without the right to."""
    for number in (1042, 1043):
        walk.webhook("orders/create", an_order(number))
    walk.webhook("orders/updated", an_order(1042) | {"updated_at": factories.at(9)})
    checkout = an_order(9) | {"token": CONVERSATION, "abandoned_checkout_url": f"https://x/{CONVERSATION}"}
    walk.webhook("checkouts/create", checkout)
    walk.webhook("customers/data_request", named(orders_requested=[1042], data_request={"id": 1}))
    walk.webhook("customers/update", {"id": CUSTOMER} | PERSON)  # a topic that we never asked for
    walk.forged("orders/create", an_order(1044))
    for path in ("/", "/data", "/alerts", "/releases/1", "/no-such-page", "/versions/demand_forecast/1"):
        assert walk.page(path, q=PERSON["email"], note=WRITTEN, said=PERSON["email"]) < 500
    walk.send("GET", "/", params={"id_token": walk.secret(id_token(exp=1)), "shop": SHOP, "host": host()})
    walk.send("GET", "/live", headers={"Authorization": walk.secret(bearer(exp=1)["Authorization"])})
    event = {"id": "e-1", "name": "product_viewed", "at": factories.at(0), "product": 11} | PERSON
    told = {
        "shop": SHOP,
        "key": keys.give(SHOP),
        "unit": "zz-unit-of-a-visitor",
        "analytics": True,
        "sent": factories.at(0),
    }
    walk.send("POST", "/pixel", data=json.dumps(told | {"events": [event]}))
    walk.send("POST", "/pixel", data=json.dumps(told | {"events": [event], "customer": PERSON}))
    question = {"cart": [1], "note": WRITTEN, "email": PERSON["email"]}
    walk.proxied()
    walk.proxied(question=json.dumps(question))
    walk.proxied("POST", shown="live", seed=WRITTEN)
    walk.send("POST", f"/answers/{SHOP}/recommendations", data=json.dumps({"pass": WRITTEN, "question": question}))
    walk.send("POST", "/checkout/offer", data=json.dumps(question | PERSON), headers=bearer())
    walk.send("POST", "/admin/login/", data={"username": PERSON["email"], "password": PASSWORD})


def named(**more: Any) -> dict[str, Any]:
    customer = {"id": CUSTOMER, "email": PERSON["email"], "phone": PERSON["phone"]}
    return {"shop_id": 61, "shop_domain": SHOP, "customer": customer} | more


def places(walk: Walk, tmp_path: Path, logged: str) -> dict[str, str]:
    """Return all that is kept anywhere, by where."""
    found = {f"table {name}": rows for name, rows in images.copied().items()}
    found |= {
        f"file {path.name}": path.read_bytes().decode("latin-1")
        for path in tmp_path.rglob("*")
        if path.is_file() and "static" not in path.parts and path != walk.web.log
    }
    found |= {"the web process's log": walk.web.log.read_text(), "the worker's log": logged, "Redis": in_redis()}
    return found


def in_redis() -> str:
    client = redis.Redis.from_url(settings.REDIS_URL)
    return repr([(key, client.dump(key)) for key in client.scan_iter(count=1000)])


def remains(secrets: list[str], found: dict[str, str]) -> list[tuple[str, str]]:
    """Say what is found where; as it was sent, or as JSON, an address or bytes in hexadecimal write it."""
    written = {
        form: secret for secret in secrets for form in (secret, urlencode({"": secret})[1:], secret.encode().hex())
    }
    return sorted({(place, written[form]) for place, text in found.items() for form in written if form in text})


def test_nothing_personal_and_nothing_secret_is_kept(
    walk: Walk, shop: Shop, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    walked(walk)
    ingest.drain()
    assert Order.objects.for_shop(shop).count() == 2 and WebhookDelivery.objects.count() >= 6

    found = places(walk, tmp_path, caplog.text)
    assert len(found["the web process's log"].splitlines()) >= 10
    assert remains(walk.secrets, found) == []
    assert re.findall(r"id_token=|signature=|Bearer ", found["the web process's log"] + caplog.text) == []

    walk.webhook("customers/redact", named(orders_to_redact=[1042]))
    walk.webhook("app/uninstalled", {"id": 61, "myshopify_domain": SHOP, "domain": SHOP, "shop_domain": SHOP})
    ingest.drain()
    walk.webhook("shop/redact", {"shop_id": 61, "shop_domain": SHOP})
    ingest.drain()
    found = places(walk, tmp_path, caplog.text)
    assert remains(walk.secrets, found) == []
    assert not Order.objects.exists() and not Shop.objects.filter(domain=SHOP).exists()
    tables = {place: text for place, text in found.items() if place.startswith("table ")}
    assert {place for place, text in tables.items() if SHOP in text} <= {"table pipelines_webhookdelivery"}


def test_what_is_left_would_be_found() -> None:
    assert remains(["a b@c"], {"x": "an A b", "y": "a+b%40c", "z": "61206240"}) == [("y", "a b@c")]
    assert remains(["ab"], {"x": "\\x6162"}) == [("x", "ab")]
