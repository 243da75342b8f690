"""Many keys in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

Key = tuple[int, int]  # shop, Shopify's id


def among(column: str, shop: str = "shop_id") -> str:
    """Return the condition that a row is one of the given keys."""
    return f"({shop}, {column}) IN (SELECT * FROM unnest(%s::bigint[], %s::bigint[]))"


def arrays(keys: Iterable[Sequence[Any]]) -> list[list[Any]]:
    """Turn rows into one array a column, as unnest takes them."""
    return [list(column) for column in zip(*keys, strict=True)]
