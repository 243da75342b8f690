"""Shopify's form of fields: whole owners in lines of 25, lists of products, and what is remembered of a text."""

from __future__ import annotations

from pipelines.lifecycle.serving import form
from pipelines.usecases.contract import Metafields

ASKED = Metafields(types={"a": "json", "b": "json"}, owner="Product", namespace="$app:x")


def test_a_line_holds_whole_owners_and_no_more_than_shopify_takes() -> None:
    owners = [(number, {"a": "1", "b": "2"} if number % 2 else {"a": "1"}) for number in range(40)]
    lines = list(form.lines(ASKED, owners))
    assert [name for names, _ in lines for name in names] == list(range(40))
    assert all(len(line) <= form.PER_CALL for _, line in lines) and len(lines) == 3
    for names, line in lines:
        assert {field["ownerId"] for field in line} == {f"gid://shopify/Product/{name}" for name in names}


def test_a_list_of_products_is_written_as_shopify_reads_it() -> None:
    assert form.product_list([1, 2]) == '["gid://shopify/Product/1","gid://shopify/Product/2"]'


def test_short_texts_are_remembered_as_they_are_and_long_ones_by_their_digest() -> None:
    assert form.noted("2026-11-23") == "2026-11-23"
    long, other = form.product_list(range(50)), form.product_list(range(51))
    assert len(form.noted(long)) <= form.LONGEST_KEPT and form.noted(long) != form.noted(other)
