from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from pipelines.models import Shop, ShopToken
from pipelines.shopify import token_exchange, tokens
from pipelines.shopify.errors import AccessEnded, AppRefused, ShopGone, ShopUnreachable
from tests.fake_shopify import Reply, grant_tokens, in_turn, refuse
from tests.identities import SHOP, id_token


def nearly_over(shop: Shop, **changes) -> None:
    ShopToken.objects.filter(shop=shop).update(access_expires_at=timezone.now() + timedelta(minutes=4), **changes)


def test_an_exchanged_pair_is_stored_encrypted_with_its_ends(connected, shopify):
    row = connected.token
    assert b"shpat_1" not in bytes(row.access_token)
    assert b"shprt_1" not in bytes(row.refresh_token)
    assert timedelta(minutes=59) < row.access_expires_at - timezone.now() <= timedelta(hours=1)
    assert timedelta(days=89) < row.refresh_expires_at - timezone.now() <= timedelta(days=90)
    assert tokens.access_token(connected) == "shpat_1"


def test_the_exchange_asks_for_an_expiring_offline_token(connected, shopify, settings):
    asked = shopify.asked[0].json
    assert asked["expiring"] == "1"
    assert asked["requested_token_type"] == token_exchange.OFFLINE
    assert (asked["client_id"], asked["client_secret"]) == (settings.SHOPIFY_API_KEY, settings.SHOPIFY_API_SECRET)


def test_a_fresh_token_is_used_without_asking_anybody(connected, shopify):
    before = len(shopify.asked)
    assert {tokens.access_token(connected) for _ in range(5)} == {"shpat_1"}
    assert len(shopify.asked) == before


def test_a_token_is_refreshed_five_minutes_before_its_end_and_rotates(connected, shopify):
    nearly_over(connected)
    assert tokens.access_token(connected) == "shpat_2"
    assert shopify.asked[-1].json["refresh_token"] == "shprt_1"
    nearly_over(connected)
    assert tokens.access_token(connected) == "shpat_3"
    assert shopify.asked[-1].json["refresh_token"] == "shprt_2"


def test_a_refused_token_is_refreshed_though_it_looks_fresh(connected):
    assert tokens.access_token(connected, refused="shpat_1") == "shpat_2"


def test_a_refused_token_that_was_replaced_meanwhile_is_not_refreshed_again(connected, shopify):
    tokens.access_token(connected, refused="shpat_1")
    before = len(shopify.asked)
    assert tokens.access_token(connected, refused="shpat_1") == "shpat_2"
    assert len(shopify.asked) == before


def test_an_answer_without_lifetime_counts_an_hour(shop, shopify):
    shopify.on_token = grant_tokens(expires_in=None, refresh_token_expires_in=None)
    tokens.obtain(shop, lambda: token_exchange.exchange_offline(SHOP, id_token()))
    assert timedelta(minutes=59) < shop.token.access_expires_at - timezone.now() <= timedelta(hours=1)
    assert shop.token.refresh_expires_at is None


def test_a_refresh_that_brings_no_new_refresh_token_keeps_the_old_one(connected, shopify):
    shopify.on_token = grant_tokens(refresh_token=None)
    nearly_over(connected)
    tokens.access_token(connected)
    nearly_over(connected)
    tokens.access_token(connected)
    assert shopify.asked[-1].json["refresh_token"] == "shprt_1"


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_dead_refresh_token_ends_access_until_the_merchant_comes(connected, shopify, status):
    shopify.on_token = refuse(status, error="invalid_grant")
    nearly_over(connected)
    with pytest.raises(AccessEnded) as ended:
        tokens.access_token(connected)
    connected.refresh_from_db()
    assert connected.access_ended_at is not None
    assert connected.access_ended_reason == str(ended.value)
    assert not ended.value.retryable
    assert "Open the app" in str(ended.value)


def test_a_refresh_token_past_its_end_is_not_even_sent(connected, shopify):
    nearly_over(connected, refresh_expires_at=timezone.now() - timedelta(seconds=1))
    before = len(shopify.asked)
    with pytest.raises(AccessEnded):
        tokens.access_token(connected)
    assert len(shopify.asked) == before


def test_our_own_wrong_secret_ends_no_shops_access(connected, shopify):
    shopify.on_token = refuse(401, error="invalid_client")
    nearly_over(connected)
    with pytest.raises(AppRefused):
        tokens.access_token(connected)
    connected.refresh_from_db()
    assert connected.access_ended_at is None


@pytest.mark.parametrize(("status", "error"), [(503, ShopUnreachable), (404, ShopGone)])
def test_a_shop_that_does_not_answer_keeps_its_tokens(connected, shopify, status, error):
    shopify.on_token = refuse(status)
    nearly_over(connected)
    with pytest.raises(error):
        tokens.access_token(connected)
    row = ShopToken.objects.get(shop=connected)
    assert row.refresh_lease_until is None
    shopify.on_token = grant_tokens()
    assert tokens.access_token(connected) == "shpat_1"


def test_a_half_answer_is_no_token(connected, shopify):
    shopify.on_token = in_turn(Reply(200, b'{"access_token": "shpat'), Reply(200, {"access_token": ""}))
    nearly_over(connected)
    for _ in range(2):
        with pytest.raises(Exception, match="could not read"):
            tokens.access_token(connected)


def test_a_shop_without_tokens_has_ended_access(shop):
    with pytest.raises(AccessEnded):
        tokens.access_token(shop)


def test_a_token_whose_key_is_gone_has_ended_access(connected, settings):
    settings.SECRET_KEY = "another key from which nothing opens"
    with pytest.raises(AccessEnded):
        tokens.access_token(connected)
    connected.refresh_from_db()
    assert "key" in connected.access_ended_reason


def test_while_another_process_refreshes_a_token_that_still_works_is_used(connected, shopify):
    nearly_over(connected, refresh_lease_until=timezone.now() + timedelta(seconds=30))
    before = len(shopify.asked)
    assert tokens.access_token(connected) == "shpat_1"
    assert len(shopify.asked) == before


def test_the_lease_of_a_killed_process_runs_out(connected):
    nearly_over(connected, refresh_lease_until=timezone.now() - timedelta(seconds=1))
    assert tokens.access_token(connected) == "shpat_2"


def test_a_holder_that_was_too_slow_does_not_overwrite_the_next_ones_pair(connected, monkeypatch):
    row = ShopToken.objects.get(shop=connected)
    lease = tokens.take_lease(row)
    ShopToken.objects.filter(pk=row.pk).update(refresh_lease_until=timezone.now() + timedelta(seconds=40))
    late = token_exchange.Grant("shpat_late", 3600, "shprt_late", 7776000)
    assert tokens._store(connected, row, lease, late) is False
    assert tokens.access_token(connected) == "shpat_1"


def test_nothing_secret_is_shown_by_a_grant(connected):
    grant = token_exchange.Grant("shpat_secret", 3600, "shprt_secret", 7776000)
    assert "secret" not in repr(grant)


@pytest.mark.django_db(transaction=True)
def test_of_many_processes_one_refreshes_and_all_get_the_new_token(shopify):
    shop = Shop.objects.create(domain=SHOP, installed_at=timezone.now())
    tokens.obtain(shop, lambda: token_exchange.exchange_offline(SHOP, id_token()))
    ShopToken.objects.filter(shop=shop).update(access_expires_at=timezone.now() - timedelta(seconds=1))
    start, got = Barrier(8), []

    def ask() -> None:
        start.wait()
        got.append(tokens.access_token(shop))
        connection.close()

    threads = [Thread(target=ask) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert got == ["shpat_2"] * 8
    assert shopify.count("access_token") == 2
