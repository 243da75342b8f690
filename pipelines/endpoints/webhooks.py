"""The webhook door: check the signature, cut the body to its allow-list, store it, answer.

`door` is called by shopmlops/asgi.py before Django is asked: an acknowledged delivery is a committed one.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import re
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
import psycopg2
from django.conf import settings
from psycopg2.extensions import connection as Connection

from pipelines import tracing
from pipelines.endpoints.metrics.counted import WEBHOOKS
from pipelines.endpoints.outbox import Delivery, Outbox, Receipt
from pipelines.endpoints.patience import Receive, Scope, Send, Unreadable, answer, read_body
from pipelines.shopify.domains import SHOP_DOMAIN, client_secrets
from pipelines.shopify.hmac import webhook_is_authentic
from pipelines.shopify.reading.shapes import is_plausible
from pipelines.shopify.reading.texts import clean
from pipelines.shopify.reading.topics import TOPICS, Minimised, Topic, minimise

PATH = "/webhooks/shopify"
LARGEST = 2 * 1024 * 1024
CONNECT_SECONDS = 2
BODY_SECONDS = 5.0  # Shopify itself gives up after so many
TOPIC_NAME = re.compile(r"[a-z0-9_]+(?:/[a-z0-9_]+){1,3}")
LIMITS = {"webhook-id": 100, "event-id": 100, "api-version": 20, "topic": 60, "shop-domain": 100}
OF_NO_FORM = ("webhook-id", "event-id", "api-version")
SHOPIFYS = b"shopify-"  # how its headers begin; those of webhooks have X- before that, those of its newer events not
HEADERS = [(name, SHOPIFYS + name.encode(), longest) for name, longest in LIMITS.items()]

MORE = {405: [(b"allow", b"POST")], 503: [(b"retry-after", b"5")]}


class Refused(Exception):
    """The request is not answered with 200; nothing was stored."""

    def __init__(self, status: int, reason: str) -> None:
        self.status, self.reason = status, reason


class Unusable(Exception):
    """The body is authentic, and no JSON object."""


async def door(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one delivery."""
    began, status, reason = time.perf_counter(), 200, ""
    try:
        await take_in(scope, receive)
    except (Refused, Unreadable) as refused:
        status, reason = refused.status, refused.reason
    WEBHOOKS.labels(status).observe(time.perf_counter() - began)
    await answer(send, status, reason.encode(), MORE.get(status, ()))


async def take_in(scope: Scope, receive: Receive) -> None:
    """Store one delivery, or raise Refused."""
    if scope["method"] != "POST":
        raise Refused(405, "POST only")
    headers = single_headers(scope["headers"])
    length = headers.get(b"content-length", b"0")
    if not length.isdigit() or int(length) > LARGEST:
        raise Refused(413, "too large")
    body = await read_body(receive, LARGEST, BODY_SECONDS)
    if not webhook_is_authentic(body, headers.get(b"shopify-hmac-sha256", b""), client_secrets()):
        raise Refused(401, "signature does not match")
    named = named_headers(headers)
    minimised, state, error = understand(named["topic"], body)
    require_same_shop(named, minimised, is_readable=state == "received")
    digest = hashlib.sha256(body).hexdigest()
    delivery = Delivery(
        shop_domain=named["shop-domain"],
        webhook_id=named["webhook-id"] or f"{digest}:{named['topic']}"[:100],
        topic=named["topic"],
        event_id=named["event-id"],
        api_version=named["api-version"],
        triggered_at=moment(headers.get(b"shopify-triggered-at")),
        body_digest=digest,
        payload=minimised.payload,
        subject=minimised.subject,
        state=state,
        error=error,
        request=tracing.ids().get("request", ""),
    )
    outcome = await outbox().store(delivery, customer_id=minimised.customer_id, shop_id=minimised.shop_id)
    if outcome is Receipt.REFUSED:
        raise Refused(401, "the body names another shop")
    if outcome is Receipt.UNAVAILABLE:
        raise Refused(503, "not stored, please send it again")


def single_headers(pairs: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Return the headers by name, Shopify's own without their X-; of those each may stand there once."""
    headers: dict[bytes, bytes] = {}
    for given, value in pairs:
        name = given.removeprefix(b"x-") if given.startswith(b"x-shopify-") else given
        if name in headers and name.startswith(SHOPIFYS):
            raise Refused(400, "a header of Shopify's is there twice")
        headers[name] = value
    return headers


def require_same_shop(named: dict[str, str], minimised: Minimised, *, is_readable: bool) -> None:
    """Refuse a body of another shop than the header's: the signature covers the body only.

    What ends a shop or forgets its customers must name the shop itself, or any signed body would do.
    """
    is_nameless = minimised.shop_domain is None and minimised.shop_id is None
    if is_readable and is_nameless and TOPICS[named["topic"]].always:
        raise Refused(401, "the body names no shop")
    if minimised.shop_domain not in (None, named["shop-domain"]):
        raise Refused(401, "the body names another shop")


def named_headers(headers: dict[bytes, bytes]) -> dict[str, str]:
    """Return Shopify's headers, each within its bounds."""
    named = {name: headers.get(key, b"").decode("latin-1") for name, key, _ in HEADERS}
    named["shop-domain"] = named["shop-domain"].lower()
    for name, _, longest in HEADERS:
        if len(named[name]) > longest or not named[name].isascii():
            raise Refused(400, f"X-Shopify-{name} is not usable")
    if not SHOP_DOMAIN.fullmatch(named["shop-domain"]):
        raise Refused(400, "X-Shopify-Shop-Domain names no shop")
    if not TOPIC_NAME.fullmatch(named["topic"]):
        raise Refused(400, "X-Shopify-Topic names no topic")
    return named | {name: clean(named[name])[: LIMITS[name]] for name in OF_NO_FORM}


def understand(name: str, body: bytes) -> tuple[Minimised, str, str]:
    """Cut the body; what cannot be read, or has a topic that we do not take, is kept without content."""
    topic: Topic | None = TOPICS.get(name)
    if topic is None:
        return Minimised({}), "kept", "We do not use this topic."
    try:
        return minimise(topic, parse(body)), "received", ""
    except Unusable as unusable:
        return Minimised({}), "dead", str(unusable)


def parse(body: bytes) -> dict[str, Any]:
    """Return the body as an object, or raise Unusable with a reason."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        parsed = parse_leniently(body)
    if not isinstance(parsed, dict):
        raise Unusable("The body is JSON, but not an object.")
    return parsed


def parse_leniently(body: bytes) -> Any:
    """Parse what orjson refuses and Shopify may send: half a surrogate pair in somebody's note."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=lambda name: None)
    except UnicodeDecodeError:
        raise Unusable("The body is not UTF-8.") from None
    except RecursionError:
        raise Unusable("The body is nested too deeply.") from None
    except ValueError as error:
        raise Unusable(f"The body is not JSON: {error}"[:500]) from None


def moment(header: bytes | None) -> str:
    """Return when the event happened; without a usable header, when it arrived."""
    try:
        at = datetime.fromisoformat((header or b"").decode("ascii"))
    except ValueError:
        at = datetime.now(UTC)
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return (at if is_plausible(at) else datetime.now(UTC)).isoformat()


@lru_cache(maxsize=1)
def outbox() -> Outbox:
    """Return the process's own outbox, started with what comes first; a process that ends in peace writes its rows."""
    started = Outbox(connect)
    atexit.register(started.appended.wait_until_written)
    return started


def connect() -> Connection:
    """Open the committer's connection, beside Django's."""
    database: dict[str, Any] = settings.DATABASES["default"]
    opened: Connection = psycopg2.connect(
        dbname=database["NAME"],
        user=database["USER"] or None,
        password=database["PASSWORD"] or None,
        host=database["HOST"] or None,
        port=database["PORT"] or None,
        application_name="shopmlops outbox",
        **database["OPTIONS"] | {"connect_timeout": CONNECT_SECONDS},
    )
    return opened
