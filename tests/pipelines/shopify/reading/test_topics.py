"""What of a webhook body may be written down."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.shopify.reading import payloads
from pipelines.shopify.reading.shapes import Malformed
from pipelines.shopify.reading.topics import NO_SUCH_FORM, REACHED, SCALARS, TOPICS, Keep, minimise, number
from tests import factories

PERSONAL = {
    "email", "phone", "first_name", "last_name", "address1", "address2", "city", "zip", "latitude", "longitude",
    "browser_ip", "client_details", "contact_email", "customer", "billing_address", "shipping_address", "note",
    "note_attributes", "properties", "staff_note", "user_id", "landing_site", "order_status_url", "token",
    "cart_token", "checkout_token", "shop_owner", "customer_email", "default_address", "message", "receipt", "company",
}  # fmt: skip
SAMPLES = ("Steve", "Shipper", "jon@example.com", "john@example.com", "John", "Smith", "Kentucky", "Elm St", "555-555")


def sample(shared: Path, topic: str) -> dict[str, Any]:
    path = shared / "shopify" / "webhooks" / f"{topic.replace('/', '__')}.json"
    if not path.exists():
        pytest.skip(f"Shopify publishes no sample of {topic}")
    return json.loads(path.read_text())


def names_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {name for part in value.values() for name in names_in(part)}
    return {name for part in value for name in names_in(part)} if isinstance(value, list) else set()


@pytest.mark.parametrize("topic", TOPICS)
def test_nothing_about_a_person_passes_from_shopifys_own_samples(topic: str, shared: Path) -> None:
    kept = minimise(TOPICS[topic], sample(shared, topic)).payload
    assert not names_in(kept) & PERSONAL
    assert not [text for text in SAMPLES if text in json.dumps(kept)]


@pytest.mark.parametrize("topic", TOPICS)
def test_what_is_needed_passes(topic: str, shared: Path) -> None:
    assert minimise(TOPICS[topic], sample(shared, topic)).payload


@pytest.mark.parametrize("topic", TOPICS)
def test_every_value_of_shopifys_own_has_its_form(topic: str, shared: Path) -> None:
    assert NO_SUCH_FORM not in json.dumps(minimise(TOPICS[topic], sample(shared, topic)).payload)


@pytest.mark.parametrize("field", sorted({*TOPICS["orders/create"].keep.names} - {"name", "source_name"}))
def test_a_name_where_something_else_should_stand_is_not_kept(field: str) -> None:
    for sent in ("Ada Lovelace", "Ada", "ada@localhost"):
        kept = minimise(TOPICS["orders/create"], factories.order_body(**{field: sent})).payload
        assert kept[field] == NO_SUCH_FORM


def test_digits_of_other_scripts_are_no_number_and_no_time() -> None:
    body = factories.order_body(total_price="\u0661\u0662", created_at="\u0662026-11-20T12:00:00Z")
    kept = minimise(TOPICS["orders/create"], body).payload
    assert {kept["total_price"], kept["created_at"]} == {NO_SUCH_FORM}


def test_a_telephone_number_is_no_status_and_no_time() -> None:
    body = factories.order_body(created_at=447700900123, financial_status=447700900123, currency=447)
    kept = minimise(TOPICS["orders/create"], body).payload
    assert {kept[name] for name in ("created_at", "financial_status", "currency")} == {NO_SUCH_FORM}


def test_what_a_delivery_is_called_is_cleaned_before_it_is_cut() -> None:
    body = factories.order_body(name="#1 " + "x" * 65 + " ann.smith@example.com")
    assert minimise(TOPICS["orders/create"], body).subject == "#1 " + "x" * 65 + " [e-mail rem"


def test_a_malformed_value_is_parked_without_what_it_was() -> None:
    body = minimise(TOPICS["orders/create"], factories.order_body(created_at="Ada Lovelace")).payload
    with pytest.raises(Malformed, match=r"created_at is '\[removed\]', not a time"):
        payloads.order(body, payloads.Sender(1, "GBP", "w", "2026-01-01T00:00:00Z", 0))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=10), parts, max_size=4),
    max_leaves=20,
)
FIELDS = sorted({name for topic in TOPICS.values() for name in (*topic.keep.names, *topic.keep.lists)} | PERSONAL)
BODIES = st.dictionaries(st.sampled_from([*FIELDS, "line_items", "refunds", "variants"]), JSON, max_size=12)


@settings(max_examples=200, deadline=None)
@given(topic=st.sampled_from(sorted(TOPICS)), body=BODIES)
def test_only_named_plain_values_pass_whatever_arrives(topic: str, body: dict[str, Any]) -> None:
    keep = TOPICS[topic].keep
    kept = minimise(TOPICS[topic], body).payload
    kept.pop("token_digest", None)
    assert all(type(kept.pop(name, False)) is bool for name in REACHED)
    assert_allowed(kept, keep)


def assert_allowed(kept: dict[str, Any], keep: Keep) -> None:
    parts = dict(keep.parts)
    for name, value in kept.items():
        if name in parts:
            for part in value if isinstance(value, list) else [value]:
                assert_allowed(part, parts[name])
        elif name in keep.lists:
            assert all(type(item) in SCALARS for item in value)
        else:
            assert name in keep.names
            assert type(value) in SCALARS


def test_an_object_where_a_plain_value_should_be_is_left_out() -> None:
    assert Keep("id name").cut({"id": 1, "name": {"first_name": "Ada"}}) == {"id": 1}


def test_what_staff_typed_for_a_custom_line_is_dropped() -> None:
    lines = [{"id": 1, "title": "Repair for Ada", "sku": "ada"}, {"id": 2, "title": "Beanie", "product_id": 3}]
    kept = minimise(TOPICS["orders/create"], {"id": 1, "line_items": lines}).payload["line_items"]
    assert kept == [{"id": 1}, {"id": 2, "title": "Beanie", "product_id": 3}]


def test_a_customers_id_is_set_aside_for_the_pseudonym() -> None:
    minimised = minimise(TOPICS["orders/create"], {"id": 1, "customer": {"id": 77, "email": "ada@example.com"}})
    assert minimised.customer_id == 77
    assert minimised.payload == {"id": 1}


UNIT = "0123456789abcdef" * 2


def attributes(**values: Any) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in values.items()]


def test_of_all_attributes_only_our_own_unit_passes() -> None:
    said = attributes(gift="for Ada", _shopmlops_unit=UNIT, _shopmlops_note="Ada")
    assert minimise(TOPICS["orders/create"], {"id": 1, "note_attributes": said}).payload == {"id": 1, "unit": UNIT}


@pytest.mark.parametrize(
    "value", [UNIT.upper(), UNIT[:-1], UNIT + "0", UNIT + "\n", "Ada Lovelace", "", None, 7, [UNIT]]
)
def test_a_unit_in_any_other_form_does_not_pass(value: Any) -> None:
    body = {"id": 1, "note_attributes": attributes(_shopmlops_unit=value)}
    assert minimise(TOPICS["orders/create"], body).payload == {"id": 1}


@pytest.mark.parametrize("field", ["unit", "properties", "line_items"])
def test_a_unit_passes_from_nowhere_else(field: str) -> None:
    said = attributes(_shopmlops_unit=UNIT)
    bodies = {"unit": UNIT, "properties": said, "line_items": [{"id": 2, "properties": said}]}
    kept = minimise(TOPICS["orders/create"], {"id": 1, field: bodies[field]}).payload
    assert UNIT not in json.dumps(kept)


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if TOPICS[topic].kind != "order"])
def test_only_orders_carry_a_unit(topic: str) -> None:
    kept = minimise(TOPICS[topic], {"id": 1, "note_attributes": attributes(_shopmlops_unit=UNIT)}).payload
    assert UNIT not in json.dumps(kept)


def test_a_checkouts_token_is_stored_as_a_digest() -> None:
    kept = minimise(TOPICS["checkouts/create"], {"token": "secret-token", "currency": "GBP"}).payload
    assert set(kept) == {"currency", "token_digest", *REACHED}
    assert "secret-token" not in json.dumps(kept)


def test_the_shop_in_a_body_is_found_by_number_gid_and_domain() -> None:
    scopes = minimise(TOPICS["app/scopes_update"], {"shop_id": "gid://shopify/Shop/548380009"})
    redact = minimise(TOPICS["shop/redact"], {"shop_id": 954889, "shop_domain": "Ada.myshopify.com"})
    assert scopes.shop_id == 548380009
    assert (redact.shop_id, redact.shop_domain) == (954889, "ada.myshopify.com")


@pytest.mark.parametrize(("value", "expected"), [(5, 5), ("5", 5), ("gid://shopify/Shop/5", 5)])
def test_ids_are_read_in_every_form(value: Any, expected: int) -> None:
    assert number(value) == expected


@pytest.mark.parametrize("value", [None, True, 5.0, "", "five", "gid://shopify/Shop/", [5], "9" * 30])
def test_other_values_are_no_ids(value: Any) -> None:
    assert number(value) is None


@pytest.mark.parametrize(("lines", "is_chosen"), [([{"title": "Post"}], True), ([], False), (None, False)])
def test_of_a_delivery_it_is_kept_that_one_was_chosen_and_of_an_address_nothing(lines: Any, is_chosen: bool) -> None:
    body = {"token": "t", "shipping_address": {"address1": "12 Elm St"}, "shipping_lines": lines, "discount_codes": []}
    kept = minimise(TOPICS["checkouts/update"], body).payload
    del kept["token_digest"]
    assert kept == {"has_shipping": is_chosen, "has_discount": False}


@pytest.mark.parametrize(
    ("told", "has_discount"),
    [
        ({"discount_codes": [{"code": "TEN"}], "total_discounts": "0.00"}, True),
        ({"discount_codes": [], "total_discounts": "2.50"}, True),
        ({"discount_codes": [], "total_discounts": "0.00"}, False),
        ({"discount_codes": [], "total_discounts": "free"}, False),
    ],
)
def test_a_discount_without_a_code_is_one_too(told: dict[str, Any], has_discount: bool) -> None:
    kept = minimise(TOPICS["checkouts/update"], {"token": "t", **told}).payload
    assert kept["has_discount"] is has_discount
