"""Shopify's schema with the purchase orders of its unstable version, which were written down beside it."""

from __future__ import annotations

import gzip
import re
from functools import cache
from pathlib import Path

from graphql import DocumentNode, GraphQLSchema, build_ast_schema, parse

CUT = "scalar InventorySupplierSnapshot"  # what the file names and does not tell


@cache
def unstable(shared: Path) -> GraphQLSchema:
    """Put both together; what both tell is read of the older one."""
    stable = parse(gzip.decompress((shared / "shopify" / "admin_schema.2026-10.graphql.gz").read_bytes()).decode())
    text = (shared / "shopify" / "purchase_orders_unstable.graphql").read_text()
    asked = "\n".join(re.findall(r"^# Query\.(.+)$", text, re.MULTILINE))
    known = {node.name.value for node in stable.definitions if hasattr(node, "name")}
    added = parse(f"{text}\n{CUT}\nextend type QueryRoot {{ {asked} }}").definitions
    new = [node for node in added if node.kind.endswith("extension") or node.name.value not in known]
    return build_ast_schema(DocumentNode(definitions=(*stable.definitions, *new)), assume_valid=True)
