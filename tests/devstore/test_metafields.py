"""Metafields as the store takes them: lists of products that there are, line by line in bulk, and gone with the app."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.devstore.conftest import SHOP, World
from tests.devstore.test_bulk import IMPORT, UPLOADS

SET = """mutation Set($metafields: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $metafields) {
  metafields { id } userErrors { field message code } } }"""
DELETE = """mutation Delete($metafields: [MetafieldIdentifierInput!]!) { metafieldsDelete(metafields: $metafields) {
  deletedMetafields { key } userErrors { message } } }"""
COMPLEMENTARY = {"namespace": "shopify--discovery--product_recommendation", "key": "complementary_products"}
OWN = {"namespace": "$app:lists", "key": "a"}
READ = """query Read($id: ID!, $namespace: String!, $key: String!) {
  product(id: $id) { metafield(namespace: $namespace, key: $key) { value compareDigest } } }"""


@pytest.fixture
def shop(world: World) -> Iterator[World]:
    world.control("scopes", grant=["write_products"])
    yield world
    world.control("scopes", revoke=["write_products"])


@pytest.fixture
def products(shop: World) -> list[str]:
    nodes = shop.graphql("{ products(first: 60) { nodes { id status } } }")["data"]["products"]["nodes"]
    return [node["id"] for node in nodes if node["status"] == "ACTIVE"]


def field(owner: str, listed: Any, **address: str) -> dict[str, str]:
    value = listed if isinstance(listed, str) else json.dumps(listed)
    return {"ownerId": owner, "type": "list.product_reference", "value": value, **(address or OWN)}


def written(shop: World, *fields: dict[str, Any]) -> list[dict[str, Any]]:
    answer = shop.graphql(SET, metafields=list(fields))["data"]["metafieldsSet"]
    return list(answer["userErrors"])


def read(shop: World, owner: str, **address: str) -> str | None:
    held = shop.graphql(READ, id=owner, **(address or OWN))["data"]["product"]["metafield"]
    return held["value"] if held else None


def imported(shop: World, mutation: str, lines: list[list[dict[str, Any]]]) -> tuple[dict[str, Any], list[Any]]:
    """Run a mutation in bulk, a line for each list of fields; return the operation and what became of each line."""
    about = {"filename": "a.jsonl", "mimeType": "text/jsonl", "resource": "BULK_MUTATION_VARIABLES"}
    target = shop.graphql(UPLOADS, input=[{**about, "httpMethod": "POST"}])["data"]["stagedUploadsCreate"]
    fields = {entry["name"]: entry["value"] for entry in target["stagedTargets"][0]["parameters"]}
    text = "\n".join(json.dumps({"metafields": line}) for line in lines)
    requests.post(target["stagedTargets"][0]["url"], data=fields, files={"file": ("a.jsonl", text)}, timeout=60)
    run = shop.graphql(IMPORT, mutation=mutation, path=fields["key"])["data"]["bulkOperationRunMutation"]
    ask = "query P($id: ID!) { bulkOperation(id: $id) { status url partialDataUrl } }"
    shop.finished(run["bulkOperation"]["id"])
    operation = shop.graphql(ask, id=run["bulkOperation"]["id"])["data"]["bulkOperation"]
    url = operation["url"] or operation["partialDataUrl"]
    return operation, [json.loads(line) for line in requests.get(url, timeout=60).text.splitlines()]


@pytest.mark.parametrize(
    ("listed", "why"),
    [
        ("not json", "list of product references"),
        ({"a": 1}, "list of product references"),
        (["gid://shopify/ProductVariant/1"], "list of product references"),
        (["gid://shopify/Product/1"], "non-existent"),
        ("many", "maximum number"),
    ],
)
def test_a_list_names_products_that_there_are(shop: World, products: list[str], listed: Any, why: str) -> None:
    wrong = field(products[0], products[:1] * 129 if listed == "many" else listed)
    (error,) = written(shop, field(products[1], products[2:4]), wrong)
    assert error["field"] == ["metafields", "1", "value"] and why in error["message"]
    assert read(shop, products[1]) is None, "a call is taken whole or not at all"


def test_shopifys_own_list_holds_ten_and_stands_on_the_products_page(shop: World, products: list[str]) -> None:
    (error,) = written(shop, field(products[0], (products * 6)[:11], **COMPLEMENTARY))
    assert "maximum number" in error["message"]
    assert written(shop, field(products[0], (products * 6)[1:11], **COMPLEMENTARY)) == []
    handle = shop.graphql("query H($id: ID!) { product(id: $id) { handle } }", id=products[0])["data"]["product"]
    page = requests.get(f"http://127.0.0.1:{shop.port}/store/{SHOP}/products/{handle['handle']}", timeout=60).text
    assert "Pairs well with" in page
    assert shop.graphql(DELETE, metafields=[{"ownerId": products[0], **COMPLEMENTARY}])["data"]


def test_each_line_of_a_bulk_mutation_stands_for_itself(shop: World, products: list[str]) -> None:
    good, gone = field(products[3], products[4:6]), field("gid://shopify/Product/1", products[4:6])
    operation, lines = imported(shop, SET, [[good], [field(products[5], products[:2]), gone], [good]])
    assert operation["status"] == "COMPLETED"
    told = [line["data"]["metafieldsSet"]["userErrors"] for line in lines]
    assert [len(errors) for errors in told] == [0, 1, 0] and [line["__lineNumber"] for line in lines] == [0, 1, 2]
    assert told[1][0]["field"] == ["metafields", "1", "ownerId"]
    assert read(shop, products[3]) and read(shop, products[5]) is None
    _, lines = imported(shop, DELETE, [[{"ownerId": products[3], **OWN}]])
    assert lines[0]["data"]["metafieldsDelete"]["userErrors"] == [] and read(shop, products[3]) is None


def test_lines_without_the_scope_say_so(shop: World, products: list[str]) -> None:
    shop.control("scopes", revoke=["write_products"])
    _, lines = imported(shop, SET, [[field(products[0], products[1:3])]])
    assert lines[0]["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


def test_an_operation_that_fails_half_way_gives_out_what_it_did(shop: World, products: list[str]) -> None:
    shop.control("fail-api", mode="half_bulk", times=1)
    fields = [[field(each, products[6:8])] for each in products[:6]]
    operation, lines = imported(shop, SET, fields)
    assert (operation["status"], operation["url"]) == ("FAILED", None)
    assert 0 < len(lines) < 6 and read(shop, products[0]) and read(shop, products[5]) is None


def test_one_line_of_a_bulk_mutation_can_be_refused(shop: World, products: list[str]) -> None:
    shop.control("fail-api", mode="bad_line", times=1)
    operation, lines = imported(shop, SET, [[field(each, products[6:8])] for each in products[:3]])
    assert operation["status"] == "COMPLETED"
    assert [len(line["data"]["metafieldsSet"]["userErrors"]) for line in lines] == [1, 0, 0]


def test_what_the_app_owns_goes_with_it_and_what_the_shop_owns_stays(shop: World, products: list[str]) -> None:
    written(shop, field(products[0], products[1:3]), field(products[0], products[1:3], **COMPLEMENTARY))
    shop.control("uninstall")
    shop.control("reinstall")
    assert read(shop, products[0]) is None
    assert read(shop, products[0], **COMPLEMENTARY)
    shop.control("scopes", grant=["write_products"])
    assert shop.graphql(DELETE, metafields=[{"ownerId": products[0], **COMPLEMENTARY}])["data"]


def test_a_product_that_is_taken_off_the_online_store_has_no_page(shop: World, products: list[str]) -> None:
    handle = shop.graphql("query H($id: ID!) { product(id: $id) { handle } }", id=products[0])["data"]["product"]
    page = f"http://127.0.0.1:{shop.port}/store/{SHOP}/products/{handle['handle']}"
    shop.control("publish-product", product_id=products[0], published=False)
    assert requests.get(page, timeout=60).status_code == 404
    shop.control("publish-product", product_id=products[0], published=True)
    assert requests.get(page, timeout=60).status_code == 200
