"""Who asks is whom the last proxy that is to be believed names."""

from __future__ import annotations

import pytest

from pipelines.endpoints import callers

SHOPIFY, SHOPPER, OURS = "23.227.38.33", "151.101.1.195", "10.0.0.7"


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        (SHOPIFY, SHOPPER, SHOPPER),
        (OURS, f"{SHOPPER}, {SHOPIFY}", SHOPPER),
        (OURS, f"8.8.8.8, {SHOPPER}, {SHOPIFY}", SHOPPER),  # what a browser claims comes first
        (OURS, SHOPIFY, SHOPIFY),
        (SHOPIFY, "", SHOPIFY),
        (OURS, "", OURS),
    ],
)
def test_through_the_app_proxy_shopify_names_who_asks(peer: str, forwarded: str, expected: str) -> None:
    assert callers.behind_shopify(peer, forwarded) == expected


def test_a_query_is_read_unless_it_has_more_fields_than_any_door_asks_for() -> None:
    assert callers.query_of({"query_string": b"a=1&a=2&b="}) == {"a": "1", "b": ""}
    assert callers.query_of({"query_string": b"%ff=%c0&="}) == {"\ufffd": "\ufffd", "": ""}
    assert callers.query_of({"query_string": b"&".join([b"a=1"] * 9)}) is None
    assert callers.query_of({}) == {}
