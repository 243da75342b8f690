"""Metafields as apps write them: up to 25 at once, all or none, with the platform's own refusals."""

import json
import re
from typing import Any

from devstore.clock import now
from devstore.fields import Context, digest, full_namespace
from devstore.graphql_api import denied, find

MAX_METAFIELDS = 25
LIST, MOST_REFERENCES = "list.product_reference", 128
COMPLEMENTARY = ("shopify--discovery--product_recommendation", "complementary_products")
MOST_COMPLEMENTARY = 10
WRITE_SCOPES = {"Product": "write_products", "ProductVariant": "write_products", "Location": "write_locations"}
OWNER_SCOPES = {"PRODUCT": "write_products", "PRODUCTVARIANT": "write_products", "LOCATION": "write_locations"}
PRODUCT_ID = re.compile(r"gid://shopify/Product/(\d+)")


def error(message: str, field: list[str] | None = None, code: str | None = None, **more: Any) -> dict[str, Any]:
    """Shape a user error."""
    return {"field": field, "message": message, "code": code, **more}


def set_all(context: Context, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Write up to 25 metafields, all or none."""
    errors = _metafield_errors(context, entries)
    if errors:
        return {"metafields": None, "userErrors": errors}
    rows = []
    with context.store.writing() as db:
        for entry in entries:
            key = (entry["ownerId"], full_namespace(entry.get("namespace")), entry["key"])
            kind = entry.get("type") or _defined_type(context, *key)
            db.execute(
                "INSERT INTO metafields (id, shop, owner, namespace, key, type, value, created_at, updated_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (owner, namespace, key) DO UPDATE SET "
                "type = excluded.type, value = excluded.value, updated_at = excluded.updated_at",
                (context.store.next_ids("metafield"), context.domain, *key, kind, entry["value"], now(), now()),
            )
            rows.append(context.store.one(_FIND_METAFIELD, *key))
    return {"metafields": rows, "userErrors": []}


_FIND_METAFIELD = "SELECT * FROM metafields WHERE owner = ? AND namespace = ? AND key = ?"


def _metafield_errors(context: Context, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(entries) > MAX_METAFIELDS:
        message = f"Exceeded the maximum metafields input limit of {MAX_METAFIELDS}."
        return [error(message, ["metafields"], "LESS_THAN_OR_EQUAL_TO", elementIndex=None)]
    return [each for index, entry in enumerate(entries) if (each := _metafield_error(context, index, entry))]


def _metafield_error(context: Context, index: int, entry: dict[str, Any]) -> dict[str, Any] | None:
    path = ["metafields", str(index)]
    kind = entry["ownerId"].split("/")[3] if entry["ownerId"].count("/") >= 4 else ""
    scope = WRITE_SCOPES.get(kind)
    if scope and scope not in context.scopes:
        raise denied("metafieldsSet", scope)
    if kind != "AppInstallation" and find(context, entry["ownerId"]) is None:
        return error("Owner does not exist", [*path, "ownerId"], "INVALID", elementIndex=index)
    namespace = full_namespace(entry.get("namespace"))
    if not entry.get("type") and _defined_type(context, entry["ownerId"], namespace, entry["key"]) is None:
        return error("Type can't be blank", [*path, "type"], "BLANK", elementIndex=index)
    if entry["value"] == "":
        return error("may not be empty", [*path, "value"], "BLANK", elementIndex=index)
    wrong = _wrong_list(context, entry, namespace)
    if wrong:
        return error(wrong, [*path, "value"], "INVALID_VALUE", elementIndex=index)
    if "compareDigest" in entry:
        row = context.store.one(_FIND_METAFIELD, entry["ownerId"], namespace, entry["key"])
        if (digest(row["value"]) if row else None) != entry["compareDigest"]:
            message = (
                "The resource has been updated since it was loaded. Try again with an updated `compareDigest` value."
            )
            return error(message, path, "STALE_OBJECT", elementIndex=index)
    return None


def _wrong_list(context: Context, entry: dict[str, Any], namespace: str) -> str | None:
    """Say what is wrong with a list of products, if the field is one."""
    kind = entry.get("type") or _defined_type(context, entry["ownerId"], namespace, entry["key"])
    if kind != LIST:
        return None
    try:
        listed = json.loads(entry["value"])
    except ValueError:
        listed = None
    found = [PRODUCT_ID.fullmatch(each) if isinstance(each, str) else None for each in listed or []]
    if not isinstance(listed, list) or not all(found):
        return "Value must be a list of product references."
    most = MOST_COMPLEMENTARY if (namespace, entry["key"]) == COMPLEMENTARY else MOST_REFERENCES
    if len(listed) > most:
        return f"Value exceeds the maximum number of entries ({most})."
    for match in found:
        product = context.product(int(match[1])) if match else None
        if product is None or product["shop"] != context.domain:
            return f"Value references non-existent resource {match[0] if match else ''}."
    return None


def _defined_type(context: Context, owner: str, namespace: str, key: str) -> str | None:
    sql = "SELECT type FROM metafield_definitions WHERE shop = ? AND owner_type = ? AND namespace = ? AND key = ?"
    kind = owner.split("/")[3].upper() if owner.count("/") >= 4 else ""
    row = context.store.one(sql, context.domain, kind, namespace, key)
    return row["type"] if row else None


def delete(context: Context, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Delete metafields; those that do not exist are answered with null."""
    gone = []
    with context.store.writing() as db:
        for entry in entries:
            scope = WRITE_SCOPES.get(entry["ownerId"].split("/")[3])
            if scope and scope not in context.scopes:
                raise denied("metafieldsDelete", scope)
            key = (entry["ownerId"], full_namespace(entry["namespace"]), entry["key"])
            found = db.execute("DELETE FROM metafields WHERE owner = ? AND namespace = ? AND key = ?", key).rowcount
            gone.append({"ownerId": key[0], "namespace": key[1], "key": key[2]} if found else None)
    return {"deletedMetafields": gone, "userErrors": []}


def define(context: Context, entry: dict[str, Any]) -> dict[str, Any]:
    """Define a metafield once."""
    scope = OWNER_SCOPES.get(entry["ownerType"])
    if scope and scope not in context.scopes:
        raise denied("metafieldDefinitionCreate", scope)
    namespace = full_namespace(entry.get("namespace"))
    key = (context.domain, entry["ownerType"], namespace, entry["key"])
    sql = "SELECT 1 FROM metafield_definitions WHERE shop = ? AND owner_type = ? AND namespace = ? AND key = ?"
    if context.store.one(sql, *key):
        message = "Key is in use for Product metafields on the 'app' namespace."
        return {"createdDefinition": None, "userErrors": [error(message, ["definition", "key"], "TAKEN")]}
    number = context.store.next_ids("definition")
    facts = {
        "namespace": namespace,
        "key": entry["key"],
        "name": entry["name"],
        "description": entry.get("description"),
    }
    context.store.insert(
        "metafield_definitions",
        id=number,
        shop=context.domain,
        owner_type=entry["ownerType"],
        type=entry["type"],
        **facts,
    )
    definition = {
        **facts,
        "id": f"gid://shopify/MetafieldDefinition/{number}",
        "ownerType": entry["ownerType"],
        "type": {"name": entry["type"], "category": "TEXT"},
    }
    return {"createdDefinition": definition, "userErrors": []}
