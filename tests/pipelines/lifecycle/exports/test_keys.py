"""A key opens one shop's figures, for as long as the shop wants and has the app; only its digest is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.exports import keys
from pipelines.lifecycle.ingest import install, privacy
from pipelines.models import LifecycleEvent, Shop, ShopKey
from tests import histories
from tests.identities import OTHER_SHOP, SHOP

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def shop() -> Shop:
    return histories.a_shop(domain=SHOP)


def make(shop: Shop) -> str:
    return keys.make(shop, by="1", now=NOW)


def test_a_key_says_whose_it_is(shop: Shop) -> None:
    other = histories.a_shop(domain=OTHER_SHOP)
    mine, theirs = make(shop), make(other)
    assert keys.WRITTEN.fullmatch(mine)
    assert (keys.shop_of(mine, NOW), keys.shop_of(theirs, NOW)) == (shop, other)


def test_the_secret_is_kept_nowhere(shop: Shop) -> None:
    secret = make(shop).split("_", 2)[2]
    row, told = ShopKey.objects.get(), LifecycleEvent.objects.get(kind="key.made")
    assert bytes(row.digest) == keys.digest(secret) and len(bytes(row.digest)) == 32
    assert secret not in f"{vars(row)} {vars(told)}" and told.details["key"] == row.name


def test_what_is_not_a_key_opens_nothing(shop: Shop) -> None:
    made = make(shop)
    name, secret = made.split("_", 2)[1:]
    other = make(shop).split("_", 2)[2]
    for wrong in ("", "x", made[:-1], made + "x", f"shopmlops_{name}_{other}", f"shopmlops_{'0' * 16}_{secret}"):
        assert keys.shop_of(wrong, NOW) is None, wrong
    assert keys.shop_of(made, NOW) == shop


def test_two_at_once_so_that_one_takes_the_others_place(shop: Shop) -> None:
    first, second = make(shop), make(shop)
    with pytest.raises(Refused, match="2 keys"):
        make(shop)
    keys.revoke(ShopKey.objects.order_by("pk")[0], by="1")
    assert keys.shop_of(first, NOW) is None and keys.shop_of(second, NOW) == shop
    assert make(shop)
    kinds = LifecycleEvent.objects.order_by("seq").values_list("kind", flat=True)
    assert list(kinds) == ["key.made", "key.made", "key.revoked", "key.made"]


def test_a_key_that_was_revoked_meanwhile_is_revoked_once(shop: Shop) -> None:
    make(shop)
    row = ShopKey.objects.get()
    keys.revoke(row, by="1")
    keys.revoke(row, by="1")
    assert LifecycleEvent.objects.filter(kind="key.revoked").count() == 1


def test_its_use_is_noted_to_the_hour(shop: Shop) -> None:
    made = make(shop)
    for minutes, noted in ((0, 0), (59, 0), (61, 61)):
        assert keys.shop_of(made, NOW + timedelta(minutes=minutes))
        assert ShopKey.objects.get().used_at == NOW + timedelta(minutes=noted)


def test_keys_go_with_the_shop(shop: Shop) -> None:
    made = make(shop)
    assert install.depart(shop, shop.installed_at + HOUR)
    assert keys.shop_of(made, NOW) is None and not ShopKey.objects.exists()
    Shop.objects.filter(pk=shop.pk).update(uninstalled_at=None)
    again = make(shop)
    privacy.redact_shop(shop)
    assert keys.shop_of(again, NOW) is None and not ShopKey.objects.exists()


def test_a_shop_without_the_app_opens_nothing(shop: Shop) -> None:
    made = make(shop)
    Shop.objects.filter(pk=shop.pk).update(uninstalled_at=NOW)
    assert keys.shop_of(made, NOW) is None
