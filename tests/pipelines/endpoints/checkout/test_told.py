"""Of what an extension tells a closed set is read, strictly; the rest is never looked at."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.endpoints.answering.memory import Place
from pipelines.endpoints.checkout import told
from pipelines.endpoints.checkout.told import Outdated, Unusable
from tests.pipelines.endpoints.checkout.paying import UNIT, a_cart

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PARIS = Place("Europe/Paris", "GBP")
NAMES = {"of", *told.COUNTS, "minutes", "value", "lines", "units", *told.FLAGS, "is_returning"}
NAMES |= {"device", "source", "hour", "weekday"}


def understood(**changes: Any) -> told.Told:
    return told.understand(a_cart(**changes), PARIS, NOON)


def test_what_is_told_becomes_a_cart_and_the_features_of_a_moment() -> None:
    found = understood(events=5, minutes=2.5, has_discount=False)
    assert found.features.keys() == NAMES
    assert (found.features["events"], found.features["minutes"], found.features["has_discount"]) == (5, 2.5, 0)
    assert (found.features["hour"], found.features["weekday"]) == (13, 4)  # where the shop is
    assert (found.unit.hex(), found.cart.value, found.features["is_returning"]) == (UNIT, 5000, 1)
    assert found.checkout is not None and found.checkout == understood().checkout != understood(checkout="2").checkout


def test_how_far_a_shopper_has_come_is_a_feature_and_nothing_of_where_to() -> None:
    found = understood(has_address=True, has_shipping=False, shipping_address={"address1": "12 Elm St"}).features
    assert (found["has_address"], found["has_shipping"]) == (1, 0) and "Elm" not in str(found)


def test_what_is_not_told_is_nothing() -> None:
    found = told.understand({"unit": UNIT, "currency": "GBP"}, PARIS, NOON)
    assert {name for name, value in found.features.items() if value is not None} == {
        "of", "device", "source", "hour", "weekday"
    }  # fmt: skip
    assert (found.checkout, found.has_consent, found.cart.lines) == (None, False, ())


def test_money_of_another_currency_is_no_feature() -> None:
    assert understood(currency="EUR").features["value"] is None


def test_nobodys_name_is_read() -> None:
    found = understood(email="ada@example.com", note="for Ada", device="Ada's phone", source="Ada")
    assert b"Ada" not in orjson.dumps(dict(found.features)) and b"ada@" not in orjson.dumps(dict(found.features))


@pytest.mark.parametrize(
    "changes",
    [
        {"unit": "x"}, {"unit": None}, {"unit": UNIT.upper()}, {"currency": "gbp"}, {"currency": None}, {"value": -1},
        {"value": 1.5}, {"value": True}, {"value": 10**13}, {"lines": {}}, {"lines": [1]}, {"lines": [{}] * 101},
        {"lines": [{"quantity": 0, "price": 1}]}, {"lines": [{"quantity": 1}]}, {"events": -1}, {"minutes": -0.1},
        {"minutes": "1"}, {"is_returning": 1}, {"has_discount": "no"}, {"checkout": 7}, {"checkout": "x" * 201},
        {"lines": [{"quantity": 1, "price": 1, "product": 2**63}]}, {"has_address": {}},
    ],
)  # fmt: skip
def test_what_has_not_its_form_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Unusable):
        understood(**changes)


BODIES = [(b"{", Unusable), (b"[]", Unusable), (b"{}", Outdated), (b'{"api":0}', Outdated)]


@pytest.mark.parametrize(("body", "error"), BODIES)
def test_a_body_is_an_object_of_a_version_that_we_speak(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        told.read(body)


VALUES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(max_size=300)


@given(st.dictionaries(st.sampled_from([*a_cart(), *told.COUNTS, "minutes"]), VALUES | st.lists(VALUES, max_size=3)))
def test_no_body_is_more_than_refused(changes: dict[str, Any]) -> None:
    with suppress(Unusable, Outdated):
        told.understand(told.read(orjson.dumps(a_cart(**changes))), PARIS, NOON)


@given(st.binary(max_size=300))
def test_no_bytes_are_more_than_refused(body: bytes) -> None:
    with suppress(Unusable, Outdated):
        told.read(body)
