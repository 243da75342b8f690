"""The Admin API: shapes, filters, pages, scopes, cost, and failures on demand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests

from devstore.cost import Buckets
from tests.devstore.conftest import World, devstore

PAGE = """query Page($first: Int!, $after: String, $query: String, $reverse: Boolean) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT, reverse: $reverse) {
    pageInfo { hasNextPage endCursor } nodes { id updatedAt createdAt customer { id } } } }"""
ORDERS = PAGE.replace("customer { id }", "")


def test_a_shop_says_who_it_is_and_what_it_granted(world: World) -> None:
    data = world.graphql(
        "{ shop { id name myshopifyDomain ianaTimezone currencyCode plan { publicDisplayName } } "
        "currentAppInstallation { id accessScopes { handle } } }"
    )["data"]
    assert data["shop"]["ianaTimezone"] == "Europe/London"
    assert data["shop"]["currencyCode"] == "GBP"
    handles = [scope["handle"] for scope in data["currentAppInstallation"]["accessScopes"]]
    assert "read_all_orders" in handles
    assert "write_products" not in handles


def test_an_order_has_lines_money_and_refunds(world: World) -> None:
    world.control("place-order")
    number = world.control("refund-order")["order_id"]
    order = world.graphql(
        """query One($id: ID!) { order(id: $id) { id name test displayFinancialStatus sourceName currencyCode
        totalPriceSet { shopMoney { amount currencyCode } } totalRefundedSet { shopMoney { amount } }
        lineItems(first: 10) { nodes { id sku quantity currentQuantity variant { id } product { id } requiresShipping
          discountedUnitPriceAfterAllDiscountsSet { shopMoney { amount } } } }
        refunds { id createdAt refundLineItems(first: 10) { nodes { lineItem { id } quantity restockType } } } } }""",
        id=f"gid://shopify/Order/{number}",
    )["data"]["order"]
    line = order["lineItems"]["nodes"][0]
    back = order["refunds"][0]["refundLineItems"]["nodes"][0]
    assert order["displayFinancialStatus"] in ("PARTIALLY_REFUNDED", "REFUNDED")
    assert line["quantity"] - line["currentQuantity"] == back["quantity"] == 1
    assert back["lineItem"]["id"] == line["id"]
    assert float(order["totalRefundedSet"]["shopMoney"]["amount"]) > 0


def test_an_order_carries_what_its_cart_carried(world: World) -> None:
    number = world.control("place-order", attributes={"_shopmlops_unit": "ab" * 16, "gift": "yes"})["order_id"]
    asked = "query One($id: ID!) { order(id: $id) { customAttributes { key value } } }"
    order = world.graphql(asked, id=f"gid://shopify/Order/{number}")["data"]["order"]
    said = [{"key": "_shopmlops_unit", "value": "ab" * 16}, {"key": "gift", "value": "yes"}]
    assert order["customAttributes"] == said
    exported = "{ orders { edges { node { id customAttributes { key value } } } } }"
    _, records = world.bulk(exported)
    assert [row["customAttributes"] for row in records if row["id"].endswith(str(number))] == [said]


def test_pages_follow_one_another_without_gap_or_overlap(world: World) -> None:
    seen: list[str] = []
    after = None
    for _ in range(4):
        page = world.graphql(ORDERS, first=50, after=after, reverse=True)["data"]["orders"]
        seen += [order["id"] for order in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert len(seen) == len(set(seen)) == 200


def test_changes_since_a_moment_are_found(world: World) -> None:
    since = (datetime.now(UTC) - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    page = world.graphql(ORDERS, first=250, query=f"updated_at:>='{since}'")["data"]["orders"]["nodes"]
    moments = [order["updatedAt"] for order in page]
    assert moments
    assert min(moments) >= since
    assert moments == sorted(moments)
    both = world.graphql(ORDERS, first=250, query=f"updated_at:>='{since}' AND created_at:<'{since}'")["data"]["orders"]
    assert all(order["createdAt"] < since for order in both["nodes"])


def test_a_variant_leads_to_its_cost_and_stock_per_location(world: World) -> None:
    data = world.graphql(
        """{ products(first: 3) { nodes { id title status vendor productType tags variants(first: 5) { nodes {
        id sku price inventoryItem { id tracked unitCost { amount currencyCode } inventoryLevels(first: 5) { nodes {
        location { id name } quantities(names: ["available", "incoming"]) { name quantity } } } } } } } } }"""
    )["data"]
    item = data["products"]["nodes"][0]["variants"]["nodes"][0]["inventoryItem"]
    assert len(item["inventoryLevels"]["nodes"]) == 2
    assert [each["name"] for each in item["inventoryLevels"]["nodes"][0]["quantities"]] == ["available", "incoming"]


def test_nodes_are_found_by_global_id_whatever_they_are(world: World) -> None:
    data = world.graphql(ORDERS, first=1)["data"]["orders"]["nodes"]
    shop = world.graphql("{ shop { id } }")["data"]["shop"]
    query = "query Ids($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Order { name } ... on Shop { name } } }"
    ids = [data[0]["id"], "gid://shopify/Order/1", shop["id"]]
    nodes = world.graphql(query, ids=ids)["data"]["nodes"]
    assert [node and node["__typename"] for node in nodes] == ["Order", None, "Shop"]


def test_without_the_scope_a_field_is_denied(world: World) -> None:
    answer = world.graphql(PAGE, first=200)
    denied = answer["errors"][0]["extensions"]
    assert denied["code"] == "ACCESS_DENIED"
    assert "read_customers" in denied["requiredAccess"]
    assert answer["data"]["orders"]["nodes"][0]["id"]  # the rest of the answer stands


WRITE = """mutation Set($metafields: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $metafields) {
  metafields { id namespace key value compareDigest } userErrors { field message code } } }"""


def entries(world: World, count: int) -> list[dict[str, str]]:
    variant = world.graphql("{ productVariants(first: 1) { nodes { id } } }")["data"]["productVariants"]["nodes"][0]
    return [
        {"ownerId": variant["id"], "namespace": "$app", "key": f"k{index}", "type": "number_integer", "value": "7"}
        for index in range(count)
    ]


def test_metafields_need_the_optional_scope_and_come_in_25(world: World) -> None:
    wanted = entries(world, 26)
    assert world.graphql(WRITE, metafields=wanted[:1])["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    world.control("scopes", grant=["write_products"])
    assert world.graphql(WRITE, metafields=wanted)["data"]["metafieldsSet"]["userErrors"]
    written = world.graphql(WRITE, metafields=wanted[:25])["data"]["metafieldsSet"]
    assert written["userErrors"] == []
    assert written["metafields"][0]["namespace"].startswith("app--")
    stale = {**wanted[0], "compareDigest": "old"}
    assert world.graphql(WRITE, metafields=[stale])["data"]["metafieldsSet"]["userErrors"][0]["code"] == "STALE_OBJECT"
    world.control("scopes", revoke=["write_products"])


def test_scopes_are_revoked_by_the_same_rules_as_there(world: World) -> None:
    revoke = (
        "mutation R($s: [String!]!) { appRevokeAccessScopes(scopes: $s) { revoked { handle } userErrors { code } } }"
    )
    for scope, code in (("fake_scope", "UNKNOWN_SCOPES"), ("read_orders", "CANNOT_REVOKE_REQUIRED_SCOPES")):
        answer = world.graphql(revoke, s=[scope])["data"]["appRevokeAccessScopes"]
        assert answer == {"revoked": None, "userErrors": [{"code": code}]}


def test_cost_is_reserved_and_what_was_not_used_comes_back(world: World) -> None:
    cost = world.graphql(ORDERS, first=100, query="created_at:<'2000-01-01'")["extensions"]["cost"]
    assert cost["requestedQueryCost"] == 9
    assert cost["actualQueryCost"] < 5
    assert cost["throttleStatus"]["maximumAvailable"] == 2000
    assert cost["throttleStatus"]["restoreRate"] == 100


def test_too_dear_or_unbounded_queries_are_refused(world: World) -> None:
    levels = "inventoryItem { inventoryLevels(first: 250) { nodes { location { id } } } }"
    dear = f"{{ products(first: 250) {{ nodes {{ variants(first: 250) {{ nodes {{ {levels} }} }} }} }} }}"
    assert world.graphql(dear)["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert "first or last" in world.graphql("{ orders { nodes { id } } }")["errors"][0]["message"]
    assert world.graphql("{ orders(first: 1) { nodes { statusPageUrl } } }")["errors"]


def test_a_drained_bucket_refuses_until_it_has_filled() -> None:
    buckets = Buckets()
    assert buckets.take("a", 1999)[0]
    assert buckets.take("a", 100)[0] is False
    assert buckets.take("b", 100)[0]  # each shop has its own
    buckets.take("a", -1500)  # what was reserved and not used
    assert buckets.take("a", 100)[0]


def test_a_throttled_answer_says_how_much_is_left(world: World) -> None:
    access = world.token().json()["access_token"]
    world.control("fail-api", mode="throttled")
    answer = world.call(access, "{ shop { id } }")
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert answer.json()["extensions"]["cost"]["actualQueryCost"] is None


def test_the_price_of_a_page_is_near_what_was_recorded(world: World) -> None:
    catalogue = """{ productsCount { count } products(first: 3) {
      edges { cursor node { id title status } } pageInfo { hasNextPage endCursor } } }"""
    assert abs(world.graphql(catalogue)["extensions"]["cost"]["requestedQueryCost"] - 14) <= 2


@pytest.mark.parametrize(("mode", "status"), [("402", 402), ("403", 403), ("404", 404), ("429", 429), ("5xx", 503)])
def test_the_api_fails_as_often_as_asked(world: World, mode: str, status: int) -> None:
    access = world.token().json()["access_token"]
    world.control("fail-api", mode=mode, times=2)
    codes = [world.call(access, "{ shop { id } }").status_code for _ in range(3)]
    assert codes == [status, status, 200]


def test_control_answers_no_other_site(world: World) -> None:
    address = f"http://127.0.0.1:{world.port}/control"
    crossed = {"Sec-Fetch-Site": "cross-site"}
    assert requests.post(f"{address}/place-order", headers=crossed, timeout=60).status_code == 404
    assert requests.get(f"{address}/id-token", headers=crossed, timeout=60).status_code == 404
    assert (
        requests.get(
            f"http://localhost:{world.port}/admin/{world.shop}/id-token", headers=crossed, timeout=60
        ).status_code
        == 404
    )


@pytest.fixture(scope="module")
def young(world: World) -> World:
    """A second shop in the same process, that shows only its last 60 days."""
    shop = "fellside-goods.myshopify.com"
    size = (
        "--days",
        "100",
        "--orders-per-day",
        "6",
        "--seed",
        "5",
        "--timezone",
        "America/New_York",
        "--currency",
        "USD",
    )
    made = devstore(world.folder, "seed", "--state", "state", "--shop", shop, "--history-days", "60", *size)
    assert made.returncode == 0, made.stderr
    return replace(world, shop=shop)


def test_without_read_all_orders_older_orders_are_hidden_everywhere(young: World) -> None:
    limit = (datetime.now(UTC) - timedelta(days=60)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert "read_all_orders" not in young.token().json()["scope"].split(",")
    listed = young.graphql(ORDERS, first=1, query="created_at:<'2100-01-01'")["data"]["orders"]["nodes"]
    _, records = young.bulk("{ orders { edges { node { id createdAt } } } }")
    held = young.state()["shops"][young.shop]["orders"]
    assert 0 < len(records) < held
    assert min(record["createdAt"] for record in records) >= limit
    assert listed[0]["createdAt"] >= limit


def test_shops_do_not_see_one_another(world: World, young: World) -> None:
    order = world.graphql(ORDERS, first=1, reverse=True)["data"]["orders"]["nodes"][0]["id"]
    assert young.graphql("query N($id: ID!) { node(id: $id) { id } }", id=order)["data"]["node"] is None
    assert young.call(world.token().json()["access_token"], "{ shop { id } }").status_code == 401
    assert young.graphql("{ shop { currencyCode ianaTimezone } }")["data"]["shop"] == {
        "currencyCode": "USD",
        "ianaTimezone": "America/New_York",
    }
