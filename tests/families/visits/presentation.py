"""What a merchant sees of a version: how much better it tells who orders, and how to undo it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Page:
    """Plain JSON, as pages draw it."""

    content: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return self.content


def present(evaluation: Any, replay: None, *, currency: str) -> Page:
    """Say how the figures compare; a rank of visitors has no price of its own."""
    figures = evaluation.as_dict()
    ours, rule = figures["candidate"]["log_loss"], figures["baseline"]["log_loss"]
    better = 100 * (1 - ours / rule)
    cards = [
        {
            "name": "headline",
            "heading": "Who is about to order",
            "big": f"{better:.0f} % surer",
            "aside": "than the usual share of visits that order",
            "sentences": [f"Seen on {figures['horizon']} days after each of {len(figures['origins'])} past moments."],
        },
        {
            "name": "undo",
            "heading": "How to undo it",
            "sentences": ["One click shows every visitor what was shown before."],
        },
    ]
    return Page({"badge": {"words": "Not proven in money", "tone": "warning"}, "cards": cards, "figure": None})
