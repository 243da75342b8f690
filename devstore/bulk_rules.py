"""The platform's rules for bulk queries, in its own words (recorded answers, SHOPIFY 1.12)."""

from collections.abc import Iterator

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
    parse,
)
from graphql import validate as validate_document

MAX_CONNECTIONS = 5
MAX_DEPTH = 2
MAX_BYTES = 65_535
LIST_FIELDS = {"fulfillments", "refunds", "fulfillmentOrders", "transactions"}
Parent = tuple[str, SelectionSetNode]


class Fragments:
    """Know a document's fragments, so that a walk sees through them."""

    def __init__(self, document: DocumentNode) -> None:
        self.fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}

    def fields(self, selections: SelectionSetNode) -> Iterator[FieldNode]:
        """Walk the fields of a selection."""
        for part in selections.selections:
            if isinstance(part, FieldNode):
                yield part
            elif isinstance(part, InlineFragmentNode):
                yield from self.fields(part.selection_set)
            elif isinstance(part, FragmentSpreadNode):
                yield from self.fields(self.fragments[part.name.value].selection_set)


class Refused(Exception):
    """A bulk query that the platform does not take, with each reason."""

    def __init__(self, *messages: str) -> None:
        super().__init__("; ".join(messages))
        self.messages = messages


def check(schema: GraphQLSchema, text: str) -> DocumentNode:
    """Parse a bulk query and raise Refused with the platform's own sentences."""
    if len(text.encode()) > MAX_BYTES:
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


class _Survey(Fragments):
    """Count connections and note what breaks a rule; by shape alone, since it must know fields that we have not."""

    def __init__(self, document: DocumentNode) -> None:
        super().__init__(document)
        self.connections = self.depth = 0
        self.by_nodes: list[str] = []
        self.without_id: list[str] = []
        self.in_list = False

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
