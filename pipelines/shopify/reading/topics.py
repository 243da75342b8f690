"""The webhook topics we take, and what of each body may be kept.

A body is cut to its topic's allow-list before anything is written: no name, address, e-mail, phone or IP
address, and no free text of customers or staff. Of note attributes one passes, under a key of our own and only
where it has our form: the digest of the unit that was shown a release. Line properties never pass. A customer's id
never passes: the door turns it into the shop's pseudonym.

Standard library only: the webhook door works before Django is involved.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from pipelines.shopify.reading.texts import clean

SCALARS: frozenset[type] = frozenset({str, int, float, bool, type(None)})
ABSENT = object()
NO_SUCH_FORM = "[removed]"  # stands for a value that has not the form of its field: whatever it is, it is not that


class Form(NamedTuple):
    """What the values of a field look like."""

    types: frozenset[type]  # that are as they should be, whatever the value
    matches: Callable[[str], Any] = lambda value: None  # where the value is a text, and texts are not among them

    @classmethod
    def of(cls, *types: type, text: str = "") -> Form:
        kinds = frozenset({*types, type(None)})
        return cls(kinds, re.compile(text, re.ASCII).fullmatch) if text else cls(kinds)


FREE = Form(SCALARS)  # texts of all kinds, which the door cleans
MOMENT = Form.of(text=r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?")
MONEY = Form.of(int, float, text=r"-?\d{1,24}(?:\.\d{1,12})?(?:[eE][+-]?\d{1,3})?")
ID = Form.of(int, text=r"(?:gid://shopify/\w{1,40}/)?\d{1,24}(?:\?[\w=&.-]{0,80})?")
STATUSES = (
    "pending authorized partially_paid paid partially_refunded refunded voided expired fulfilled partial restocked"
    " unfulfilled active archived draft unlisted success failure error created running completed failed canceled"
    " cancel return no_restock legacy_restock authorization capture sale void refund change emv_authorization"
)
STATUS = Form(frozenset({type(None)}), frozenset(STATUSES.split()).__contains__)
MONEY_FIELDS = "price compare_at_price total_discount amount cost subtotal_price total_price total_discounts"
STATUS_FIELDS = "financial_status fulfillment_status status kind restock_type"
FORMS: dict[str, Form] = {
    "id": ID,
    "currency": Form.of(text="[A-Z]{3}"),
    "country_code": Form.of(text="[A-Z]{2}"),
    "error_code": Form.of(text="[A-Za-z_]{1,40}"),
    "type": Form.of(text="(?i:query|mutation)"),
    "iana_timezone": Form.of(text="[A-Za-z0-9_+/-]{1,64}"),
}
for fields, form in (
    (MONEY_FIELDS, MONEY),
    (STATUS_FIELDS, STATUS),
    ("quantity current_quantity available", Form.of(int)),
    ("test gift_card requires_shipping tracked active", Form.of(bool)),
    ("myshopify_domain shop_domain", Form.of(text=r"[^\s@]{1,100}")),
):
    FORMS |= dict.fromkeys(fields.split(), form)


def form_of(name: str) -> Form:
    """Return the form of a field, by its name."""
    if name.endswith("_at"):
        return MOMENT
    return ID if name.endswith("_id") else FORMS.get(name, FREE)


UNIT_KEY = "_shopmlops_unit"  # the cart attribute that our theme block and pixel write
CHECKOUT_TOKENS = {"checkout": "token", "order": "checkout_token"}  # by kind of topic, where the token stands
REACHED = ("has_shipping", "has_discount")  # of a checkout: yes or no, and nothing of what
UNIT = re.compile(r"[0-9a-f]{32}")
SOME = re.compile(r"[0.]*[1-9]")  # with which an amount begins that is more than nothing


class Keep:
    """A part of an allow-list: plain values by name, and named parts that hold objects."""

    def __init__(self, names: str, lists: str = "", **parts: Keep) -> None:
        self.names = tuple(names.split())
        self.fields = tuple((name, *form_of(name)) for name in self.names)
        self.lists = tuple(lists.split())
        self.parts = tuple(parts.items())

    def cut(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return the allowed part of an object; a value that is not plain where it should be is left out.

        One that has not its field's form is marked: a name that stands where a time should is not kept.
        """
        get, kept = body.get, {}
        for name, types, matches in self.fields:
            value = get(name, ABSENT)
            kind = type(value)
            if kind in types or (kind is str and matches(value)):
                kept[name] = value
            elif kind in SCALARS:
                kept[name] = NO_SUCH_FORM
        for name in self.lists:
            if type(get(name)) is list:
                kept[name] = [value for value in body[name] if type(value) in SCALARS]
        for name, part in self.parts:
            value = get(name)
            if type(value) is list:
                kept[name] = [part.cut(item) for item in value if type(item) is dict]
            elif type(value) is dict:
                kept[name] = part.cut(value)
        return kept


@dataclass(frozen=True)
class Topic:
    """What one topic tells, and where."""

    keep: Keep
    kind: str  # which stage of ingest applies it
    subject: str = ""  # the field that a merchant would call it by
    customer: bool = False  # the customer's id becomes a pseudonym
    shop_id: str = ""  # the field with the shop's id or gid
    shop_domain: str = ""  # the field with the shop's myshopify.com domain
    always: bool = False  # applied also for shops that are unknown or have left


ORDER = Keep(
    "id name created_at processed_at updated_at cancelled_at test financial_status fulfillment_status source_name"
    " currency subtotal_price total_price total_discounts",
    line_items=Keep(
        "id product_id variant_id sku title quantity current_quantity price total_discount gift_card requires_shipping"
        " sales_line_item_group_id",
        discount_allocations=Keep("amount"),
    ),
    line_item_groups=Keep("id variant_id product_id quantity"),
    refunds=Keep(
        "id created_at",
        refund_line_items=Keep("line_item_id quantity restock_type"),
        transactions=Keep("kind status amount"),
    ),
)
PRODUCT = Keep(
    "id title product_type vendor status tags created_at updated_at published_at",
    image=Keep("src"),
    variants=Keep(
        "id title sku barcode price compare_at_price inventory_policy inventory_item_id created_at updated_at"
    ),
    variant_gids=Keep("admin_graphql_api_id"),
)
CHECKOUT = Keep(
    "created_at updated_at completed_at currency subtotal_price",
    line_items=Keep("variant_id product_id quantity price"),
)
SHOP = Keep("id myshopify_domain name currency iana_timezone country_code plan_name plan_display_name updated_at")
REFUND = Keep("id order_id created_at")
EDIT = Keep("", order_edit=Keep("id order_id committed_at created_at"))
STOCK = Keep("inventory_item_id location_id available updated_at")
ITEM = Keep("id sku cost tracked updated_at")
LOCATION = Keep("id name active created_at updated_at")
ONLY_ID = Keep("id")
SCOPES = Keep("shop_id updated_at", lists="previous current")
BULK = Keep("admin_graphql_api_id status error_code type completed_at")
DATA_REQUEST = Keep("shop_id shop_domain", lists="orders_requested", data_request=Keep("id"))
CUSTOMER_REDACT = Keep("shop_id shop_domain", lists="orders_to_redact")
SHOP_REDACT = Keep("shop_id shop_domain")

an_order = Topic(ORDER, "order", subject="name", customer=True)
a_product = Topic(PRODUCT, "product", subject="title")
a_checkout = Topic(CHECKOUT, "checkout")
for_privacy = partial(Topic, shop_id="shop_id", shop_domain="shop_domain", always=True)

TOPICS: dict[str, Topic] = {
    "orders/create": an_order,
    "orders/updated": an_order,
    "orders/cancelled": an_order,
    "orders/paid": an_order,
    "orders/fulfilled": an_order,
    "orders/partially_fulfilled": an_order,
    "orders/edited": Topic(EDIT, "order_edit"),
    "orders/delete": Topic(ONLY_ID, "order_delete"),
    "refunds/create": Topic(REFUND, "refund"),
    "products/create": a_product,
    "products/update": a_product,
    "products/delete": Topic(ONLY_ID, "product_delete"),
    "inventory_levels/update": Topic(STOCK, "stock"),
    "inventory_items/update": Topic(ITEM, "item", subject="sku"),
    "locations/update": Topic(LOCATION, "location", subject="name"),
    "shop/update": Topic(SHOP, "shop", shop_id="id", shop_domain="myshopify_domain"),
    "checkouts/create": a_checkout,
    "checkouts/update": a_checkout,
    "app/uninstalled": Topic(
        Keep("id myshopify_domain"), "uninstalled", shop_id="id", shop_domain="myshopify_domain", always=True
    ),
    "app/scopes_update": Topic(SCOPES, "scopes", shop_id="shop_id"),
    "bulk_operations/finish": Topic(BULK, "bulk"),
    "customers/data_request": for_privacy(DATA_REQUEST, "data_request", customer=True),
    "customers/redact": for_privacy(CUSTOMER_REDACT, "customer_redact", customer=True),
    "shop/redact": for_privacy(SHOP_REDACT, "shop_redact"),
}


class Minimised(NamedTuple):
    """A body cut to its allow-list, and what the door needs to know about it before it is written."""

    payload: dict[str, Any]
    subject: str = ""
    customer_id: int | None = None
    shop_id: int | None = None
    shop_domain: str | None = None


def minimise(topic: Topic, body: dict[str, Any]) -> Minimised:
    """Cut a body to what its topic allows."""
    payload = topic.keep.cut(body)
    if topic.kind == "order":
        forget_titles_of_custom_lines(payload.get("line_items", []))
        payload |= {"unit": unit} if (unit := unit_of(body.get("note_attributes"), "name")) else {}
    if topic.kind == "checkout":
        payload |= reached(body)
    if topic.kind in CHECKOUT_TOKENS and (digest := token_digest(body.get(CHECKOUT_TOKENS[topic.kind]))):
        payload["token_digest"] = digest
    customer = body.get("customer") if topic.customer else None
    return Minimised(
        payload,
        subject=clean(str(payload.get(topic.subject) or ""))[:80],
        customer_id=number(customer.get("id")) if isinstance(customer, dict) else None,
        shop_id=number(body.get(topic.shop_id)) if topic.shop_id else None,
        shop_domain=text(body.get(topic.shop_domain)) if topic.shop_domain else None,
    )


def reached(body: dict[str, Any]) -> dict[str, bool]:
    """Say how far a checkout has come; of its address, for which we do not ask, nothing.

    >>> reached({"shipping_lines": [{"price": "3.95"}], "discount_codes": []})
    {'has_shipping': True, 'has_discount': False}
    """
    discount = body.get("discount_codes") or is_some(body.get("total_discounts"))  # some come without a code
    return dict(zip(REACHED, (bool(body.get("shipping_lines")), bool(discount)), strict=True))


def is_some(amount: Any) -> bool:
    """Tell whether an amount, a number or as text, is more than nothing.

    >>> is_some("0.00"), is_some("0.50"), is_some(3), is_some("-1.00"), is_some("all"), is_some(None)
    (False, True, True, False, False, False)
    """
    return bool(SOME.match(amount)) if type(amount) is str else type(amount) in (int, float) and amount > 0


def token_digest(token: Any) -> str | None:
    """Return the digest of a checkout's token, by which its checkout and its order are known; never the token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()[:32] if type(token) is str and token else None


def unit_of(attributes: Any, name: str) -> str | None:
    """Return the unit among an order's attributes, each an object that has its key under `name`; nothing else of them.

    >>> unit_of([{"name": "gift", "value": "for Ada"}, {"name": "_shopmlops_unit", "value": "ab" * 16}], "name")
    'abababababababababababababababab'
    """
    for attribute in attributes if type(attributes) is list else []:
        if type(attribute) is dict and attribute.get(name) == UNIT_KEY:
            return its_unit(attribute.get("value"))
    return None


def its_unit(value: Any) -> str | None:
    """Return a unit's digest in hex, or nothing where it does not have our form."""
    return value if type(value) is str and UNIT.fullmatch(value) else None


def forget_titles_of_custom_lines(lines: Any) -> None:
    """Drop what staff typed for a line that is no product: it may be about a person."""
    for line in lines if isinstance(lines, list) else []:
        if line.get("product_id") is None and line.get("variant_id") is None:
            line.pop("title", None)
            line.pop("sku", None)


def number(value: Any) -> int | None:
    """Return an id given as a number, as digits or as a gid."""
    if type(value) is int:
        return value
    digits = value.rpartition("/")[2] if type(value) is str else ""
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 20 else None


def text(value: Any) -> str | None:
    return value.lower() if type(value) is str and value else None
