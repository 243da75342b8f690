"""Shopify's own bodies with something in them changed: each is read, or said to be malformed, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.shopify.reading import payloads
from pipelines.shopify.reading.payloads import Sender
from pipelines.shopify.reading.shapes import Malformed
from pipelines.shopify.reading.topics import TOPICS, minimise

READERS: dict[str, Any] = {
    "order": payloads.order,
    "product": payloads.product,
    "stock": payloads.stock,
    "item": payloads.item,
    "location": payloads.location,
    "checkout": payloads.checkout,
    "refund": payloads.refund,
}
SENDER = Sender(1, "GBP", "webhook-1", "2026-11-22T10:00:00+00:00", 42)
ODD = st.sampled_from(
    [None, True, False, 0, -1, 1.5, 2**31, 2**63, 10**30, float("1e300"), "", "x", "-1", "NaN", "1e999", "9" * 400,
     "2026-11-22T10:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", [], {}, [None], [{}], {"id": 1},
     "\ud800", "a\x00b", "ann@example.com"]
)  # fmt: skip
TOPICS_READ = sorted(name for name, topic in TOPICS.items() if topic.kind in READERS)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every value of a body."""
    found = [path] if path else []
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        found += places(part, (*path, name))
    return found


def change(body: Any, path: tuple[Any, ...], odd: Any, drop: bool) -> None:
    """Replace or drop one value, unless an earlier change took it away."""
    try:
        for step in path[:-1]:
            body = body[step]
        if drop:
            del body[path[-1]]
        else:
            body[path[-1]] = odd
    except (IndexError, KeyError, TypeError):
        return


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.parametrize("topic", TOPICS_READ)
def test_no_change_to_a_body_is_a_surprise(topic: str, shared: Path, data: st.DataObject) -> None:
    path = shared / "shopify" / "webhooks" / f"{topic.replace('/', '__')}.json"
    if not path.exists():
        pytest.skip(f"Shopify publishes no sample of {topic}")
    body = json.loads(path.read_text())
    read = places(minimise(TOPICS[topic], body).payload)
    for _ in range(data.draw(st.integers(1, 4))):
        change(body, data.draw(st.sampled_from(read)), data.draw(ODD), data.draw(st.booleans()))
    try:
        READERS[TOPICS[topic].kind](minimise(TOPICS[topic], body).payload, SENDER)
    except Malformed as malformed:
        assert str(malformed)
