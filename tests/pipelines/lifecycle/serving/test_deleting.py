"""Deleting fields: what is refused of many is tried one by one, and told with its reason."""

from __future__ import annotations

from typing import Any, cast

import pytest

from pipelines.lifecycle.serving import deleting
from pipelines.shopify.admin_api import AdminApi
from pipelines.shopify.errors import UserErrors


class Refusing:
    """Shopify, which refuses a call for each key that it has a word about."""

    def __init__(self, **words: str) -> None:
        self.words, self.calls = words, 0

    def execute(self, name: str, variables: dict[str, Any]) -> None:
        self.calls += 1
        refused = [self.words[field["key"]] for field in variables["metafields"] if field["key"] in self.words]
        if refused:
            raise UserErrors([{"message": word} for word in refused])


@pytest.mark.parametrize(
    ("words", "told", "calls"),
    [
        ({}, ["", "", ""], 1),
        ({"two": "Not today"}, ["", "Not today", ""], 4),
        ({"two": "Owner does not exist", "three": "Not today"}, ["", "", "Not today"], 4),
        ({"one": "x" * 300}, ["x" * 200, "", ""], 4),
    ],
)
def test_only_what_is_refused_stands_and_says_why(words: dict[str, str], told: list[str], calls: int) -> None:
    shopify = Refusing(**words)
    fields = [
        {"ownerId": "gid://shopify/Product/1", "namespace": "ours", "key": key} for key in ("one", "two", "three")
    ]
    assert deleting.delete(cast(AdminApi, shopify), fields) == told and shopify.calls == calls
