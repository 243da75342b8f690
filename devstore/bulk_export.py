"""Compile a bulk query once, then stream rows through it to a JSONL file."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from sqlite3 import Row
from typing import Any, BinaryIO

import orjson
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    value_from_ast,
)

from devstore.bulk_rules import Fragments
from devstore.connections import CHILDREN, ROOTS, Loader, root_rows
from devstore.fields import FIELDS, Context


@dataclass
class Node:
    """Describe what one level of an export writes: plain fields, and the lists below it."""

    kind: str
    fields: list[tuple[str, Callable[[Any], Any]]]
    children: list["Child"]


@dataclass
class Child:
    """Describe a nested list: how to get from the parent to its owner, and the rows."""

    owner: Callable[[Any], Any]
    load: Loader
    args: dict[str, Any]
    node: Node


class Compiler(Fragments):
    """Compile one level after the other from the parsed query."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, context: Context) -> None:
        super().__init__(document)
        self.schema, self.context = schema, context

    def args(self, kind: str, field: FieldNode) -> dict[str, Any]:
        """Return a field's arguments as Python values."""
        known = self.schema.type_map[kind].fields[field.name.value].args
        given = {name: arg.default_value for name, arg in known.items() if arg.default_value is not None}
        for arg in field.arguments:
            given[arg.name.value] = value_from_ast(arg.value, known[arg.name.value].type)
        return {name: value for name, value in given.items() if value is not None}

    def node(self, kind: str, selections: SelectionSetNode) -> Node:
        """Compile what stands inside `node { … }`."""
        node = Node(kind, [], [])
        self._collect(node, kind, selections, lambda row: row, node.fields)
        return node

    def _collect(
        self,
        node: Node,
        kind: str,
        selections: SelectionSetNode,
        owner: Callable[[Any], Any],
        into: list[tuple[str, Callable[[Any], Any]]],
    ) -> None:
        for field in self.fields(selections):
            name, key = field.name.value, field.alias.value if field.alias else field.name.value
            if name == "__typename":
                into.append((key, lambda row, kind=kind: kind))
            elif (kind, name) in CHILDREN:
                node.children.append(self._child(kind, field, owner))
            else:
                into.append((key, self._getter(node, kind, field, owner)))

    def _child(self, kind: str, field: FieldNode, owner: Callable[[Any], Any]) -> Child:
        child_kind, load = CHILDREN[kind, field.name.value]
        return Child(owner, load, self.args(kind, field), self.node(child_kind, inside_edges(self, field)))

    def _getter(self, node: Node, kind: str, field: FieldNode, owner: Callable[[Any], Any]) -> Callable[[Any], Any]:
        name, args, context = field.name.value, self.args(kind, field), self.context
        read = FIELDS.get(kind, {}).get(name) or (lambda row, context, args: row[name])
        if not field.selection_set:
            return lambda row: read(row, context, args)
        inner: list[tuple[str, Callable[[Any], Any]]] = []
        inner_kind = get_named_type(self.schema.type_map[kind].fields[name].type).name
        self._collect(node, inner_kind, field.selection_set, lambda row: read(owner(row), context, args), inner)

        def nested(row: Any) -> Any:
            value = read(row, context, args)
            if isinstance(value, list):
                return [{key: get(each) for key, get in inner} for each in value]
            return None if value is None else {key: get(value) for key, get in inner}

        return nested


def inside_edges(compiler: Compiler, field: FieldNode) -> SelectionSetNode:
    """Return what is selected inside `edges { node { … } }`."""
    for edges in compiler.fields(field.selection_set):
        if edges.name.value == "edges":
            for node in compiler.fields(edges.selection_set):
                if node.name.value == "node":
                    return node.selection_set
    raise GraphQLError("no edges > node")


def line_of(record: dict[str, Any]) -> bytes:
    """Write one JSONL line the way the platform does, with escaped slashes."""
    return orjson.dumps(record).replace(b"/", b"\\/") + b"\n"


class Exporter:
    """Write the rows of a compiled query; children stand before or after their parents."""

    def __init__(self, context: Context, out: BinaryIO, stop: Callable[[], bool], group: bool) -> None:
        self.context, self.out, self.stop, self.group = context, out, stop, group
        self.objects = self.roots = 0

    def run(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        """Export every top-level list of the query."""
        compiler = Compiler(schema, document, self.context)
        operation = next(d for d in document.definitions if isinstance(d, OperationDefinitionNode))
        for field in compiler.fields(operation.selection_set):
            if field.name.value not in ROOTS:
                continue
            args = compiler.args(schema.query_type.name, field)
            node = compiler.node(ROOTS[field.name.value][0], inside_edges(compiler, field))
            for index, rows in enumerate(root_rows(self.context, field.name.value, args)):
                if self.stop():
                    return
                self.roots += len(rows)
                self._chunk(rows, node, children_first=index % 2 == 1 and not self.group)

    def _chunk(self, rows: list[Row], node: Node, children_first: bool) -> None:
        own = [line_of(self._record(node, row)) for row in rows]
        below = [line for child in node.children for line in self._children(rows, node, child)]
        if not self.group:
            random.Random(len(below)).shuffle(below)
        self.objects += len(own) + len(below)
        self.out.writelines((*below, *own) if children_first else (*own, *below))

    def _record(self, node: Node, row: Any) -> dict[str, Any]:
        return {key: get(row) for key, get in node.fields}

    def _children(self, rows: list[Any], parent: Node, child: Child) -> list[bytes]:
        owners = [(row, child.owner(row)) for row in rows]
        loaded = child.load(self.context, [owner for _, owner in owners if owner is not None], child.args)
        lines, below = [], []
        parent_id = FIELDS[parent.kind]["id"]
        for row, owner in owners:
            found = loaded.get(owner["id"], []) if owner is not None else []
            mark = parent_id(row, self.context, {})
            lines += [line_of({**self._record(child.node, each), "__parentId": mark}) for each in found]
            below += found
        for grandchild in child.node.children:
            lines += self._children(below, child.node, grandchild)
        return lines
