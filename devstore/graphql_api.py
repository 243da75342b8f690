"""The Admin API: resolvers on our part of the schema, access scopes, cost and throttling."""

import re
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_schema,
    execute,
    get_named_type,
    parse,
    validate,
    value_from_ast_untyped,
    visit,
)

from devstore import discounts, pixels, purchase_orders
from devstore.connections import CHILDREN, OF_SHOP, ROOTS, child_page, conditions, root_page
from devstore.cost import MAX_COST, Buckets, Cost, actual_cost, extension
from devstore.fields import FIELDS, Context, Getter

DOCS = "https://shopify.dev/api/usage/"
ROOT_SCOPES = {
    "order": "read_orders",
    "orders": "read_orders",
    "refund": "read_orders",
    "ordersCount": "read_orders",
    "abandonedCheckouts": "read_orders",
    "product": "read_products",
    "products": "read_products",
    "productsCount": "read_products",
    "productVariant": "read_products",
    "productVariants": "read_products",
    "inventoryItem": "read_inventory",
    "inventoryItems": "read_inventory",
    "inventoryLevel": "read_inventory",
    "codeDiscountNodeByCode": "read_discounts",
    "discountNodes": "read_discounts",
    "inventoryPurchaseOrder": purchase_orders.SCOPE,
    "inventoryPurchaseOrders": purchase_orders.SCOPE,
    "location": "read_locations",
    "locations": "read_locations",
}
TYPE_SCOPES = {"Customer": "read_customers", "Product": "read_products", "ProductVariant": "read_products"}
FIELD_SCOPES = {
    ("InventoryItem", "inventoryLevels"): "read_inventory",
    ("InventoryItem", "inventoryLevel"): "read_inventory",
    ("Shop", "analyticsAnnotations"): "read_analytics_annotations",
}
TABLE_OF = {
    "Order": "orders", "Product": "products", "ProductVariant": "variants", "Location": "locations",
    "Refund": "refunds", "LineItem": "lines", "Customer": "customers", "Metafield": "metafields",
    "BulkOperation": "bulk_operations", "AbandonedCheckout": "checkouts",
}  # fmt: skip


def denied(name: str, scope: str) -> GraphQLError:
    """Return the error for a missing scope."""
    need = f"`{scope}` access scope."
    return GraphQLError(
        f"Access denied for {name} field. Required access: {need}",
        extensions={"code": "ACCESS_DENIED", "documentation": f"{DOCS}access-scopes", "requiredAccess": need},
    )


def find(context: Context, global_id: str) -> Any:
    """Return the row behind a global id, marked with its type."""
    match = re.fullmatch(r"gid://shopify/(\w+)/(\d+)(\?.*)?", global_id)
    if not match:
        raise GraphQLError(f"Invalid global id '{global_id}'", extensions={"code": "INVALID_GLOBAL_ID"})
    kind, number = match[1], int(match[2])
    if kind == "Shop":
        return context.store.one(
            "SELECT *, 'Shop' typename FROM shops WHERE id = ? AND domain = ?", number, context.domain
        )
    if kind == "InventoryItem":
        sql = "SELECT *, 'InventoryItem' typename FROM variants WHERE item_id = ? AND shop = ?"
        return context.store.one(sql, number, context.domain)
    if kind == "InventoryLevel":
        sql = "SELECT *, 'InventoryLevel' typename FROM levels WHERE location_id = ? AND item_id = ? AND shop = ?"
        item = (match[3] or "").rpartition("=")[2]
        return context.store.one(sql, number, int(item) if item.isdigit() else 0, context.domain)
    if kind not in TABLE_OF:
        return None
    sql = f"SELECT *, '{kind}' typename FROM {TABLE_OF[kind]} WHERE id = ? AND shop = ?"
    row = context.store.one(sql, number, context.domain)
    return None if row and kind == "Order" and row["created_at"] < context.oldest_order else row


def _of_kind(kind: str, context: Context, global_id: str) -> Any:
    row = find(context, global_id)
    return row if row is not None and row["typename"] == kind else None


def _count(field: str, context: Context, args: dict[str, Any]) -> dict[str, Any]:
    parts, values = conditions(context, field, args.get("query"))
    limit = args.get("limit")
    number = context.store.number(f"SELECT count(*) FROM {ROOTS[field][1]} WHERE {' AND '.join(parts)}", *values)
    capped = limit is not None and number > limit
    return {"count": limit if capped else number, "precision": "AT_LEAST" if capped else "EXACT"}


def installation(context: Context) -> dict[str, Any]:
    """Return the app's own installation."""
    return {
        "id": f"gid://shopify/AppInstallation/{context.shop['id']}",
        "scopes": [scope for scope in (*context.required, *context.optional) if scope in context.scopes],
    }


def query_resolvers() -> dict[str, Callable[[Context, dict[str, Any]], Any]]:
    """Return what each top-level query field answers."""
    single = {
        "order": "Order", "refund": "Refund", "product": "Product", "productVariant": "ProductVariant",
        "inventoryItem": "InventoryItem", "inventoryLevel": "InventoryLevel", "location": "Location",
        "bulkOperation": "BulkOperation",
    }  # fmt: skip
    return {
        "shop": lambda context, args: context.shop,
        "currentAppInstallation": lambda context, args: installation(context),
        "node": lambda context, args: find(context, args["id"]),
        "nodes": lambda context, args: [find(context, each) for each in args["ids"]],
        "webPixel": pixels.read,
        "codeDiscountNodeByCode": discounts.by_code,
        "discountNodes": discounts.automatic,
        "ordersCount": partial(_count, "orders"),
        "productsCount": partial(_count, "products"),
        **{name: lambda context, args, kind=kind: _of_kind(kind, context, args["id"]) for name, kind in single.items()},
        **{name: lambda context, args, name=name: root_page(context, name, args) for name in ROOTS.keys() - OF_SHOP},
    }


def load_schema(
    mutations: dict[str, Callable[[Context, dict[str, Any]], Any]], parts: tuple[str, ...] = ("schema",)
) -> GraphQLSchema:
    """Build the schema of a version from its parts and hang a resolver on every field."""
    schema = build_schema("\n".join((Path(__file__).parent / f"{part}.graphql").read_text() for part in parts))
    roots = {"QueryRoot": query_resolvers() | purchase_orders.RESOLVERS, "Mutation": mutations}
    for name, kind in schema.type_map.items():
        if not isinstance(kind, GraphQLObjectType) or name.startswith("__"):
            continue
        for field_name, field in kind.fields.items():
            answer = _answer(roots.get(name), name, field_name)
            if answer:
                field.resolve = _guarded(name, field_name, field, answer)
    schema.type_map["Node"].resolve_type = lambda row, info, kind: row["typename"]
    return schema


def _answer(root: dict[str, Callable[[Context, dict[str, Any]], Any]] | None, kind: str, name: str) -> Getter | None:
    """Return what reads a field off its row; None where the row is a plain mapping."""
    if root is not None:
        top = root[name]
        return lambda row, context, args: top(context, args)
    if (kind, name) in CHILDREN:
        loader = CHILDREN[kind, name][1]
        return lambda row, context, args: child_page(context, loader, row, args)
    if kind == "Shop" and name in OF_SHOP:
        return lambda row, context, args: root_page(context, name, args)
    return FIELDS[kind][name] if kind in FIELDS else None


def _guarded(kind: str, name: str, field: GraphQLField, answer: Getter) -> Callable[..., Any]:
    """Return a resolver that answers only within the granted scopes."""
    scope = scope_of(kind, name, get_named_type(field.type).name)

    def resolve(row: Any, info: GraphQLResolveInfo, **args: Any) -> Any:
        if scope and scope not in info.context.scopes:
            raise denied(name, scope)
        return answer(row, info.context, args)

    return resolve


def scope_of(kind: str, name: str, returns: str) -> str | None:
    """Return the scope that a field needs."""
    root = ROOT_SCOPES.get(name) if kind == "QueryRoot" else None
    return root or FIELD_SCOPES.get((kind, name)) or TYPE_SCOPES.get(returns)


class _Needs(Visitor):
    """Collect the scopes of every field on the way through a document."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self.types, self.scopes = types, list[str]()

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent, returns = self.types.get_parent_type(), self.types.get_type()
        if parent and returns:
            scope = scope_of(parent.name, node.name.value, get_named_type(returns).name)
            self.scopes += [scope] if scope else []


def missing_scope(schema: GraphQLSchema, document: DocumentNode, scopes: set[str]) -> str | None:
    """Return the first scope that a bulk query needs and the app has not."""
    types = TypeInfo(schema)
    needs = _Needs(types)
    visit(document, TypeInfoVisitor(types, needs))
    return next((scope for scope in needs.scopes if scope not in scopes), None)


class Api:
    """Answer GraphQL requests of all shops."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self.buckets = Buckets()
        self._prepared = lru_cache(maxsize=256)(self._prepare)

    def _prepare(self, text: str) -> tuple[DocumentNode | None, list[GraphQLError]]:
        try:
            document = parse(text)
        except GraphQLError as error:
            return None, [error]
        return document, validate(self.schema, document)

    def answer(self, context: Context, text: str, variables: dict[str, Any], name: str | None) -> dict[str, Any]:
        """Return the response body of one request."""
        document, errors = self._prepared(text)
        if document is None or errors:
            return {"errors": [error.formatted for error in errors]}
        operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
        operation = next((o for o in operations if name is None or (o.name and o.name.value == name)), None)
        if operation is None:
            return {"errors": [{"message": f'No operation named "{name}"'}]}
        try:
            price = Cost(self.schema, document, self._defaults(operation, variables)).of(operation)
        except GraphQLError as error:
            return {"errors": [error.formatted]}
        return self._charged(context, document, variables, name, price)

    def _defaults(self, operation: OperationDefinitionNode, variables: dict[str, Any]) -> dict[str, Any]:
        known = {
            d.variable.name.value: value_from_ast_untyped(d.default_value)
            for d in operation.variable_definitions
            if d.default_value
        }
        return {**known, **variables}

    def _charged(
        self, context: Context, document: DocumentNode, variables: dict[str, Any], name: str | None, price: int
    ) -> dict[str, Any]:
        if price > MAX_COST:
            message = f"Query cost is {price}, which exceeds the single query max cost limit ({MAX_COST})."
            code = {
                "code": "MAX_COST_EXCEEDED",
                "cost": price,
                "maxCost": MAX_COST,
                "documentation": f"{DOCS}rate-limits",
            }
            return {"errors": [{"message": message, "extensions": code}]}
        allowed, left = self.buckets.take(context.domain, price)
        if not allowed:
            error = {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": f"{DOCS}rate-limits"}}
            return {"errors": [error], "extensions": extension(price, None, left)}
        result = execute(self.schema, document, None, context, variables, name)
        assert isinstance(result, ExecutionResult)
        spent = min(price, max(1, actual_cost(result.data) - 1)) if price != 10 else price
        _, left = self.buckets.take(context.domain, spent - price)
        body: dict[str, Any] = {"data": result.data, "extensions": extension(price, spent, left)}
        return {"errors": [error.formatted for error in result.errors], **body} if result.errors else body
