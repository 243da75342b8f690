"""What a query costs, and the leaky bucket it is paid from (SHOPIFY 1.11)."""

import math
import time
from threading import Lock
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    value_from_ast_untyped,
)

BUCKET = 2000
RESTORE = 100
MAX_COST = 1000
MAX_PAGE = 250
LINEAR_TO = 5
FIXED_COSTS = {"MoneyBag": 0, "MoneyV2": 0, "PageInfo": 0, "Count": 10}


def scaled(size: int) -> float:
    """Return what a page of that size counts for: recorded answers grow with its logarithm (3: 3, 50: 8, 250: 11)."""
    return size if size <= LINEAR_TO else LINEAR_TO + math.log2(size / LINEAR_TO)


class Cost:
    """Add up a query's price before it runs (SHOPIFY 1.11)."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: dict[str, Any]) -> None:
        self.schema, self.variables = schema, variables
        self.fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}

    def of(self, operation: OperationDefinitionNode) -> int:
        """Return the requested cost of an operation."""
        if operation.operation is OperationType.MUTATION:
            return 10 * len(operation.selection_set.selections)
        return max(1, round(self._selection(self.schema.query_type, operation.selection_set)))

    def _selection(self, kind: Any, selections: SelectionSetNode | None) -> float:
        total = 0.0
        for part in selections.selections if selections else ():
            if isinstance(part, FieldNode):
                total += self._field(kind, part)
            elif isinstance(part, FragmentSpreadNode):
                fragment = self.fragments[part.name.value]
                total += self._selection(
                    self.schema.type_map[fragment.type_condition.name.value], fragment.selection_set
                )
            else:
                inner = self.schema.type_map[part.type_condition.name.value] if part.type_condition else kind
                total += self._selection(inner, part.selection_set)
        return total

    def _field(self, kind: Any, field: FieldNode) -> float:
        definition = getattr(kind, "fields", {}).get(field.name.value)
        if definition is None or not field.selection_set:
            return 0
        inner = get_named_type(definition.type)
        if inner.name.endswith("Connection"):
            return scaled(self._size(field)) * max(1, self._node_cost(inner, field.selection_set))
        if inner.name in FIXED_COSTS:
            return FIXED_COSTS[inner.name]
        return self._objects(field) * (1 + self._selection(inner, field.selection_set))

    def _args(self, field: FieldNode) -> dict[str, Any]:
        return {arg.name.value: value_from_ast_untyped(arg.value, self.variables) for arg in field.arguments}

    def _objects(self, field: FieldNode) -> int:
        return len(self._args(field).get("ids") or [None]) if field.name.value == "nodes" else 1

    def _size(self, field: FieldNode) -> int:
        args = self._args(field)
        size = args.get("first") or args.get("last")
        if not size:
            message = "you must provide one of first or last"
            raise GraphQLError(message, [field], path=[field.name.value], extensions={"code": "BAD_REQUEST"})
        if size > MAX_PAGE:
            message = f"The first argument must be at most {MAX_PAGE}, got {size}"
            raise GraphQLError(message, extensions={"code": "BAD_REQUEST"})
        return size

    def _node_cost(self, connection: Any, selections: SelectionSetNode) -> float:
        node = get_named_type(connection.fields["nodes"].type)
        total = 1.0
        for part in selections.selections:
            if isinstance(part, FieldNode) and part.name.value == "nodes":
                total += self._selection(node, part.selection_set)
            elif isinstance(part, FieldNode) and part.name.value == "edges":
                for inner in part.selection_set.selections:
                    if isinstance(inner, FieldNode) and inner.name.value == "node":
                        total += self._selection(node, inner.selection_set)
        return total


def actual_cost(data: Any) -> int:
    """Return what an answer really cost: one point per object in it."""
    if isinstance(data, list):
        return sum(actual_cost(each) for each in data)
    if not isinstance(data, dict):
        return 0
    if "amount" in data or "shopMoney" in data or "hasNextPage" in data:
        return 0
    wrapper = "edges" in data or "nodes" in data or ("node" in data and set(data) <= {"node", "cursor"})
    return (0 if wrapper else 1) + sum(actual_cost(value) for value in data.values())


class Buckets:
    """Keep one leaky bucket per shop."""

    def __init__(self) -> None:
        self._levels: dict[str, tuple[float, float]] = {}
        self._lock = Lock()

    def take(self, shop: str, points: float) -> tuple[bool, int]:
        """Take points if they are there; negative points are given back."""
        with self._lock:
            level, seen = self._levels.get(shop, (BUCKET, time.monotonic()))
            level = min(BUCKET, level + (time.monotonic() - seen) * RESTORE)
            allowed = points <= level
            level = min(BUCKET, level - points) if allowed else level
            self._levels[shop] = (level, time.monotonic())
            return allowed, int(level)


def extension(requested: int, actual: int | None, left: int) -> dict[str, Any]:
    """Return what an answer says of its cost."""
    status = {"maximumAvailable": BUCKET, "currentlyAvailable": left, "restoreRate": RESTORE}
    return {"cost": {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": status}}
