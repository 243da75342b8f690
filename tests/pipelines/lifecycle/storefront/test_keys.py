"""A pixel's key is good for one shop, and for as long as the key that it was made under is in use."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from pipelines.lifecycle.storefront import keys

SHOP, OTHER = "ada.myshopify.com", "bob.myshopify.com"
OLD, NEW = (f"{name}:{base64.b64encode(sign * 32).decode()}" for name, sign in (("old", b"o"), ("new", b"n")))


@pytest.fixture(autouse=True)
def forgetful(settings: Any) -> Iterator[None]:
    settings.ENCRYPTION_KEYS = OLD
    keys.opens.cache_clear()
    yield
    keys.opens.cache_clear()


def test_it_says_for_which_shop_it_was_made() -> None:
    given = keys.give(SHOP)
    assert keys.is_ours(given, SHOP) and not keys.is_ours(given, OTHER)


def test_no_two_are_alike_and_all_are_good() -> None:
    given = {keys.give(SHOP) for _ in range(5)}
    assert len(given) == 5 and all(keys.is_ours(each, SHOP) for each in given)


@pytest.mark.parametrize("key", ["", "%%%", "x" * 121, "é", "b2xkOg==", base64.b64encode(b"old:" + b"x" * 28).decode()])
def test_anything_else_is_none(key: str) -> None:
    assert not keys.is_ours(key, SHOP)


def test_what_is_too_long_is_not_even_remembered() -> None:
    assert not keys.is_ours("x" * (keys.LONGEST + 1), SHOP) and not keys.opens.cache_info().currsize
    assert not keys.is_ours("x" * keys.LONGEST, SHOP) and keys.opens.cache_info().currsize == 1


def test_a_changed_letter_spoils_it() -> None:
    given = keys.give(SHOP)
    turned = "A" if given[20] != "A" else "B"
    assert not keys.is_ours(given[:20] + turned + given[21:], SHOP)


def test_it_is_good_while_a_rotation_lasts_and_is_then_made_anew(settings: Any) -> None:
    given = keys.give(SHOP)
    assert keys.is_newest(given)
    settings.ENCRYPTION_KEYS = f"{NEW},{OLD}"
    assert keys.is_ours(given, SHOP) and not keys.is_newest(given)
    assert keys.is_newest(keys.give(SHOP))
    settings.ENCRYPTION_KEYS = NEW
    keys.opens.cache_clear()
    assert not keys.is_ours(given, SHOP)


@pytest.mark.parametrize("key", ["", "%%%", "x" * 500])
def test_what_is_none_of_ours_is_not_the_newest(key: str) -> None:
    assert not keys.is_newest(key)
