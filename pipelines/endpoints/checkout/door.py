"""The checkout's doors: POST /checkout/<path of a use case>, /checkout/accepted and /checkout/opt-out.

An extension runs in a worker of Shopify's whose origin is `null` or Shopify's own, so every origin may ask, without
credentials; its browser asks first whether it may send the token (OPTIONS). The token says in which shop's checkout it
runs, and nothing is taken from anywhere else: a shop that a body names is never read.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import Any

from pipelines.endpoints import callers, webhooks
from pipelines.endpoints.answering import passes
from pipelines.endpoints.answering.door import Refused
from pipelines.endpoints.answering.memory import Place, memory
from pipelines.endpoints.answering.opting_out import opt_out
from pipelines.endpoints.answering.passes import NotAllowed
from pipelines.endpoints.checkout import deciding, told
from pipelines.endpoints.checkout.told import Outdated, Unusable
from pipelines.endpoints.patience import Receive, Scope, Send, Unreadable, answer, read_body
from pipelines.endpoints.storefront.limits import Limit
from pipelines.lifecycle.operating import switches
from pipelines.models import own
from pipelines.records import record
from pipelines.shopify import id_tokens
from pipelines.shopify.errors import InvalidIdToken
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import UseCase

PREFIX = "/checkout/"
PATH = re.compile(rf"{PREFIX}([a-z-]{{1,40}})")
ACCEPTED, OPT_OUT = "accepted", "opt-out"
BODY_SECONDS = 2.0
# A shop's busiest minute, and what one checkout may ask, in each process.
BY_SHOP, BY_CHECKOUT = Limit(at_once=10_000, a_second=1_000), Limit(at_once=40, a_second=0.5)
OPEN = [(b"access-control-allow-origin", b"*"), (b"cache-control", b"no-store")]
MAY_ASK = [
    (b"access-control-allow-methods", b"POST"),
    (b"access-control-allow-headers", b"authorization, content-type"),
    (b"access-control-max-age", b"7200"),
]
JSON = [(b"content-type", b"application/json"), *OPEN]
MORE = {405: [(b"allow", b"OPTIONS, POST")], 429: [(b"retry-after", b"60")]}


@record(frozen=True, slots=True)
class Request:
    """What came through the door, from whose checkout."""

    domain: str
    path: str
    body: dict[str, Any]
    at: datetime
    ends: float  # when nobody waits any more


async def door(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request of a checkout."""
    try:
        path = path_of(scope)
        if scope["method"] == "OPTIONS":
            await answer(send, 204, b"", [*OPEN, *MAY_ASK])
            return
        request = await understand(scope, receive, path)
        case = asked_at(path)
        reply = await decided(case, request) if case else None
        if reply is None:
            note(request, scope)
    except (Refused, Unreadable) as refused:
        await answer(send, refused.status, refused.reason.encode(), [*OPEN, *MORE.get(refused.status, ())])
        return
    if reply is None:
        await answer(send, 202, b"", OPEN)
        return
    await answer(send, 200, reply.body, JSON)
    await deciding.ask_unseen(reply)


async def decided(case: UseCase, request: Request) -> deciding.Reply:
    """Answer what a use case says of a checkout."""
    about = moment(request.domain, request.body, request.at)
    return await deciding.decide(case, request.domain, about, request.ends)


def path_of(scope: Scope) -> str:
    """Return what is asked for, or raise Refused."""
    place = PATH.fullmatch(scope["path"])
    if place is None or (place[1] not in (ACCEPTED, OPT_OUT) and asked_at(place[1]) is None):
        raise Refused(404, "nothing answers here")
    if scope["method"] not in ("POST", "OPTIONS"):
        raise Refused(405, "POST only")
    return place[1]


def asked_at(path: str) -> UseCase | None:
    """Return the use case that a checkout asks there."""
    return next((case for case in USE_CASES.values() if case.till and case.till.path == path), None)


async def understand(scope: Scope, receive: Receive, path: str) -> Request:
    """Return what is asked in whose checkout, or raise Refused."""
    at, headers = datetime.now(UTC), dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    if not length.isdigit() or int(length) > told.LARGEST:
        raise Refused(413, "too large")
    speaks = speaker(headers.get(b"authorization", b""), at)
    if path != OPT_OUT:
        if memory().is_off(speaks.shop_domain, switches.CHECKOUT):
            raise Refused(404, "switched off")
        refuse_too_much(speaks)
    raw = await read_body(receive, told.LARGEST, BODY_SECONDS)
    ends = time.monotonic() + deciding.BUDGET
    return Request(speaks.shop_domain, path, body_of(raw), at, ends)


def body_of(raw: bytes) -> dict[str, Any]:
    """Return the object that is asked, or raise Refused."""
    try:
        return told.read(raw)
    except Unusable as unusable:
        raise Refused(400, str(unusable)) from None
    except Outdated as outdated:
        raise Refused(410, str(outdated)) from None


def speaker(given: bytes, at: datetime) -> id_tokens.Checkout:
    """Return what a token says of whose checkout it is, or raise Refused."""
    kind, _, token = given.decode("latin-1").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Refused(401, "a session token of the checkout is missing")
    try:
        speaks = id_tokens.verify_checkout(token, at)
    except InvalidIdToken as refused:
        raise Refused(401, f"the session token is refused: {refused.reason}") from None
    shops = memory().shops
    if shops is not None and speaks.shop_domain not in shops:
        raise Refused(404, "the app is not installed there")
    return speaks


def refuse_too_much(speaks: id_tokens.Checkout) -> None:
    """Refuse what one checkout, or one shop, asks too much; an opt-out is counted by itself."""
    if not BY_CHECKOUT.takes(f"{speaks.shop_domain} {speaks.jti}") or not BY_SHOP.takes(speaks.shop_domain):
        raise Refused(429, "too much at once")


def moment(domain: str, body: dict[str, Any], at: datetime) -> told.Told:
    """Return what a checkout says of itself, or raise Refused."""
    place = (memory().shops or {}).get(domain, Place("UTC", ""))
    try:
        return told.understand(body, place, at)
    except Unusable as unusable:
        raise Refused(400, str(unusable)) from None


def note(request: Request, scope: Scope) -> None:
    """Append what a shopper said, or raise Refused."""
    if request.path == OPT_OUT:
        try:
            unit = told.unit_of(request.body)
        except Unusable as unusable:
            raise Refused(400, str(unusable)) from None
        opt_out(memory(), request.domain, unit, request.at, sender(scope))
    else:
        accept(request.domain, request.body.get("accept"), request.at)


def sender(scope: Scope) -> str:
    """Return the address that asks; it is counted in memory, and never written."""
    forwarded = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode("latin-1")
    return callers.address((scope.get("client") or ("", 0))[0], forwarded)


def accept(domain: str, given: Any, at: datetime) -> None:
    """Append that a shopper accepted what we showed in this shop; said again it changes nothing."""
    for case in (case for case in USE_CASES.values() if case.till and case.till.choose):
        purpose = deciding.ACCEPTING.format(use_case=case.slug)
        try:
            said = passes.unit_of(given if isinstance(given, str) else "", domain, purpose, at)
        except NotAllowed as why:
            if str(why) == passes.OVER:
                raise Refused(410, "it is over") from None
            continue
        pointer = (memory().pointers or {}).get((domain, case.slug))
        if pointer is None:
            raise Refused(503, "nothing is known yet")
        decision, _, shown = said.partition("-")
        row = {"shop": pointer.shop, "decision": decision, "picked": shown or None, "at": at.isoformat()}
        webhooks.outbox().appended.add(own.till(case.slug).ACCEPT, row)
        return
    raise Refused(401, "nothing of ours is accepted by this")
