"""Hold every GraphQL document against a schema of Shopify's: this version's, or the next one's before we move."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

from graphql import (
    GraphQLError,
    GraphQLSchema,
    NoDeprecatedCustomRule,
    build_client_schema,
    build_schema,
    parse,
    specified_rules,
    validate,
)

from pipelines.shopify.admin_api import QUERIES, document


@dataclass(frozen=True)
class Finding:
    """What a schema says against a document: that it is wrong, or only that a field of it goes some day."""

    name: str
    sentence: str
    is_wrong: bool


def read(file: Path) -> GraphQLSchema:
    """Read a schema, written out or as the answer to an introspection, packed or not, or raise ValueError."""
    raw = file.read_bytes()
    text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode()
    try:
        if not text.lstrip().startswith("{"):
            return build_schema(text, assume_valid=True)
        told = json.loads(text)
        return build_client_schema(told.get("data", told), assume_valid=True)
    except (GraphQLError, TypeError) as error:
        raise ValueError(str(error).partition("\n")[0]) from None


def names() -> list[str]:
    """List the documents that this app sends."""
    return sorted(path.stem for path in QUERIES.glob("*.graphql"))


def compare(schema: GraphQLSchema) -> list[Finding]:
    """Return what a schema says against any of our documents."""
    found = []
    for name in names():
        tree = parse(document(name))
        wrong = [Finding(name, error.message, True) for error in validate(schema, tree, specified_rules)]
        old = [Finding(name, error.message, False) for error in validate(schema, tree, [NoDeprecatedCustomRule])]
        found += wrong or old
    return found
