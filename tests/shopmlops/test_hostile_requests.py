"""The real web process, asked by somebody who means it no good: odd sizes, encodings, methods, numbers. Never a 5xx."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import requests
from django.conf import settings

from pipelines.lifecycle.storefront import keys
from pipelines.shopify.hmac import proxy_signature
from tests import histories
from tests.identities import SHOP, id_token, launch, signed_webhook
from tests.shopmlops.conftest import Web
from tests.shopmlops.live_web import web_on_these_rows

UNIT = "7d0f6f0e-1f57-4a7c-9d55-0f5b2b1b9a01"
PATHS = (
    "/", "/bounce", "/live", "/vitals", "/data", "/versions", "/releases/1", "/forecasts", "/settings", "/admin/",
    "/admin/login/", "/webhooks/shopify", "/pixel", "/healthz", "/readyz", "/metrics", "/checkout/offer",
    f"/answers/{SHOP}/recommendations", "/checkout/score", "/checkout/accepted", "/checkout/opt-out",
    "/proxy/recommendations", "/proxy/opt-out", "/proxy/offers", "/api/conversion", "/static/x",
)  # fmt: skip
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
QUERIES = (
    "", "&".join("a=1" for _ in range(300)), "a=" + "x" * 6000, "%", "%00=%00", "%ff%fe=%c0%80", "a[]=1&a[]=2",
    "id_token=%00", "shop=x&shop=y", f"shop={SHOP}&host=" + "A" * 500, "seen=%ff&seen=" + "9" * 500, "after=-1",
    "q=" + "9" * 5000, "limit=1&after=" + "9" * 18, "said=a:b:c", "page=1e309", "day=0000-00-00", "month=99999-99",
    "a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9",
)  # fmt: skip
BODIES: tuple[bytes, ...] = (
    b"", b"\x00", b"\xff\xfe", b"{", b"[" * 3000, b'{"a":' * 3000, b"null", b"true", b"1e999", b"-0", b'"x"', b"[]",
    b"{}", b'{"pass":null,"question":null}', b'{"pass":"a","question":{"a":1e400}}', b'{"a":"\\ud800"}',
    b'{"a":1,"a":2}', b"9" * 9000, b'{"id":' + b"9" * 400 + b"}", '{"\u202e":1}'.encode("utf-16"), b"a=%ff&b=%00",
    b"x" * 70_000,
)  # fmt: skip
HEADERS: tuple[dict[str, str], ...] = (
    {"Authorization": "Bearer"}, {"Authorization": "Bearer " + "a" * 3000}, {"Authorization": "Basic ÿ"},
    {"Content-Type": "multipart/form-data"}, {"Content-Type": "multipart/form-data; boundary=\x80"},
    {"Content-Type": "application/json; charset=utf-7"}, {"Content-Encoding": "gzip"}, {"Accept": "\x80"},
    {"Range": "bytes=-1"}, {"X-Forwarded-For": "," * 500}, {"X-Forwarded-For": "::ffff:zz, é"},
    {"X-Forwarded-Proto": "https,http"}, {"X-Request-Id": "é" * 20}, {"If-Modified-Since": "Tue, 99 Foo 99999"},
    {"If-None-Match": '"' * 99}, {"HX-Request": "true"}, {"Last-Event-ID": "9" * 3000}, {"Cookie": "a" * 4000},
    {"X-Shopify-Topic": "x", "Shopify-Topic": "y"},
)  # fmt: skip
NO_REQUESTS = (
    b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    b"GET  / HTTP/1.1\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"POST /pixel HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST /pixel HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    b"POST /pixel HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
    b"POST /pixel HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"POST /pixel HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: a\r\n" % n for n in range(500)) + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n",
    b"GET http://169.254.169.254/ HTTP/1.1\r\nHost: x\r\n\r\n",
    b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n",
)


@pytest.fixture
def inside(transactional_db: None, tmp_path: Path) -> Iterator[Web]:
    histories.a_shop(domain=SHOP, gid="gid://shopify/Shop/61")
    with web_on_these_rows(tmp_path) as started:
        yield started


class Attacker:
    """Sends requests, and keeps those that broke something."""

    def __init__(self, web: Web) -> None:
        self.web, self.broken, self.asked = web, [], 0
        self.session = requests.Session()

    def send(self, method: str, path: str, **request: Any) -> None:
        headers = {name: value.encode("latin-1") for name, value in request.pop("headers", {}).items()}
        made = requests.Request(method, f"{self.web.address}{path}", headers=headers, **request).prepare()
        self.asked += 1
        try:
            with self.session.send(made, allow_redirects=False, timeout=30, stream=True) as answer:
                status = answer.status_code
        except requests.ConnectionError:
            status = 0  # it was hung up on: no answer, and nothing broke
            self.session = requests.Session()
        if status >= 500 and status not in (501, 503, 505):
            self.broken.append((status, method, path[:80], str(headers)[:80], str(request)[:120]))


def proxied(**told: str) -> str:
    from time import time
    from urllib.parse import urlencode

    facts = {"unit": UNIT, "shop": SHOP, "path_prefix": "/apps/x", "timestamp": str(int(time()))} | told
    return urlencode(facts | {"signature": proxy_signature([*facts.items()], settings.SHOPIFY_API_SECRET)})


def wild(value: Any) -> list[Any]:
    """Return what may stand where a value is asked for."""
    return [
        value,
        None,
        "",
        [],
        {},
        -1,
        2**63,
        2**70,
        1e308,
        True,
        "\x00",
        "\ud800x",
        "é" * 300,
        [[]] * 50,
        {"a": {"b": [1]}},
    ]


def shaken(facts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a body with each of its values taken the place of, and left out."""
    for name in facts:
        yield {key: value for key, value in facts.items() if key != name}
        for value in wild(facts[name]):
            yield facts | {name: value}


def test_strangers_break_nothing(web: Web) -> None:
    attacker = Attacker(web)
    for path in PATHS:
        for method in METHODS:
            attacker.send(method, path)
        for query in QUERIES:
            attacker.send("GET", f"{path}?{query}")
        for headers in HEADERS:
            attacker.send("POST", path, headers=headers, data=b"{}")
        for body in BODIES:
            attacker.send("POST", path, data=body)
    assert attacker.asked > 1200 and attacker.broken == []


def test_bytes_that_are_no_request_break_nothing(web: Web) -> None:
    for raw in NO_REQUESTS:
        assert not first_said(web, raw).startswith(b"HTTP/1.1 500"), raw[:60]
    assert requests.get(f"{web.address}/healthz", timeout=60).status_code == 200


def first_said(web: Web, raw: bytes) -> bytes:
    """Return how the answer begins, if there is one."""
    with web.connect(raw) as client:
        client.settimeout(10)
        try:
            return client.recv(200)
        except (TimeoutError, ConnectionError):
            return b""


def test_who_may_come_in_breaks_nothing_either(inside: Web) -> None:
    attacker = Attacker(inside)
    for path, query in product((*PATHS[:10], "/api/conversion"), QUERIES):
        attacker.send("GET", f"{path}?{query}", headers={"Authorization": f"Bearer {id_token()}"})
    for path in ("/", "/no-such-page", "/%ff", "/%00", "/a/../b", "/releases/" + "9" * 400, "/forecasts/٣"):
        attacker.send("GET", path, params=launch())
    tell_of_visitors(attacker)
    deliver(attacker)
    assert attacker.broken == []


def tell_of_visitors(attacker: Attacker) -> None:
    """Tell the pixel's door and the proxy's what no storefront would."""
    event = {"id": "e-1", "name": "product_viewed", "at": "2026-12-09T12:00:00Z", "product": 11}
    told = {"shop": SHOP, "key": keys.give(SHOP), "unit": UNIT, "analytics": True, "sent": "2026-12-09T12:00:00Z"}
    for body in (*shaken(told | {"events": [event]}), *(told | {"events": [each]} for each in shaken(event))):
        attacker.send("POST", "/pixel", data=json.dumps(body))
    for question in (*BODIES, *(json.dumps(value).encode() for value in wild({"cart": [1]}))):
        text = question.decode("latin-1")[:8000]
        for name in ("recommendations", "offers"):
            attacker.send("GET", f"/proxy/{name}?{proxied(question=text)}")
            attacker.send("POST", f"/proxy/{name}?{proxied(accept=text, shown=text, seed=text)}")
    attacker.send("POST", f"/proxy/opt-out?{proxied(logged_in_customer_id='9' * 400)}")


def deliver(attacker: Attacker) -> None:
    """Send what Shopify signs, whatever is in it, and headers that it never sends."""
    at = "2026-12-09T12:00:00Z"
    order = {"id": 7, "name": "#7", "created_at": at, "updated_at": at, "line_items": []}
    topics = ("orders/create", "products/update", "shop/redact", "customers/redact", "no/topic")
    for topic, body in product(topics, (*BODIES, *(json.dumps(each).encode() for each in shaken(order)))):
        raw, headers = signed_webhook(topic, body)
        attacker.send("POST", "/webhooks/shopify", data=raw, headers=headers)
    raw, headers = signed_webhook("orders/create", order)
    for name, value in product(headers, ("", "\x80", "x" * 3000, "é", "0", "-1", "9999-99-99")):
        attacker.send("POST", "/webhooks/shopify", data=raw, headers=headers | {name: value})
