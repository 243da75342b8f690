"""What an extension in the checkout may tell: a small object in JSON, of which a closed set is read, and strictly.

Names and values of the features are those of the frame `moments`; what is not told is nothing, and is never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from pipelines.endpoints.answering.memory import Place
from pipelines.records import record
from pipelines.shopify.reading.shapes import checkout_key
from pipelines.shopify.reading.topics import token_digest
from pipelines.usecases.tills import Cart, Line

LARGEST = 16 * 1024  # bytes
API = 1  # of our doors, as extensions name it; one that names another was built for another app
LONGEST = 200  # characters of a text
MOST_LINES = 100
MOST_MONEY, MOST_UNITS, MOST_EVENTS = 10**12, 10_000, 100_000
LARGEST_ID = 2**63 - 1
UNIT = re.compile(r"[0-9a-f]{32}")  # as the cart carries it
CURRENCY = re.compile(r"[A-Z]{3}")
DEVICES = ("phone", "tablet", "desktop", "unknown")
SOURCES = ("direct", "search", "social", "email", "ads", "other", "unknown")
COUNTS = ("events", "pages", "products", "collections", "searches", "adds", "removes", "carts")
FLAGS = ("has_discount", "has_address", "has_shipping")
TOO_OLD = "This extension was made for another version of the app: publish the one that came with it"


class Unusable(Exception):
    """The body cannot be read."""


class Outdated(Exception):
    """An extension asks that was made for another version of these doors."""


@record(frozen=True, slots=True)
class Told:
    """What a checkout says of itself."""

    unit: bytes
    has_consent: bool
    checkout: int | None  # the key under which the checkout is known at every door
    cart: Cart
    features: Mapping[str, Any]


def read(body: bytes) -> dict[str, Any]:
    """Return the object in a body of a version that we speak, or raise Unusable or Outdated."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Unusable("the body is not JSON") from None
    if not isinstance(told, dict):
        raise Unusable("the body is no object")
    if type(told.get("api")) is not int or told["api"] != API:
        raise Outdated(TOO_OLD)
    return told


def unit_of(told: Mapping[str, Any]) -> bytes:
    """Return who asks, as the cart carries it, or raise Unusable."""
    unit = told.get("unit")
    if not (isinstance(unit, str) and UNIT.fullmatch(unit)):
        raise Unusable("unit is not what the cart carries")
    return bytes.fromhex(unit)


def understand(told: Mapping[str, Any], place: Place, at: datetime) -> Told:
    """Return what a checkout says, or raise Unusable."""
    currency = told.get("currency")
    if not (isinstance(currency, str) and CURRENCY.fullmatch(currency)):
        raise Unusable("currency is none")
    checkout = text(told, "checkout")
    value, is_returning = whole(told, "value", MOST_MONEY), flag(told, "is_returning")
    cart = Cart(currency, value, lines_of(told.get("lines")), is_returning, at, told.get("analytics") is True)
    key = checkout_key(token_digest(checkout) or "0") if checkout else None
    return Told(unit_of(told), cart.has_consent, key, cart, features(told, cart, place))


def features(told: Mapping[str, Any], cart: Cart, place: Place) -> dict[str, Any]:
    """Give what is known of this moment; money only in the shop's own currency."""
    local = cart.at.astimezone(place.zone)
    found: dict[str, Any] = {"of": "checkout"} | {name: whole(told, name, MOST_EVENTS) for name in COUNTS}
    found["minutes"] = amount(told, "minutes")
    found["value"] = cart.value if cart.currency == place.currency else None
    found["lines"] = len(cart.lines) or None
    found["units"] = sum(line.quantity for line in cart.lines) or None
    found |= {name: as_number(flag(told, name)) for name in FLAGS}
    found["is_returning"] = as_number(cart.is_returning)
    found["device"] = one_of(told, "device", DEVICES)
    found["source"] = one_of(told, "source", SOURCES)
    return found | {"hour": local.hour, "weekday": local.weekday()}


def lines_of(told: Any) -> tuple[Line, ...]:
    """Return the lines of a cart, or raise Unusable."""
    if told is None:
        return ()
    if not (isinstance(told, list) and len(told) <= MOST_LINES and all(isinstance(each, dict) for each in told)):
        raise Unusable(f"lines are no list of at most {MOST_LINES} objects")
    return tuple(map(line_of, told))


def line_of(told: Mapping[str, Any]) -> Line:
    """Return one line of a cart."""
    quantity, price = whole(told, "quantity", MOST_UNITS), whole(told, "price", MOST_MONEY)
    if not quantity or price is None:
        raise Unusable("a line has no quantity or no price")
    return Line(whole(told, "product", LARGEST_ID), whole(told, "variant", LARGEST_ID), quantity, price)


def whole(told: Mapping[str, Any], name: str, most: int) -> int | None:
    """Return a whole number that is not negative, or nothing."""
    value = told.get(name)
    if value is not None and not (type(value) is int and 0 <= value <= most):
        raise Unusable(f"{name} is no whole number from 0 to {most}")
    return value


def amount(told: Mapping[str, Any], name: str) -> float | None:
    """Return a number that is not negative, or nothing."""
    value = told.get(name)
    if value is not None and not (type(value) in (int, float) and 0 <= value <= MOST_EVENTS):
        raise Unusable(f"{name} is no number from 0 to {MOST_EVENTS}")
    return None if value is None else float(value)


def flag(told: Mapping[str, Any], name: str) -> bool | None:
    """Return whether something is so, or nothing."""
    value = told.get(name)
    if value is not None and type(value) is not bool:
        raise Unusable(f"{name} is neither true nor false")
    return value


def as_number(value: bool | None) -> int | None:
    """Give yes and no as frames have them."""
    return None if value is None else int(value)


def text(told: Mapping[str, Any], name: str) -> str:
    """Return a short text; empty where none is told."""
    value = told.get(name) or ""
    if not (isinstance(value, str) and len(value) <= LONGEST):
        raise Unusable(f"{name} is no short text")
    return value


def one_of(told: Mapping[str, Any], name: str, known: tuple[str, ...]) -> str:
    """Return one of a few words."""
    value = told.get(name, "unknown")
    return value if isinstance(value, str) and value in known else "unknown"
