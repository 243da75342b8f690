"""Shopify's form of fields: whose each is, how many one call takes, and lines of a bulk operation made of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice
from typing import TypeVar

import orjson

from pipelines.usecases.contract import Metafields

SCOPE = "write_products"
PER_CALL = 25  # metafields that Shopify takes in one mutation
UNDER_WAY = timedelta(minutes=2)  # how long a request that was never answered may still do something
LIST = "list.product_reference"
LONGEST_KEPT = 40  # signs of a text that is remembered as it is

Fields = dict[str, str]
Metafield = dict[str, str]
Field = TypeVar("Field")


def metafields(asked: Metafields, unit: int, fields: Fields) -> Iterator[Metafield]:
    """Put the fields of an owner into Shopify's form."""
    for key, value in fields.items():
        yield {**address(asked, unit, key), "type": asked.types[key], "value": value}


def address(asked: Metafields, unit: int, key: str) -> Metafield:
    """Name one metafield."""
    return {"ownerId": f"gid://shopify/{asked.owner}/{unit}", "namespace": asked.namespace, "key": key}


def parts(fields: Iterable[Field]) -> Iterator[list[Field]]:
    """Cut a stream into what one mutation takes."""
    rest = iter(fields)
    while part := list(islice(rest, PER_CALL)):
        yield part


def lines(asked: Metafields, owners: Iterable[tuple[int, Fields]]) -> Iterator[tuple[list[int], list[Metafield]]]:
    """Pack owners with their fields into what one mutation takes, each owner as a whole: it is taken whole or not."""
    names: list[int] = []
    line: list[Metafield] = []
    for owner, fields in owners:
        if line and len(line) + len(fields) > PER_CALL:
            yield names, line
            names, line = [], []
        names.append(owner)
        line += metafields(asked, owner, fields)
    if line:
        yield names, line


def product_list(products: Iterable[int]) -> str:
    """Write a list of products as Shopify reads it."""
    return orjson.dumps([f"gid://shopify/Product/{product}" for product in products]).decode()


def noted(text: str) -> str:
    """Return what is remembered of a text that was sent: long ones are known again by their digest."""
    return text if len(text) <= LONGEST_KEPT else hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
