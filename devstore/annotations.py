"""Marks on the store's own charts, as apps write them; the admin shows them under Analytics."""

from typing import Any

from devstore.clock import now
from devstore.connections import moment
from devstore.fields import Context

SCOPE = "write_analytics_annotations"
TYPES = ("campaign", "product_launch", "store_redesign")  # those of Shopify's that its documents name
LONGEST = {"title": 75, "description": 150}
MOST = 500  # of one app in one store: how many Shopify takes is not said


def create(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    """Keep a mark, or say what is wrong with it."""
    if context.store.number("SELECT count(*) FROM annotations WHERE shop = ?", context.domain) >= MOST:
        return refused("LIMIT_REACHED", None, "The maximum number of annotations has been reached.")
    for name, longest in LONGEST.items():
        if len(given.get(name) or "") > longest:
            return refused("INVALID", name, f"{name.title()} is too long (maximum is {longest} characters)")
    if not given["title"].strip():
        return refused("INVALID", "title", "Title can't be blank")
    if given["type"] not in TYPES:
        return refused("INVALID", "type", "Type is not supported")
    row = {
        "id": context.store.next_ids("annotation"),
        "shop": context.domain,
        "title": given["title"],
        "description": given.get("description"),
        "type": given["type"],
        "started_at": moment(given["startedAt"]),
        "ended_at": moment(given["endedAt"]) if given.get("endedAt") else None,
        "created_at": now(),
        "updated_at": now(),
    }
    context.store.insert("annotations", **row)
    return {"analyticsAnnotation": row, "userErrors": []}


def refused(code: str, field: str | None, message: str) -> dict[str, Any]:
    """Shape a refusal."""
    path = ["input", field] if field else None
    return {"analyticsAnnotation": None, "userErrors": [{"code": code, "field": path, "message": message}]}
