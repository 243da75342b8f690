import base64

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from pipelines.models import Shop
from pipelines.shopify import vault
from tests.identities import OTHER_SHOP, SHOP


def key(key_id: str, byte: int) -> str:
    return f"{key_id}:{base64.b64encode(bytes([byte]) * 32).decode()}"


@given(st.binary(max_size=500))
def test_what_was_sealed_comes_back(text):
    assert vault.unseal(vault.seal(text, "access token", SHOP), "access token", SHOP) == text


def test_a_sealed_value_shows_nothing_and_differs_each_time():
    one, two = (vault.seal(b"shpat_secret", "access token", SHOP) for _ in range(2))
    assert b"shpat_secret" not in one
    assert one != two


@pytest.mark.parametrize(("purpose", "shop"), [("refresh token", SHOP), ("access token", OTHER_SHOP)])
def test_a_value_moved_to_another_column_or_shop_does_not_open(purpose, shop):
    sealed = vault.seal(b"shpat_secret", "access token", SHOP)
    with pytest.raises(vault.CannotUnseal):
        vault.unseal(sealed, purpose, shop)


@pytest.mark.parametrize("position", [0, 14, -1])
def test_a_changed_value_does_not_open(position):
    sealed = bytearray(vault.seal(b"shpat_secret", "access token", SHOP))
    sealed[position] ^= 1
    with pytest.raises(vault.CannotUnseal):
        vault.unseal(bytes(sealed), "access token", SHOP)


@pytest.mark.parametrize("garbage", [b"", b":", b"development:", b"\xff\xfe:abc", b"no colon at all"])
def test_garbage_does_not_open(garbage):
    with pytest.raises(vault.CannotUnseal):
        vault.unseal(garbage, "access token", SHOP)


def test_keys_rotate_old_values_open_and_new_ones_use_the_newest(settings):
    settings.ENCRYPTION_KEYS = key("k1", 1)
    old = vault.seal(b"secret", "access token", SHOP)
    settings.ENCRYPTION_KEYS = f"{key('k2', 2)},{key('k1', 1)}"
    new = vault.seal(b"secret", "access token", SHOP)
    assert vault.unseal(old, "access token", SHOP) == b"secret"
    assert (vault.key_id_of(old), vault.key_id_of(new), vault.newest_key_id()) == ("k1", "k2", "k2")


def test_a_value_whose_key_was_taken_away_does_not_open(settings):
    settings.ENCRYPTION_KEYS = key("k1", 1)
    sealed = vault.seal(b"secret", "access token", SHOP)
    settings.ENCRYPTION_KEYS = key("k2", 2)
    with pytest.raises(vault.CannotUnseal):
        vault.unseal(sealed, "access token", SHOP)


@pytest.mark.parametrize("configured", ["k1", "k1:short", "k1:" + "A" * 40, ":" + base64.b64encode(b"x" * 32).decode()])
def test_a_malformed_key_is_named(settings, configured):
    settings.ENCRYPTION_KEYS = configured
    with pytest.raises(ImproperlyConfigured, match="ENCRYPTION_KEYS"):
        vault.seal(b"secret", "access token", SHOP)


def test_a_customer_has_one_pseudonym_per_shop():
    here = Shop(domain=SHOP, customer_key=vault.new_customer_key(SHOP))
    there = Shop(domain=OTHER_SHOP, customer_key=vault.new_customer_key(OTHER_SHOP))
    assert len(vault.customer_ref(here, 7)) == 16
    assert vault.customer_ref(here, 7) == vault.customer_ref(here, 7)
    assert len({vault.customer_ref(here, 7), vault.customer_ref(here, 8), vault.customer_ref(there, 7)}) == 3


def test_guests_and_shops_without_a_key_have_no_pseudonym():
    assert vault.customer_ref(Shop(domain=SHOP, customer_key=vault.new_customer_key(SHOP)), None) is None
    assert vault.customer_ref(Shop(domain=SHOP), 7) is None
