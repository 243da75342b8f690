"""What the worker wrote down about a version's worth, picked apart for the pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dashboard.queries.words import Badge

TONES = {"Better": "success", "Worse": "critical", "Worst group": "warning"}


@dataclass(frozen=True)
class Worth:
    """Money against the simple rule in the replay of the shop's past; no profit where it was not measured."""

    profit: int | None
    interval: list[int] | None
    weeks: int
    reason: str
    is_thin: bool = False  # the history is too short for a proof

    @property
    def is_proven(self) -> bool:
        """Tell whether the range leaves no doubt which of the two costs less."""
        if not self.interval or self.is_thin:
            return False
        return not self.interval[0] <= 0 <= self.interval[1]


@dataclass(frozen=True)
class Group:
    """One line of the evidence by group, as stored: name, units, difference and range are ready words."""

    name: str
    units: str
    badge: Badge
    difference: str
    range: str
    drawing: str


def worth_of(replay: dict[str, Any]) -> Worth:
    """Read what a version is worth against the simple rule, whatever else it was compared with."""
    groups = (replay.get("versus") or {}).get("naive") or [{}]
    return Worth(
        profit=groups[0].get("profit"),
        interval=groups[0].get("interval"),
        weeks=replay.get("weeks") or 0,
        reason=replay.get("reason") or "",
        is_thin=bool(replay.get("thin")),
    )


def cards_of(page: dict[str, Any]) -> dict[str, Any]:
    """Return the stored cards by name."""
    return {card["name"]: card for card in page.get("cards", [])}


def groups_of(cards: dict[str, Any]) -> list[Group]:
    """Lay the evidence by group out row by row, each with its drawing."""
    card = cards.get("groups")
    if not card:
        return []
    rows = zip(card["table"]["rows"], card["drawings"][1:], strict=True)
    return [
        Group(name, units, Badge(verdict, TONES.get(verdict, "")), difference, span, drawing)
        for (name, units, verdict, difference, span), drawing in rows
    ]
