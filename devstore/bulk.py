"""Bulk operations: check a query by the platform's rules, then stream its rows to a JSONL file."""

import hashlib
import hmac
import random
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Row
from typing import Any, BinaryIO

import orjson
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    parse,
    value_from_ast,
)
from graphql import validate as validate_document

from devstore.connections import CHILDREN, ROOTS, Loader, root_rows
from devstore.fields import FIELDS, Context, gid
from devstore.store import Store, now

MAX_CONNECTIONS = 5
MAX_DEPTH = 2
MAX_RUNNING = 5
URL_LIFETIME = 7 * 86_400
LIST_FIELDS = {"fulfillments", "refunds", "fulfillmentOrders", "transactions"}
Parent = tuple[str, SelectionSetNode]
SECRET = secrets.token_bytes(32)


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


class Compiler:
    """Compile one level after the other from the parsed query."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, context: Context) -> None:
        self.schema, self.context = schema, context
        self.fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}

    def fields(self, selections: SelectionSetNode) -> Iterator[FieldNode]:
        """Walk the fields of a selection, through its fragments."""
        for part in selections.selections:
            if isinstance(part, FieldNode):
                yield part
            elif isinstance(part, InlineFragmentNode):
                yield from self.fields(part.selection_set)
            elif isinstance(part, FragmentSpreadNode):
                yield from self.fields(self.fragments[part.name.value].selection_set)

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


class Refused(Exception):
    """A bulk query that the platform does not take, with each reason."""

    def __init__(self, *messages: str) -> None:
        super().__init__("; ".join(messages))
        self.messages = messages


def check(schema: GraphQLSchema, text: str) -> DocumentNode:
    """Parse a bulk query and raise Refused with the platform's own sentences."""
    if len(text.encode()) > 65_535:
        raise Refused("Bulk query is too large: the limit is 65,535 bytes.")
    try:
        document = parse(text)
    except GraphQLError as error:
        end = "unexpected end of file" if "<EOF>" in error.message else error.message
        raise Refused(f"Invalid bulk query: syntax error, {end}") from None
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    if len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
        raise Refused("Invalid operation type. Only `query` operations are supported.")
    top = [field.name.value for field in operations[0].selection_set.selections if isinstance(field, FieldNode)]
    messages = [f"Bulk queries cannot contain a top level `{name}` field." for name in ("node", "nodes") if name in top]
    survey = _Survey(document)
    survey.walk(operations[0].selection_set, 0, None, False)
    messages += survey.messages()
    if not messages:
        messages = [f"Invalid bulk query: {error.message}" for error in validate_document(schema, document)]
    if messages:
        raise Refused(*messages)
    return document


class _Survey:
    """Count connections and note what breaks a rule; by shape alone, since it must know fields that we have not."""

    def __init__(self, document: DocumentNode) -> None:
        self.fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        self.connections = self.depth = 0
        self.by_nodes: list[str] = []
        self.without_id: list[str] = []
        self.in_list = False

    fields = Compiler.fields

    def walk(self, selections: SelectionSetNode, depth: int, parent: Parent | None, listed: bool) -> None:
        """Visit one selection, `depth` connections deep."""
        for field in self.fields(selections):
            if not field.selection_set:
                continue
            name = field.name.value
            if any(part.name.value in ("edges", "nodes") for part in self.fields(field.selection_set)):
                self._connection(field, depth, parent, listed)
            else:
                self.walk(field.selection_set, depth, parent, listed or name in LIST_FIELDS)

    def _connection(self, field: FieldNode, depth: int, parent: Parent | None, listed: bool) -> None:
        self.connections += 1
        self.depth = max(self.depth, depth)
        self.in_list = self.in_list or listed
        if parent and not any(f.name.value == "id" and not f.alias for f in self.fields(parent[1])):
            self.without_id.append(parent[0])
        for part in self.fields(field.selection_set):
            if part.name.value == "nodes":
                self.by_nodes.append(field.name.value)
            elif part.name.value == "edges" and part.selection_set:
                for node in self.fields(part.selection_set):
                    if node.name.value == "node" and node.selection_set:
                        self.walk(node.selection_set, depth + 1, (field.name.value, node.selection_set), False)

    def messages(self) -> list[str]:
        """Return a sentence for every broken rule."""
        found = []
        if not self.connections:
            found.append("Bulk queries must contain at least one connection.")
        if self.by_nodes:
            found.append(
                "All connection fields in a bulk query must select their contents using 'edges' > 'node', e.g: "
                f"'{self.by_nodes[0]} {{ edges {{ node {{'. Selecting via 'nodes' is not supported. "
                f"Invalid connection fields: '{', '.join(self.by_nodes)}'."
            )
        if self.in_list:
            found.append("Queries that contain a connection field within a list field are not currently supported.")
        if self.depth > MAX_DEPTH:
            found.append("Bulk queries cannot contain connections with a nesting depth greater than 2.")
        if self.connections > MAX_CONNECTIONS:
            found.append("Bulk queries cannot contain more than 5 connections.")
        if self.without_id:
            found.append(
                "The parent 'node' field for a nested connection must select the 'id' field without an alias "
                f"and must be of 'ID' return type. Connection fields without 'id': {', '.join(self.without_id)}."
            )
        return found


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


def signed_url(origin: str, row: Row) -> str:
    """Return the address of a result, good for seven days."""
    return file_url(origin, row["id"], (row["completed_at"] or now()) + URL_LIFETIME)


def file_url(origin: str, number: int, expires: int) -> str:
    """Return a signed address that ends at a given time."""
    return f"{origin}/bulk/{number}.jsonl?Expires={expires}&Signature={signature(number, expires)}"


def signature(number: int, expires: int) -> str:
    """Sign an address."""
    return hmac.new(SECRET, f"{number}:{expires}".encode(), hashlib.sha256).hexdigest()


def path_of(store: Store, number: int) -> Path:
    """Return where a result lies."""
    folder = store.state / "bulk"
    folder.mkdir(exist_ok=True)
    return folder / f"{number}.jsonl"


class Operations:
    """Start, watch and end the bulk operations of all shops."""

    def __init__(self, store: Store, schema: GraphQLSchema, finished: Callable[[Row], None]) -> None:
        self.store, self.schema, self.finished = store, schema, finished
        self.store.db.execute(
            "UPDATE bulk_operations SET status = 'FAILED', error_code = 'INTERNAL_SERVER_ERROR', completed_at = ? "
            "WHERE status IN ('CREATED', 'RUNNING', 'CANCELING')",
            (now(),),
        )

    def row(self, number: int) -> Row | None:
        """Return an operation as it stands."""
        return self.store.one("SELECT * FROM bulk_operations WHERE id = ?", number)

    def running(self, shop: str, kind: str) -> list[Row]:
        """Return the shop's unfinished operations of a kind."""
        sql = (
            "SELECT * FROM bulk_operations WHERE shop = ? AND type = ? AND status IN ('CREATED','RUNNING','CANCELING')"
        )
        return self.store.all(sql, shop, kind)

    def in_progress(self, shop: str, kind: str) -> str | None:
        """Return the platform's refusal when five operations are under way."""
        running = self.running(shop, kind)
        if len(running) < MAX_RUNNING:
            return None
        ids = ", ".join(gid("BulkOperation", row["id"]) for row in running)
        return f"A bulk {kind.lower()} operation for this app and shop is already in progress: {ids}."

    def start(self, shop: str, kind: str, query: str, work: Callable[["Run"], None]) -> Row:
        """Record an operation and do its work in a thread of its own."""
        number = self.store.next_ids("bulk")
        self.store.insert(
            "bulk_operations", id=number, shop=shop, type=kind, status="CREATED", query=query, created_at=now()
        )
        row = self.row(number)
        threading.Thread(target=self._work, args=(number, work), daemon=True).start()
        return row

    def query(self, context: Context, text: str, group: bool) -> Row:
        """Start an export."""
        document = check(self.schema, text)
        return self.start(context.domain, "QUERY", text, lambda run: run.export(context, self.schema, document, group))

    def cancel(self, number: int) -> None:
        """Ask an operation to stop."""
        with self.store.writing() as db:
            db.execute(
                "UPDATE bulk_operations SET status = 'CANCELING' WHERE id = ? AND status IN ('CREATED', 'RUNNING')",
                (number,),
            )

    def _work(self, number: int, work: Callable[["Run"], None]) -> None:
        run = Run(self, number)
        with self.store.writing() as db:
            db.execute("UPDATE bulk_operations SET status = 'RUNNING' WHERE id = ? AND status = 'CREATED'", (number,))
        try:
            work(run)
        except PermissionError:
            run.end("FAILED", "ACCESS_DENIED")
        except Exception:
            run.end("FAILED", "INTERNAL_SERVER_ERROR")
            raise
        else:
            run.end("CANCELED" if run.canceled() else "COMPLETED", None)


class Run:
    """One operation at work."""

    def __init__(self, operations: Operations, number: int) -> None:
        self.operations, self.number = operations, number
        self.objects = self.roots = 0

    @property
    def path(self) -> Path:
        """Return where the result is written."""
        return path_of(self.operations.store, self.number)

    def canceled(self) -> bool:
        """Say whether the operation was asked to stop."""
        row = self.operations.row(self.number)
        return row is None or row["status"] == "CANCELING"

    def export(self, context: Context, schema: GraphQLSchema, document: DocumentNode, group: bool) -> None:
        """Write the result of a query."""
        with self.path.open("wb") as out:
            exporter = Exporter(context, out, self._tick, group)
            self._exporter = exporter
            exporter.run(schema, document)
        self.objects, self.roots = exporter.objects, exporter.roots

    def _tick(self) -> bool:
        """Show progress, and say whether to stop."""
        self.progress(self._exporter.objects, self._exporter.roots)
        return self.canceled()

    def progress(self, objects: int, roots: int) -> None:
        """Store how far the operation has come."""
        with self.operations.store.writing() as db:
            db.execute("UPDATE bulk_operations SET objects = ?, roots = ? WHERE id = ?", (objects, roots, self.number))

    def end(self, status: str, error: str | None) -> None:
        """Store the outcome and tell the app."""
        size = self.path.stat().st_size if self.path.exists() else None
        with self.operations.store.writing() as db:
            db.execute(
                "UPDATE bulk_operations SET status = ?, error_code = ?, completed_at = ?, objects = ?, roots = ?, "
                "file_size = ? WHERE id = ?",
                (status, error, now(), self.objects, self.roots, size, self.number),
            )
        self.operations.finished(self.operations.row(self.number))
