"""One alert that is told of a shop, and what was sent of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pipelines.lifecycle.alerts import board
from pipelines.models import AlertDelivery, Shop

NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)
TEXT = "95 of 100 answers take 80 ms & more <b>"


def tell(shop: Shop, at: datetime = NOW, **changes: Any) -> Any:
    facts = {"title": "Answers are slow", "text": TEXT, "next_step": "Nothing to do.", "severity": "warning"}
    return board.tell(shop, "slow", now=at, **{"minor_per_hour": 1234} | facts | changes)


def states(shop: Shop) -> list[tuple[str, int, int | None]]:
    """Return how each delivery stands, how often it was tried, and what was answered last."""
    return list(AlertDelivery.objects.for_shop(shop).order_by("pk").values_list("state", "attempts", "code"))
