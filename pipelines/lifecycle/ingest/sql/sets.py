"""Many keys in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

Key = tuple[int, int]  # shop, Shopify's id


def among(column: str, shop: str = "shop_id") -> str:
    """Return the condition that a row is one of the given keys."""
    return f"({shop}, {column}) IN (SELECT * FROM unnest(%s::bigint[], %s::bigint[]))"


def arrays(keys: Iterable[Sequence[Any]]) -> list[str]:
    """Turn rows into one array a column, as unnest takes them."""
    return [array(column) for column in zip(*keys, strict=True)]


def array(values: Iterable[Any]) -> str:
    r"""Write an array as PostgreSQL reads it: in one look, where it works out ARRAY[...] value by value.

    >>> print(array([1, None]), array(['a "b"', "C:\\"]))
    {1,NULL} {"a \"b\"","C:\\"}
    """
    return f"{{{','.join(map(element, values))}}}"


def element(value: Any) -> str:
    if type(value) is int:
        return str(value)
    if value is None:
        return "NULL"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
