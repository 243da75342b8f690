"""Every GraphQL document, held against Shopify's own schema and scope map."""

import gzip
import json
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLSchema,
    NoDeprecatedCustomRule,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_schema,
    get_named_type,
    parse,
    specified_rules,
    validate,
    visit,
)

from pipelines.shopify.admin_api import QUERIES, document
from pipelines.shopify.bulk import bulk_query

NAMES = sorted(path.stem for path in QUERIES.glob("*.graphql"))
BULK = [
    name
    for name in NAMES
    if name.startswith("bulk_") and name not in ("bulk_operation", "bulk_run_query", "bulk_run_mutation")
]
CONTACT = {
    *("email", "phone", "firstName", "lastName", "displayName", "address1", "address2", "zip", "clientIp", "note"),
    *("billingAddress", "shippingAddress", "displayAddress", "customer", "customAttributes", "statusPageUrl"),
    *("abandonedCheckoutUrl", "staffMember", "accountOwner", "contactEmail", "shopOwnerName", "purchasingEntity"),
}
DIGESTED = {
    ("Order", "customAttributes"),  # cut to our own key and form before anything is written
    ("AbandonedCheckout", "abandonedCheckoutUrl"),  # of its token only a digest is kept
}


@pytest.fixture(scope="module")
def schema(shared) -> GraphQLSchema:
    return build_schema(
        gzip.open(shared / "shopify" / "admin_schema.2026-10.graphql.gz", "rt").read(), assume_valid=True
    )


@pytest.fixture(scope="module")
def scope_map(shared) -> dict[tuple[str, str], set[str]]:
    rows = json.loads(gzip.decompress((shared / "shopify" / "admin_2026-10.access_scopes.json.gz").read_bytes()))
    return {(row["typeName"], row.get("fieldName", "")): set(row["offlineScopes"]) for row in rows}


def fields(schema: GraphQLSchema, name: str) -> set[tuple[str, str, str]]:
    """Return (type, field, type of the answer) for every field that a document selects."""
    found = set()
    info = TypeInfo(schema)

    class Collect(Visitor):
        def enter_field(self, node, *_):
            found.add((info.get_parent_type().name, node.name.value, get_named_type(info.get_type()).name))

    visit(parse(document(name)), TypeInfoVisitor(info, Collect()))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_it_is_valid_and_uses_nothing_deprecated(schema, name):
    errors = validate(schema, parse(document(name)), [*specified_rules, NoDeprecatedCustomRule])
    assert [error.message for error in errors] == []


@pytest.mark.parametrize("name", NAMES)
def test_it_needs_no_scope_that_the_app_does_not_ask_for(schema, scope_map, name):
    asked = tomllib.loads((Path(settings.BASE_DIR) / "shopify.app.toml").read_text())["access_scopes"]
    granted = {
        *asked["scopes"].split(","),
        *(asked["optional_scopes"] if name.startswith(("metafield", "web_pixel", "analytics", "discount")) else []),
    }
    granted |= {scope.replace("write_", "read_") for scope in granted}  # each write scope brings its read scope along
    for parent, field, answer in fields(schema, name):
        for needed in (scope_map.get((parent, field)), scope_map.get((answer, ""))):
            assert not needed or needed & granted, f"{parent}.{field} needs one of {sorted(needed)}"


@pytest.mark.parametrize("name", NAMES)
def test_it_selects_no_contact_data(schema, name):
    selected = {(parent, field) for parent, field, _ in fields(schema, name)} - DIGESTED
    assert {field for _, field in selected} & CONTACT == set()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in BULK])
def test_a_single_item_costs_less_than_a_request_may(schema, name):
    """Shopify scales connections below their size, so the linear sum is the dearest that a page can be."""
    operation, *fragments = parse(document(name)).definitions
    known = {fragment.name.value: fragment for fragment in fragments}
    assert cost_of(operation, known) <= 1000


def cost_of(node, fragments) -> int:
    total = 0
    for selection in node.selection_set.selections if node.selection_set else []:
        if isinstance(selection, FragmentSpreadNode):
            total += cost_of(fragments[selection.name.value], fragments)
        elif not isinstance(selection, FieldNode):
            total += cost_of(selection, fragments)
        elif selection.selection_set:
            first = next((argument.value for argument in selection.arguments if argument.name.value == "first"), None)
            times = int(getattr(first, "value", 1)) if first else 1
            is_wrapper = selection.name.value in ("nodes", "edges", "pageInfo")
            total += times * (cost_of(selection, fragments) + (not is_wrapper))
    return total


@pytest.mark.parametrize("name", BULK)
class TestBulkRules:
    """Rules that Shopify was recorded to enforce."""

    def test_it_is_one_query_without_variables(self, name):
        (operation,) = parse(document(name)).definitions
        assert operation.operation.value == "query"
        assert not operation.variable_definitions
        assert len(operation.selection_set.selections) == 1
        assert len(document(name).encode()) < 65_535

    def test_connections_are_selected_by_edges_and_at_most_two_below_the_root(self, schema, name):
        connections = connections_of(schema, name)
        assert 1 <= len(connections) <= 5
        assert all(depth - 1 <= 2 for _, depth, _ in connections)
        assert all(selected == ["edges"] for _, _, selected in connections)

    def test_every_node_selects_its_id(self, name):
        assert document(name).count("node {") == sum(
            line.strip() == "id" and before.strip() == "node {"
            for before, line in zip(document(name).splitlines(), document(name).splitlines()[1:], strict=False)
        )

    def test_no_connection_lies_in_a_list(self, schema, name):
        assert not any(parents for parents in lists_above_connections(schema, name))

    def test_it_takes_a_filter_or_none(self, name):
        from datetime import UTC, datetime

        assert "query:" not in bulk_query(name)
        assert "updated_at:>='2026-11-01T00:00:00Z'" in bulk_query(name, datetime(2026, 11, 1, tzinfo=UTC))
        assert "{filter}" not in bulk_query(name)


def connections_of(schema, name) -> list[tuple[str, int, list[str]]]:
    found, info, depth = [], TypeInfo(schema), [0]

    class Collect(Visitor):
        def enter_field(self, node, *_):
            if get_named_type(info.get_type()).name.endswith("Connection"):
                depth[0] += 1
                found.append((node.name.value, depth[0], [child.name.value for child in node.selection_set.selections]))

        def leave_field(self, node, *_):
            if get_named_type(info.get_type()).name.endswith("Connection"):
                depth[0] -= 1

    visit(parse(document(name)), TypeInfoVisitor(info, Collect()))
    return found


def lists_above_connections(schema, name) -> list[list[str]]:
    """Return, for each connection, the list fields above it that are no `edges`."""
    found, info, lists = [], TypeInfo(schema), []

    class Collect(Visitor):
        def enter_field(self, node, *_):
            if get_named_type(info.get_type()).name.endswith("Connection"):
                found.append(list(lists))
            if "[" in str(info.get_type()) and node.name.value != "edges":
                lists.append(node.name.value)

        def leave_field(self, node, *_):
            if "[" in str(info.get_type()) and node.name.value != "edges":
                lists.pop()

    visit(parse(document(name)), TypeInfoVisitor(info, Collect()))
    return found


def leaves(name: str) -> set[str]:
    """Return the paths of what a document asks of an order, without the wrappers that the two ways of reading need."""
    found: set[str] = set()
    syntax = parse(document(name))
    fragments = {node.name.value: node for node in syntax.definitions if node.kind == "fragment_definition"}

    def walk(selection, path: tuple[str, ...]) -> None:
        for node in selection.selections:
            if isinstance(node, FragmentSpreadNode):
                walk(fragments[node.name.value].selection_set, path)
            elif node.selection_set is None:
                found.add(".".join((*path, node.name.value)))
            elif node.name.value != "pageInfo":
                wraps = node.name.value in ("edges", "node", "nodes", "orders")
                walk(node.selection_set, path if wraps else (*path, node.name.value))

    walk(syntax.definitions[0].selection_set, ())
    return found


def test_an_order_is_read_whole_by_export_and_by_id():
    exported = leaves("bulk_orders")
    assert len(exported) > 20 and "lineItems.sku" in exported
    assert exported == {path for path in leaves("orders_by_ids") if not path.startswith(("refunds", "__typename"))}
