import pytest

from pipelines.shopify import token_exchange
from pipelines.shopify.errors import AccessEnded, AppRefused, BadAnswer, InvalidIdToken, ShopFrozen, ShopUnreachable
from tests.fake_shopify import Reply, grant_tokens, in_turn, refuse
from tests.identities import SHOP, id_token


def test_an_online_exchange_tells_who_owns_the_account_and_nothing_else(shopify):
    shopify.on_token = grant_tokens(owner=True, sub="42")
    person = token_exchange.exchange_online(SHOP, id_token())
    assert person == token_exchange.Person("42", is_owner=True, is_collaborator=False)
    assert shopify.asked[0].json["requested_token_type"] == token_exchange.ONLINE
    assert "expiring" not in shopify.asked[0].json


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (refuse(400, error="invalid_subject_token"), InvalidIdToken),
        (refuse(401, error="invalid_client"), AppRefused),
        (refuse(400, error="invalid_request"), AccessEnded),
        (refuse(402), ShopFrozen),
        (refuse(500), ShopUnreachable),
        (lambda asked: Reply(200, b"<html>"), BadAnswer),
        (lambda asked: Reply(200, b"[]"), BadAnswer),
        (lambda asked: Reply(200, {"access_token": None}), BadAnswer),
        (lambda asked: Reply(302, b"", {"Location": "http://127.0.0.1:1/evil"}), BadAnswer),
    ],
)
def test_a_refused_exchange_says_what_it_means(shopify, reply, error):
    shopify.on_token = reply
    with pytest.raises(error):
        token_exchange.exchange_offline(SHOP, id_token())


def test_a_stumble_of_shopify_is_retried_at_once(shopify):
    shopify.on_token = in_turn(Reply(502), Reply(200, {"access_token": "shpat_1"}))
    assert token_exchange.exchange_offline(SHOP, id_token()).access_token == "shpat_1"


def test_an_unreachable_shopify_is_named(settings):
    settings.SHOPIFY_API_ORIGIN = "http://127.0.0.1:9"
    with pytest.raises(ShopUnreachable):
        token_exchange.exchange_offline(SHOP, id_token())
