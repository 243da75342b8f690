"""The facts we take from Shopify, in the shape of our tables, whichever door they come in by.

Webhook bodies (`payloads.py`) and GraphQL nodes (`nodes.py`) both become these. Times stay as Shopify wrote
them once they are known to be times; money is integer minor units. `Malformed` says which value is wrong.
"""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from pipelines.shopify.reading.texts import clean

SMALLEST, LARGEST = -(2**31), 2**31 - 1
LARGEST_ID = 2**63 - 1
EPOCH = "1970-01-01T00:00:00Z"  # stands for a moment that is not known yet
YEARS = range(1900, 2200)
MONEY_TYPES = frozenset({str, int, float})
WITHOUT_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"  # ISO 4217
WITH_THREE = "BHD IQD JOD KWD LYD OMR TND"
MINOR_DIGITS = dict.fromkeys(WITHOUT_DECIMALS.split(), 0) | dict.fromkeys(WITH_THREE.split(), 3)


class Malformed(ValueError):
    """A value from Shopify is not what it must be; no later try will read it."""


class Order(NamedTuple):
    shop_id: int
    shopify_id: int
    updated_at: str
    source_id: str
    name: str
    created_at: str
    processed_at: str
    cancelled_at: str | None
    is_test: bool
    financial_status: str
    fulfillment_status: str
    source_name: str
    currency: str
    subtotal_minor: int
    total_minor: int
    discounts_minor: int
    refunded_minor: int
    customer_ref: str | None
    unit: str | None
    checkout_key: int | None
    content_hash: int | None


class Line(NamedTuple):
    shop_id: int
    line_id: int
    order_id: int
    variant_id: int | None
    product_id: int | None
    sku: str
    title: str
    quantity: int
    current_quantity: int
    removed: int
    returned: int
    price_minor: int
    discount_minor: int
    is_gift_card: bool
    needs_shipping: bool
    processed_at: str
    group_id: int | None = None
    group_variant_id: int | None = None
    group_product_id: int | None = None
    group_quantity: int | None = None


class Product(NamedTuple):
    shop_id: int
    shopify_id: int
    updated_at: str
    source_id: str
    title: str
    product_type: str
    vendor: str
    status: str
    tags: str
    image_url: str
    created_at: str | None
    published_at: str | None  # to the online store
    content_hash: int | None


class Variant(NamedTuple):
    shop_id: int
    shopify_id: int
    updated_at: str
    source_id: str
    product_id: int
    title: str
    sku: str
    barcode: str
    price_minor: int | None
    compare_at_minor: int | None
    inventory_item_id: int | None
    continues_selling: bool
    created_at: str | None
    requires_components: bool | None = None  # it is a bundle, and sold with its parts; webhooks do not tell


class Group(NamedTuple):
    """What some lines of an order were sold as: so many of a bundle, if it is told which."""

    group_id: int
    variant_id: int | None = None
    product_id: int | None = None
    quantity: int | None = None


class Part(NamedTuple):
    """What a bundle is made of: so many of another variant."""

    shop_id: int
    bundle_id: int
    part_id: int
    quantity: int
    read_at: str
    since: str


class Item(NamedTuple):
    """What an inventory item adds to its variant."""

    shop_id: int
    inventory_item_id: int
    item_updated_at: str
    is_tracked: bool
    unit_cost_minor: int | None


class Stock(NamedTuple):
    shop_id: int
    inventory_item_id: int
    location_id: int
    available: int
    on_hand: int | None
    committed: int | None
    incoming: int | None
    updated_at: str


class Location(NamedTuple):
    shop_id: int
    shopify_id: int
    updated_at: str
    source_id: str
    name: str
    is_active: bool


class Checkout(NamedTuple):
    shop_id: int
    shopify_id: int  # made of its token: Shopify tells the checkout's own id at one of its doors only
    updated_at: str
    source_id: str
    token_digest: str
    created_at: str
    completed_at: str | None
    currency: str
    subtotal_minor: int
    lines: str
    first_minor: int | None  # as it was when Shopify first told of it; of an export nobody knows
    first_lines: int | None
    first_units: int | None
    steps: str | None  # what was known at that moment, while it went on: a list of one, which joins those before it


class Refund(NamedTuple):
    shop_id: int
    shopify_id: int
    order_id: int
    created_at: str


class OrderWithLines(NamedTuple):
    order: Order
    lines: list[Line]


class ProductWithVariants(NamedTuple):
    product: Product
    variants: list[Variant]
    is_whole: bool  # all variants are listed, so one that is missing is gone


def whole(value: Any, what: str, smallest: int = 0, largest: int = LARGEST) -> int:
    """Return a whole number within its bounds."""
    if type(value) is not int:
        raise Malformed(f"{what} is {shown(value)}, not a whole number")
    if not smallest <= value <= largest:
        raise Malformed(f"{what} is {value}, which is out of range")
    return value


def identifier(value: Any, what: str) -> int:
    """Return one of Shopify's ids."""
    return whole(value, what, 1, LARGEST_ID)


def maybe_identifier(value: Any, what: str) -> int | None:
    return None if value is None else whole(value, what, 1, LARGEST_ID)


def gid(value: Any, what: str = "the id") -> int:
    """Return the number at the end of a global id; a query string may follow it."""
    digits = value.rpartition("/")[2] if type(value) is str else ""
    if "?" in digits:
        digits = digits.partition("?")[0]
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 20 else 0
    if not 0 < number <= LARGEST_ID:
        raise Malformed(f"{what} is {shown(value)}, not a Shopify id")
    return number


def is_plausible(at: datetime) -> bool:
    """Say whether PostgreSQL, Python and pandas can all tell this moment, in whichever zone."""
    return at.year in YEARS


@lru_cache(maxsize=65536)
def is_moment(value: str) -> bool:
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return False
    return at.tzinfo is not None and is_plausible(at)


def moment(value: Any, what: str) -> str:
    """Return a time with its offset, as it was written."""
    if type(value) is not str or not is_moment(value):
        raise Malformed(f"{what} is {shown(value)}, not a time")
    return value


def maybe_moment(value: Any, what: str) -> str | None:
    return None if value is None else moment(value, what)


def is_later(one: str, other: str) -> bool:
    """Say whether a time is later than another, whatever their offsets."""
    return datetime.fromisoformat(one) > datetime.fromisoformat(other)


@lru_cache(maxsize=1024)
def currency(value: Any) -> str:
    """Return a currency's code; one that we do not know has two decimals, as nearly all have."""
    if type(value) is not str or len(value) != 3 or not (value.isascii() and value.isalpha() and value.isupper()):
        raise Malformed(f"the currency is {shown(value)}, not a code of three letters")
    return value


@lru_cache(maxsize=65536, typed=True)
def minor(amount: str | int | float, code: str) -> int | None:
    """Return an amount in minor units of its currency; None where it is none, or out of range."""
    if type(amount) not in MONEY_TYPES:
        return None
    try:
        units = Decimal(str(amount)).scaleb(MINOR_DIGITS.get(code, 2)).to_integral_value(ROUND_HALF_UP)
        return int(units) if 0 <= units <= LARGEST_ID else None
    except (ArithmeticError, ValueError):  # decimal's own Overflow is the former
        return None


def money(value: Any, code: str, what: str) -> int:
    """Return an amount that must be there; none is ever negative."""
    try:
        units = minor(value, code)
    except TypeError:  # a list or an object
        units = None
    if units is None:
        raise Malformed(f"{what} is {shown(value)}, not an amount of money")
    return units


def fitting(units: int, what: str) -> int:
    """Return money that was added up or multiplied, if a column can hold it."""
    if units > LARGEST_ID:
        raise Malformed(f"{what} add up to more than can be stored")
    return units


def maybe_money(value: Any, code: str, what: str) -> int | None:
    return None if value is None else money(value, code, what)


def words(value: Any, longest: int = 255) -> str:
    """Return a text of limited length; nothing and non-texts are empty."""
    return clean(value)[:longest] if type(value) is str else ""


def shown(value: Any) -> str:
    return clean(repr(value))[:40]


def checkout_key(token_digest: str) -> int:
    """Make a number of the digest of a checkout's token: 60 bits, the same at every door."""
    return int(token_digest[:15], 16)
