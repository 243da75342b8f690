"""The doors of the web process that open before Django is asked, by address; tests/tenancy tries each of them."""

from __future__ import annotations

from typing import Any

from pipelines.endpoints import health, webhooks
from pipelines.endpoints.answering import door as answering
from pipelines.endpoints.api import door as api
from pipelines.endpoints.checkout import door as checkout
from pipelines.endpoints.live import door as live
from pipelines.endpoints.storefront import pixel, proxy

AT: dict[str, Any] = {
    webhooks.PATH: webhooks.door,
    live.PATH: live.door,
    pixel.PATH: pixel.door,
    **dict.fromkeys(health.PATHS, health.door),
}
BELOW: dict[str, Any] = {
    answering.PREFIX: answering.door,
    checkout.PREFIX: checkout.door,
    api.PREFIX: api.door,
    proxy.PREFIX: proxy.door,
}


def door_to(path: str) -> Any:
    """Return what answers at an address; nothing where Django does."""
    return AT.get(path) or next((door for prefix, door in BELOW.items() if path.startswith(prefix)), None)
