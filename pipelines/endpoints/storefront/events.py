"""What a web pixel may tell: a few events of one visitor, of which an allow-list is read and nothing else.

A visitor's clock may be wrong: an event is as old as it was by that clock when it was sent, and that is taken off ours.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from pipelines.endpoints.answering.passes import UNIT
from pipelines.lifecycle.storefront.events import Seen
from pipelines.models import IgnoredEvents, StorefrontEvent
from pipelines.shopify.domains import SHOP_DOMAIN
from pipelines.shopify.reading.shapes import Malformed, checkout_key, currency, maybe_money
from pipelines.shopify.reading.topics import number, token_digest
from pipelines.stats import assignment
from pipelines.usecases import USE_CASES

LARGEST = 16 * 1024  # bytes
MOST = 20  # events
LONGEST = 200  # characters of a text
LARGEST_ID = 2**63 - 1
LAST_PLACE = 100
MOST_UNITS = 10_000  # in a cart
DEVICES = frozenset(("phone", "tablet", "desktop"))
SOURCES = frozenset(("direct", "search", "social", "email", "ads", "other"))
OLDEST = timedelta(days=1)
AHEAD = timedelta(seconds=2)  # by which two looks at one clock may be out of order
Kind, Reason = StorefrontEvent.Kind, IgnoredEvents.Reason
KINDS: frozenset[str] = frozenset(Kind.values)


class Unusable(Exception):
    """The body tells nothing that can be read."""


class Left(Exception):
    """An event is left out; the reason says why."""

    def __init__(self, reason: IgnoredEvents.Reason) -> None:
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Told:
    """What one request says, before anybody asked whether to believe it."""

    domain: str
    key: str
    unit_id: str
    has_consent: bool
    sent: datetime
    events: tuple[Any, ...]


def read(body: bytes) -> Told:
    """Return what is told, or raise Unusable with a reason."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Unusable("the body is not JSON") from None
    match told:
        case {"shop": str(domain), "key": str(key), "unit": str(unit), "sent": str(sent), "events": list(events)}:
            at = moment(sent)
            if not (SHOP_DOMAIN.fullmatch(domain) and UNIT.fullmatch(unit) and at and 0 < len(events) <= MOST):
                raise Unusable("shop, unit, sent or events are not as they should be")
            return Told(domain, key, unit, told.get("analytics") is True, at, tuple(events))
    raise Unusable("the body is not {shop, key, unit, analytics, sent, events}")


def sort(told: Told, now: datetime) -> tuple[list[Seen], Counter[str]]:
    """Return the events that are kept, and how many are not, by reason."""
    kept: list[Seen] = []
    ignored: Counter[str] = Counter()
    for event in told.events:
        try:
            kept.append(seen(event, told, now))
        except Left as left:
            ignored[left.reason] += 1
    return kept, ignored


def seen(event: Any, told: Told, now: datetime) -> Seen:
    """Return one event as it is kept, or raise Left."""
    if abs(now - told.sent) > OLDEST:
        raise Left(Reason.CLOCK)
    match event:
        case {"id": str(given), "name": str(name), "at": str(at)} if 0 < len(given) <= LONGEST and (then := moment(at)):
            if name not in KINDS:
                raise Left(Reason.UNKNOWN)
            return Seen(
                told.domain,
                hashlib.sha256(given.encode("utf-8", "replace")).hexdigest()[:32],
                name,
                now - age(told.sent - then),
                now.date(),
                assignment.digest(told.unit_id).hex(),
                **about(name, event),
            )
    raise Left(Reason.UNREADABLE)


def age(since: timedelta) -> timedelta:
    """Return how old an event is, or raise Left where it cannot be that old, or that young."""
    if since < -AHEAD:
        raise Left(Reason.FUTURE)
    if since > OLDEST:
        raise Left(Reason.OLD)
    return max(since, timedelta())


def about(name: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of an event beside what, when and whose it is: of a checkout's step, which checkout."""
    if name in StorefrontEvent.STEPS:
        return {"checkout": which_checkout(event)}
    found = {key: an_id(event.get(key)) for key in ("product", "variant")}
    found |= click(event) if name == Kind.BLOCK_CLICKED else {}
    return found | about_visit(event) | about_cart(event)


def click(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return whose block was clicked, and where in its list."""
    use_case, place = event.get("use_case"), event.get("place")
    if type(use_case) is not str or use_case not in USE_CASES:
        raise Left(Reason.UNKNOWN)
    return {"use_case": use_case, "place": place if type(place) is int and 0 < place <= LAST_PLACE else None}


def about_visit(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return by which kind of device and road a visitor came, where it is one that we know."""
    told = {"device": (event.get("device"), DEVICES), "source": (event.get("source"), SOURCES)}
    return {name: value for name, (value, known) in told.items() if type(value) is str and value in known}


def about_cart(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return how large the cart or checkout is, and which checkout it is."""
    found: dict[str, Any] = {name: a_count(event.get(name)) for name in ("lines", "units")}
    try:
        code = currency(str(event.get("currency")))
        found |= {"value": maybe_money(event.get("value"), code, "value"), "currency": code}
    except Malformed:
        pass  # of what is in no currency, or no amount, the size is not known
    discount = event.get("discount")
    found |= {"checkout": which_checkout(event)}
    return found | {"has_discount": discount if type(discount) is bool else None}


def which_checkout(event: Mapping[str, Any]) -> int | None:
    """Return the key of the checkout that an event names by its token: never the token."""
    token = event.get("checkout")
    digest = token_digest(token) if type(token) is str and len(token) <= LONGEST else None
    return checkout_key(digest) if digest else None


def a_count(value: Any) -> int | None:
    """Return a small whole number, or nothing."""
    return value if type(value) is int and 0 <= value <= MOST_UNITS else None


def an_id(value: Any) -> int | None:
    """Return Shopify's id of something, given as a number, as digits or as a gid."""
    found = number(value) if type(value) is int or (type(value) is str and len(value) <= LONGEST) else None
    return found if found is not None and 0 < found <= LARGEST_ID else None


def moment(text: str) -> datetime | None:
    """Return a moment with its zone, or nothing where the text is none that can be reckoned with."""
    try:
        at = datetime.fromisoformat(text) if len(text) <= 40 else None
        return at.astimezone(UTC) if at and at.tzinfo else None
    except (ValueError, OverflowError):
        return None
