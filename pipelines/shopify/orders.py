"""Orders one page at a time, each with all of its lines and refunds: what bulk exports leave open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from pipelines.shopify.admin_api import AdminApi
from pipelines.shopify.bulk import updated_since
from pipelines.shopify.errors import TooCostly

PER_PAGE = 20


def updated(api: AdminApi, since: datetime) -> Iterator[dict[str, Any]]:
    """Yield the orders updated at or after a moment, oldest change first."""
    for order in api.pages("orders_updated", {"first": PER_PAGE, "filter": updated_since(since)}, "orders"):
        yield complete(api, order)


def by_ids(api: AdminApi, gids: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the orders with these ids that exist."""
    waiting, size = list(gids), PER_PAGE
    while waiting:
        try:
            nodes = api.execute("orders_by_ids", {"ids": waiting[:size]}).data.get("nodes") or []
        except TooCostly:
            if size == 1:
                raise
            size //= 2
            continue
        waiting = waiting[size:]
        yield from (complete(api, order) for order in nodes if order)


def complete(api: AdminApi, order: dict[str, Any]) -> dict[str, Any]:
    """Fetch the lines and refund lines that did not fit on the page."""
    order["lineItems"]["nodes"] += rest(api, "order_lines", order["id"], order["lineItems"], "order", "lineItems")
    for refund in order.get("refunds") or []:
        held = refund["refundLineItems"]
        held["nodes"] += rest(api, "refund_lines", refund["id"], held, "refund", "refundLineItems")
    return order


def rest(api: AdminApi, name: str, gid: str, held: dict[str, Any], root: str, connection: str) -> list[dict[str, Any]]:
    """Return the nodes after those that a connection holds already."""
    nodes: list[dict[str, Any]] = []
    info = held.get("pageInfo") or {}
    while info.get("hasNextPage"):
        page = (api.execute(name, {"id": gid, "after": info["endCursor"]}).data.get(root) or {}).get(connection) or {}
        nodes += page.get("nodes") or []
        info = page.get("pageInfo") or {}
    return nodes
