import logging

import pytest
from django.utils import timezone

from pipelines.models import Shop
from pipelines.shopify import admin_api
from pipelines.shopify.errors import (
    AccessEnded,
    AccessForbidden,
    BadAnswer,
    QueryRefused,
    ShopFrozen,
    ShopGone,
    ShopifyError,
    ShopLocked,
    ShopUnreachable,
    Throttled,
    UserErrors,
)
from tests.fake_shopify import SHOP_DATA, Reply, cost, in_turn, refuse

GOOD = Reply(200, {"data": SHOP_DATA, "extensions": cost()})


def throttled(requested: float = 500, available: float = 100) -> Reply:
    errors = [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
    return Reply(200, {"errors": errors, "extensions": cost(requested, available)})


def failure(code: str = "", message: str = "no", data=None) -> Reply:
    return Reply(200, {"data": data, "errors": [{"message": message, "extensions": {"code": code} if code else {}}]})


def test_a_document_is_asked_in_the_pinned_version_with_the_shops_token(api, shopify):
    answer = api.execute("shop")
    asked = shopify.asked[-1]
    assert answer.data == SHOP_DATA
    assert (answer.errors, answer.cost) == ((), 10)
    assert asked.path == "/shops/northbeck-outfitters.myshopify.com/admin/api/2026-10/graphql.json"
    assert asked.headers["X-Shopify-Access-Token"] == "shpat_1"
    assert asked.json == {"query": admin_api.document("shop"), "variables": {}}


def test_a_throttled_request_waits_for_its_points_and_goes_again(api, shopify, naps):
    shopify.on_graphql = in_turn(throttled(requested=500, available=100), GOOD)
    assert api.execute("shop").data == SHOP_DATA
    assert 4.0 < naps[0] < 5.1  # (500 - 100) / 100 a second, and a little


def test_a_request_that_stays_throttled_is_left_for_later(api, shopify, naps):
    shopify.on_graphql = in_turn(throttled(requested=2000, available=0))
    with pytest.raises(Throttled) as error:
        api.execute("shop")
    assert error.value.retryable
    assert sum(naps) <= admin_api.LONGEST_WAIT


def test_points_that_will_not_suffice_are_waited_for_before_asking(api, shopify, naps):
    shopify.on_graphql = lambda asked: Reply(200, {"data": SHOP_DATA, "extensions": cost(requested=300, available=50)})
    api.execute("shop")
    assert not naps
    api.execute("shop")
    assert 2.3 < naps[0] <= 2.5


def test_enough_points_are_not_waited_for(api, shopify, naps):
    for _ in range(5):
        api.execute("shop")
    assert not naps


@pytest.mark.parametrize("status", [429, 430, 500, 502, 503, 504])
def test_a_busy_shopify_is_asked_again_with_growing_pauses(api, shopify, naps, status):
    shopify.on_graphql = in_turn(Reply(status), Reply(status), Reply(status), GOOD)
    assert api.execute("shop").data == SHOP_DATA
    assert shopify.count("graphql.json") == 4
    assert 0 < sum(naps) < 20


@pytest.mark.parametrize(("status", "error"), [(429, Throttled), (503, ShopUnreachable)])
def test_a_shopify_that_stays_busy_is_left_for_later(api, shopify, naps, status, error):
    shopify.on_graphql = refuse(status)
    with pytest.raises(error) as caught:
        api.execute("shop")
    assert caught.value.retryable
    assert shopify.count("graphql.json") == 5


@pytest.mark.parametrize(
    ("asked", "naps_taken"), [("2", 2), ("2.0", 2), ("9999", 30), ("inf", 30), ("-5", None), ("soon", None)]
)
def test_retry_after_is_obeyed_within_reason(api, shopify, naps, asked, naps_taken):
    shopify.on_graphql = in_turn(Reply(429, b"", {"Retry-After": asked}), GOOD)
    assert api.execute("shop").data == SHOP_DATA
    assert naps == ([naps_taken] if naps_taken else [])


def test_a_refused_token_is_renewed_once(api, shopify):
    shopify.on_graphql = in_turn(Reply(401), GOOD)
    assert api.execute("shop").data == SHOP_DATA
    assert shopify.asked[-1].headers["X-Shopify-Access-Token"] == "shpat_2"


def test_a_token_refused_twice_ends_access(api, shopify):
    shopify.on_graphql = refuse(401)
    with pytest.raises(AccessEnded):
        api.execute("shop")
    shop = Shop.objects.get()
    assert shop.access_ended_at <= timezone.now()
    assert not shop.is_reachable
    assert shopify.count("graphql.json") == 2


@pytest.mark.parametrize(
    ("status", "error"), [(402, ShopFrozen), (403, AccessForbidden), (404, ShopGone), (423, ShopLocked)]
)
def test_a_closed_shop_is_named(api, shopify, status, error):
    shopify.on_graphql = refuse(status)
    with pytest.raises(error) as caught:
        api.execute("shop")
    assert not caught.value.retryable
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'"text"', b'{"data": {"shop"', b"\xff\xfe", b"{}", b'{"data": 3}']
)
def test_an_answer_that_is_no_answer_is_tried_again_later(api, shopify, body):
    shopify.on_graphql = lambda asked: Reply(200, body)
    with pytest.raises(BadAnswer) as caught:
        api.execute("shop")
    assert caught.value.retryable


def test_partial_data_is_kept_and_what_is_missing_is_told(api, shopify):
    shopify.on_graphql = lambda asked: failure("ACCESS_DENIED", "no customers", data={"shop": {"id": "1"}, "x": None})
    answer = api.execute("shop")
    assert answer.data["shop"] == {"id": "1"}
    assert answer.errors == ("no customers",)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (failure("ACCESS_DENIED"), AccessForbidden),
        (failure("ACCESS_DENIED", data={"shop": None}), AccessForbidden),
        (failure("INTERNAL_SERVER_ERROR"), BadAnswer),
        (failure("undefinedField", "Field 'x' doesn't exist"), QueryRefused),
        (Reply(200, {"errors": "[API] Non-expiring access tokens are no longer accepted"}), QueryRefused),
    ],
)
def test_an_error_without_data_is_named(api, shopify, reply, error):
    shopify.on_graphql = lambda asked: reply
    with pytest.raises(error):
        api.execute("shop")


def test_a_refused_mutation_says_why_field_by_field(api, shopify):
    refused = [{"field": ["query"], "message": "Bulk queries must contain at least one connection.", "code": "INVALID"}]
    shopify.on_graphql = lambda asked: Reply(
        200, {"data": {"bulkOperationRunQuery": {"bulkOperation": None, "userErrors": refused}}}
    )
    with pytest.raises(UserErrors, match="at least one connection") as caught:
        api.execute("bulk_run_query", {"query": "{ shop { id } }"})
    assert caught.value.codes == {"INVALID"}


def test_a_connection_is_read_to_its_end(api, shopify):
    def page(asked):
        after = asked.json["variables"]["after"]
        info = {"hasNextPage": after is None, "endCursor": "c1"}
        return Reply(200, {"data": {"locations": {"nodes": [{"id": after or "first"}, None], "pageInfo": info}}})

    shopify.on_graphql = page
    assert [node["id"] for node in api.pages("locations", {"first": 50}, "locations")] == ["first", "c1"]


def test_pages_that_cost_too_much_are_made_smaller(api, shopify):
    def page(asked):
        if asked.json["variables"]["first"] > 5:
            return failure("MAX_COST_EXCEEDED")
        return Reply(200, {"data": {"orders": {"nodes": [{"id": "1"}], "pageInfo": {"hasNextPage": False}}}})

    shopify.on_graphql = page
    assert list(api.pages("orders_updated", {"first": 20, "filter": ""}, "orders")) == [{"id": "1"}]
    assert [asked.json["variables"]["first"] for asked in shopify.asked[1:]] == [20, 10, 5]


def test_nothing_secret_and_no_body_is_logged(api, shopify, caplog):
    caplog.set_level(logging.DEBUG)
    shopify.on_graphql = in_turn(Reply(401), Reply(200, b"customer@example.com"))
    with pytest.raises(ShopifyError):
        api.execute("shop")
    assert not [
        record for record in caplog.records if "shpat" in record.getMessage() or "example.com" in record.getMessage()
    ]


def test_every_error_has_a_sentence_for_a_merchant():
    def family(error):
        return {error}.union(*(family(child) for child in error.__subclasses__()))

    for error in family(ShopifyError):
        assert error.sentence[0].isupper()
        assert error.sentence.endswith(".")
        assert isinstance(error.retryable, bool)


def test_recorded_answers_are_read_as_they_came(api, shopify, shared):
    """Shopify's own refusals and answers, as recorded against development stores."""
    import json

    captures = shared / "shopify" / "captures"
    rules = json.loads((captures / "2026-04__bulk-operations__bulk-operation-run-query-validators.json").read_text())
    for case in rules["validations"].values():
        shopify.on_graphql = lambda asked, body=case["response"]: Reply(200, body)
        with pytest.raises(UserErrors) as caught:
            api.execute("bulk_run_query", {"query": case["variables"]["query"]})
        assert caught.value.codes == {"INVALID"}
    lost = json.loads((captures / "2026-04__admin-platform__by-id-not-found-read.json").read_text())
    shopify.on_graphql = lambda asked: Reply(200, lost["cases"]["orders"]["response"]["body"])
    assert set(api.execute("orders_by_ids", {"ids": []}).data.values()) == {None}
