"""Channels that are real servers on this machine, and a shop that wants to be told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest


@pytest.fixture
def server(settings: Any) -> Iterator[Any]:
    """Play a channel: it answers by `on_file` and remembers what it was sent; a demo may call loopback."""
    from tests.fake_shopify import Reply, running

    settings.DEMO = True
    with running() as fake:
        fake.on_file = lambda asked: Reply(200)
        yield fake


@pytest.fixture
def shop(db: None) -> Any:
    from tests import factories

    return factories.a_shop(name="Northbeck Outfitters", timezone="Europe/London")


@pytest.fixture
def channel(shop: Any, server: Any) -> Callable[..., Any]:
    """Make a channel of a kind that leads to the server."""
    from pipelines.lifecycle.alerts import channels
    from pipelines.models import AlertChannel

    def make(kind: str = "webhook", target: str = "", **changes: Any) -> AlertChannel:
        to = target or ("ann@example.com" if kind == "email" else f"{server.origin}/hooks/1?a=b")
        return AlertChannel.objects.create(shop=shop, kind=kind, **channels.sealed(kind, to, shop), **changes)

    return make
