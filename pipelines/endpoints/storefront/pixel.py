"""The pixel's door: POST /pixel with what a visitor's browser saw the visitor do.

`door` is called by shopmlops/asgi.py before Django is asked. It is public, and nobody who sends here is trusted: the
body is small and cut to an allow-list, each sender may send so much, and what is not taken is counted. Rows are
appended later; the sender waits for no database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NoReturn

from django.utils import timezone

from pipelines.endpoints import callers, webhooks
from pipelines.endpoints.answering.memory import memory
from pipelines.endpoints.patience import Receive, Scope, Send, Unreadable, answer, read_body
from pipelines.endpoints.storefront import events
from pipelines.endpoints.storefront.events import Told, Unusable
from pipelines.endpoints.storefront.limits import Limit
from pipelines.lifecycle.operating import switches
from pipelines.lifecycle.storefront import keys, pixel
from pipelines.lifecycle.storefront.events import COUNT, KEEP, Ignored
from pipelines.models import IgnoredEvents

Reason = IgnoredEvents.Reason
PATH = pixel.PATH
BODY_SECONDS = 2.0
# Many shoppers may share one address; a shop's busiest minute, in each process.
BY_ADDRESS, BY_SHOP = Limit(at_once=400, a_second=40), Limit(at_once=10_000, a_second=1_000)
BROWSER = re.compile(rb"Mozilla/5\.0 ")  # every browser begins so
ROBOT = re.compile(rb"(?i)bot\b|crawl|spider|slurp|lighthouse|preview|pingdom|monitor|scrap|facebookexternal")
# The pixel's sandbox has no origin of its own, and asks nothing before.
OPEN = [(b"access-control-allow-origin", b"*"), (b"cache-control", b"no-store")]
MORE = {405: [(b"allow", b"POST")], 429: [(b"retry-after", b"60")]}


class Refused(Exception):
    """Nothing of the request is taken."""

    def __init__(self, status: int, reason: str) -> None:
        self.status, self.reason = status, reason


async def door(scope: Scope, receive: Receive, send: Send) -> None:
    """Take in what one browser tells."""
    try:
        await take_in(scope, receive)
    except (Refused, Unreadable) as refused:
        await answer(send, refused.status, refused.reason.encode(), [*OPEN, *MORE.get(refused.status, ())])
    else:
        await answer(send, 202, b"", OPEN)


async def take_in(scope: Scope, receive: Receive) -> None:
    """Append what is told, or raise Refused."""
    if scope["method"] != "POST":
        raise Refused(405, "POST only")
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    if not length.isdigit() or int(length) > events.LARGEST:
        raise Refused(413, "too large")
    try:
        told = events.read(await read_body(receive, events.LARGEST, BODY_SECONDS))
    except Unusable as unusable:
        raise Refused(400, str(unusable)) from None
    now = timezone.now()
    refuse_strangers(told, caller(scope, headers), now)
    if is_a_robot(headers.get(b"user-agent", b"")):
        count(told.domain, now, [(Reason.BOT, len(told.events))])
        return
    kept, ignored = events.sort(told, now)
    count(told.domain, now, ignored.items())
    for event in kept:
        webhooks.outbox().appended.add(KEEP, event)


def refuse_strangers(told: Told, sender: str, now: datetime) -> None:
    """Refuse what nobody may send, and count it for the shop that it names, where we know that shop."""
    shops = memory().shops
    if shops is not None and told.domain not in shops:
        raise Refused(404, "the app is not installed there")
    if memory().is_off(told.domain, switches.PIXEL):
        raise Refused(404, "switched off")
    size = len(told.events)
    if not BY_ADDRESS.takes(sender, size):
        refuse(told, now, Reason.TOO_MANY, 429, "too much from this address")
    if not keys.is_ours(told.key, told.domain):
        refuse(told, now, Reason.FORGED, 401, "this is no key of ours for this shop")
    if not told.has_consent:
        refuse(told, now, Reason.NO_CONSENT, 403, "without consent nothing is taken")
    if not BY_SHOP.takes(told.domain, size):
        refuse(told, now, Reason.TOO_MANY, 429, "too much of this shop")


def refuse(told: Told, now: datetime, reason: IgnoredEvents.Reason, status: int, sentence: str) -> NoReturn:
    """Count what is told as not taken, and refuse it."""
    count(told.domain, now, [(reason, len(told.events))])
    raise Refused(status, sentence)


def caller(scope: Scope, headers: dict[bytes, bytes]) -> str:
    """Return the address that a request comes from; it is counted in memory, and never written."""
    peer = (scope.get("client") or ("", 0))[0]
    return callers.address(peer, headers.get(b"x-forwarded-for", b"").decode("latin-1"))


def is_a_robot(agent: bytes) -> bool:
    """Tell whether a sender says that it is no shopper's browser."""
    return not BROWSER.match(agent) or bool(ROBOT.search(agent))


def count(domain: str, now: datetime, ignored: Iterable[tuple[str, int]]) -> None:
    """Append how many events were not taken, and why."""
    for reason, number in ignored:
        webhooks.outbox().appended.add(COUNT, Ignored(domain, now.date(), reason, number))
