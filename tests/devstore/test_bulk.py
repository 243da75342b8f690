"""Bulk operations: the rules of the platform, and files that hold every object once."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.devstore.conftest import World, until

ORDERS = """{ orders { edges { node { id name createdAt totalPriceSet { shopMoney { amount } }
  lineItems { edges { node { id sku quantity variant { id } } } } } } } }"""
PRODUCTS = """{ products { edges { node { id __typename title ...Rest variants { edges { node { id code: sku
  inventoryItem { id unitCost { amount } inventoryLevels { edges { node { id location { name }
  quantities(names: ["available"]) { quantity } } } } } } } } } } } }
fragment Rest on Product { vendor }"""


def recorded(shared: Path, name: str) -> list[tuple[str, dict[str, Any]]]:
    """Return each recorded bulk query with the user errors that the real API gave."""
    found: list[tuple[str, dict[str, Any]]] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            query = (value.get("variables") or {}).get("query")
            answer = ((value.get("response") or {}).get("data") or {}).get("bulkOperationRunQuery")
            if query is not None and answer:
                found.append((query, answer))
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(json.loads((shared / "shopify" / "captures" / f"2026-04__bulk-operations__{name}.json").read_text()))
    return found


@pytest.mark.parametrize("name", ["bulk-operation-run-query-validators", "bulk-operation-run-query-user-error-codes"])
def test_wrong_queries_are_refused_in_the_words_of_the_real_api(world: World, shared: Path, name: str) -> None:
    cases = recorded(shared, name)
    assert cases
    for query, answer in cases:
        assert world.bulk(query)[0]["userErrors"] == answer["userErrors"], query


def test_every_order_and_line_is_in_the_file_once(world: World) -> None:
    operation, records = world.bulk(ORDERS)
    orders = [record for record in records if "__parentId" not in record]
    lines = [record for record in records if "__parentId" in record]
    held = world.state()["shops"][world.shop]
    assert (len(orders), len(lines)) == (held["orders"], held["lines"])
    assert {line["__parentId"] for line in lines} == {order["id"] for order in orders}
    assert operation["objectCount"] == str(len(records))
    assert operation["rootObjectCount"] == str(len(orders))


def test_children_do_not_follow_their_parents_unless_grouped(world: World) -> None:
    def parent_is_just_above(records: list[dict[str, Any]]) -> bool:
        above = ""
        for record in records:
            if record.get("__parentId", above) != above:
                return False
            above = record["id"] if "__parentId" not in record else above
        return True

    assert not parent_is_just_above(world.bulk(ORDERS)[1])


def test_parts_of_a_bundle_lie_below_its_variant(world: World) -> None:
    found = world.graphql("{ productVariants(first: 3) { nodes { id } } }")["data"]["productVariants"]["nodes"]
    bundle, one, other = (variant["id"] for variant in found)
    world.control("bundle", variant_id=bundle, parts={one: 1, other: 2})
    query = """{ products { edges { node { id variants { edges { node { id requiresComponents
      productVariantComponents { edges { node { id quantity productVariant { id } } } } } } } } } } }"""
    _, records = world.bulk(query)
    parts = {each["productVariant"]["id"]: each for each in records if "productVariant" in each}
    assert {each: part["quantity"] for each, part in parts.items()} == {one: 1, other: 2}
    assert {part["__parentId"] for part in parts.values()} == {bundle}
    assert [each["id"] for each in records if each.get("requiresComponents")] == [bundle]
    world.control("bundle", variant_id=bundle, parts={})


def test_slashes_are_escaped(world: World) -> None:
    operation, _ = world.bulk("{ locations { edges { node { id } } } }")
    raw = requests.get(operation["url"], timeout=60).text
    assert raw.splitlines()[0].startswith(r'{"id":"gid:\/\/shopify\/Location\/')


def test_the_selection_decides_what_is_written(world: World) -> None:
    _, records = world.bulk(PRODUCTS)
    product = next(record for record in records if "/Product/" in record["id"])
    variant = next(record for record in records if "/ProductVariant/" in record["id"])
    level = next(record for record in records if "/InventoryLevel/" in record["id"])
    assert product.keys() == {"id", "__typename", "title", "vendor"}
    assert variant.keys() == {"id", "code", "inventoryItem", "__parentId"}
    assert variant["inventoryItem"].keys() == {"id", "unitCost"}
    assert "/ProductVariant/" in level["__parentId"]
    assert level["location"]["name"]


def test_an_empty_result_has_no_address(world: World) -> None:
    operation, _ = world.bulk("{ orders(query: \"created_at:<'2000-01-01'\") { edges { node { id } } } }")
    assert (operation["status"], operation["url"], operation["objectCount"]) == ("COMPLETED", None, "0")


def test_the_end_is_announced(world: World, heard: Any) -> None:
    operation, _ = world.bulk("{ products { edges { node { id } } } }")
    body = until(lambda: heard.heard("bulk_operations/finish"))[0].body
    assert body["admin_graphql_api_id"] == operation["id"]
    assert (body["status"], body["type"], body["error_code"]) == ("completed", "query", None)


def test_a_query_beyond_the_scopes_fails(world: World) -> None:
    operation, _ = world.bulk("{ orders { edges { node { id customer { id } } } } }")
    assert (operation["status"], operation["errorCode"]) == ("FAILED", "ACCESS_DENIED")


def test_an_address_is_signed_and_ends(world: World) -> None:
    operation, _ = world.bulk("{ products { edges { node { id } } } }")
    assert requests.get(operation["url"].replace("Signature=", "Signature=0"), timeout=60).status_code == 403
    world.control("fail-api", mode="expired_url")
    assert requests.get(operation["url"], timeout=60).status_code == 400
    world.control("fail-api", mode="half_file")
    half = requests.get(operation["url"], timeout=60).content
    whole = requests.get(operation["url"], timeout=60).content
    assert len(half) == len(whole) // 2
    world.control("fail-api", mode="malformed_jsonl")
    spoilt = requests.get(operation["url"], timeout=60).text.splitlines()
    with pytest.raises(ValueError, match=r"."):
        [json.loads(line) for line in spoilt]


UPLOADS = """mutation Up($input: [StagedUploadInput!]!) { stagedUploadsCreate(input: $input) {
  stagedTargets { url parameters { name value } } userErrors { message } } }"""
IMPORT = """mutation Run($mutation: String!, $path: String!) {
  bulkOperationRunMutation(mutation: $mutation, stagedUploadPath: $path) {
    bulkOperation { id } userErrors { field message code } } }"""
SET = """mutation Set($metafields: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $metafields) {
  metafields { id key } userErrors { field message } } }"""


def test_metafields_are_imported_from_an_uploaded_file(world: World) -> None:
    world.control("scopes", grant=["write_products"])
    variants = world.graphql("{ productVariants(first: 10) { nodes { id } } }")["data"]["productVariants"]["nodes"]
    field = {"namespace": "$app", "key": "days_of_cover", "type": "number_integer"}
    lines = [json.dumps({"metafields": [{**field, "ownerId": v["id"], "value": "12"}]}) for v in variants]
    about = {
        "filename": "cover.jsonl",
        "mimeType": "text/jsonl",
        "resource": "BULK_MUTATION_VARIABLES",
        "httpMethod": "POST",
    }
    target = world.graphql(UPLOADS, input=[about])["data"]["stagedUploadsCreate"]["stagedTargets"][0]
    fields = {entry["name"]: entry["value"] for entry in target["parameters"]}
    files = {"file": ("cover.jsonl", "\n".join(lines))}
    assert requests.post(target["url"], data=fields, files=files, timeout=60).status_code == 201
    run = world.graphql(IMPORT, mutation=SET, path=fields["key"])["data"]["bulkOperationRunMutation"]
    operation = world.finished(run["bulkOperation"]["id"])
    assert (operation["status"], operation["objectCount"]) == ("COMPLETED", "10")
    results = [json.loads(line) for line in requests.get(operation["url"], timeout=60).text.splitlines()]
    assert all(result["data"]["metafieldsSet"]["userErrors"] == [] for result in results)
    ask = (
        'query V($id: ID!) { productVariant(id: $id) { metafield(namespace: "$app", key: "days_of_cover") { value } } }'
    )
    assert world.graphql(ask, id=variants[0]["id"])["data"]["productVariant"]["metafield"]["value"] == "12"
    world.control("scopes", revoke=["write_products"])


def test_an_import_without_its_file_is_refused(world: World) -> None:
    answer = world.graphql(IMPORT, mutation=SET, path="tmp/1/bulk/x/none.jsonl")["data"]["bulkOperationRunMutation"]
    assert answer["userErrors"][0]["code"] == "NO_SUCH_FILE"


def test_an_order_costs_less_in_an_export_than_on_a_page(world: World) -> None:
    paged = """{ orders(first: 50) { nodes { id name createdAt totalPriceSet { shopMoney { amount } }
        lineItems(first: 5) { nodes { id sku quantity variant { id } } } } } }"""
    rounds = []
    for _ in range(3):
        began = time.perf_counter()
        _, records = world.bulk(ORDERS)
        exported = time.perf_counter()
        nodes = world.graphql(paged)["data"]["orders"]["nodes"]
        orders = sum("__parentId" not in record for record in records)
        rounds.append(((exported - began) / orders, (time.perf_counter() - exported) / len(nodes)))
    in_export, on_page = map(min, zip(*rounds, strict=True))
    assert in_export < on_page
