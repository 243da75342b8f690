"""A version in a merchant's words: how much better it knows who orders again, and how to undo it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.usecases.stored import Stored

PARTS = {
    "once": "Ordered once so far",
    "few": "Two to four times",
    "often": "Five times and more",
}
RULE = "the time since the last order alone"
LEAST = 30  # orders, below which nothing is told


def present(evaluation: Any, replay: None, *, currency: str) -> Stored:
    """Say what past weeks say of a version."""
    figures = evaluation.as_dict()
    better = gain(figures)
    badge = {"words": "Surer than the simple rule" if (better or 0) > 0 else "Not proven", "tone": ""}
    return Stored(
        {"badge": badge, "cards": [headline(figures, better), *parts(figures), undo()], "figure": None},
    )


def gain(figures: Mapping[str, Any]) -> float | None:
    """Give by how much it was less surprised than the simple rule."""
    ours, rule = (figures[who].get("log_loss") for who in ("candidate", "baseline"))
    return 1 - ours / rule if ours is not None and rule else None


def headline(figures: Mapping[str, Any], better: float | None) -> dict[str, Any]:
    """Say how much surer it is of who orders again."""
    card: dict[str, Any] = {"name": "headline", "heading": "Use these chances of a next order?"}
    ours = figures["candidate"]
    if better is None or ours["series"] < LEAST:
        few = f"Too few past orders to tell whether it is better than {RULE} ({ours['series']})."
        return card | {"sentences": [few, SHOWN]}
    side = "surer" if better > 0 else "less sure"
    said, came = 100 * ours["said"], 100 * ours["ordered"]
    seen = f"Of 100 customers it said that {said:.1f} order within the week, and {came:.1f} did."
    aside = f"than {RULE}, in past weeks that it did not know"
    return card | {"big": f"{100 * abs(better):.0f} % {side}", "aside": aside, "sentences": [seen, SHOWN]}


SHOWN = "Shoppers see nothing of it, and nobody is written to. What it brings is up to what you do with the list."


def parts(figures: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what was said and what came by how often customers had ordered."""
    rows = [row for key, title in PARTS.items() if (row := line(title, figures["slices"][key]))]
    if rows:
        head = ["Customers", "Said to order, of 100", "Ordered, of 100", "Surer than the simple rule"]
        table = {"head": head, "rows": rows, "has_total": False}
        yield {"name": "parts", "heading": "Within a week, by orders so far", "table": table}


def line(title: str, told: Mapping[str, Any]) -> list[str]:
    """Write one row, or nothing where too few orders tell."""
    ours, better = told["candidate"], gain(told)
    if better is None or ours["series"] < LEAST:
        return []
    return [title, *(f"{100 * ours[key]:.1f}" for key in ("said", "ordered")), f"{100 * better:+.0f} %"]


def undo() -> dict[str, Any]:
    """Say how to go back."""
    told = "One click brings back the chances of the version before, or the simple rule's."
    return {"name": "undo", "heading": "How to undo it", "sentences": [told]}
