"""A version in a merchant's words: how often its lists would have held what was bought, and how to undo it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.usecases.stored import Stored

PARTS = {
    "head": "With a best-seller in them",
    "tail": "With a slow seller in them",
    "new_products": "With a product of the last four weeks",
    "small_carts": "Of two or three products",
}
RULE = "Best sellers"
LEAST = 30  # carts, below which nothing is told from chance


def present(evaluation: Any, replay: None, *, currency: str) -> Stored:
    """Say what past carts say of a version; what it earns is only seen with shoppers."""
    figures = evaluation.as_dict()
    against = figures.get("against", {}).get("cart", {}).get("baseline", {})
    is_better = (against.get("low") or 0) > 0
    badge = {"words": "Finds more, not yet proven in money" if is_better else "Not proven", "tone": ""}
    cards = [headline(figures, against), *table(figures), undo()]
    return Stored({"badge": badge, "cards": cards, "figure": None})


def headline(figures: Mapping[str, Any], against: Mapping[str, Any]) -> dict[str, Any]:
    """Say in how many of a hundred past carts a list held something that was bought."""
    ours, rule = (figures[who].get("hit_rate") for who in ("candidate", "baseline"))
    asked = int(against.get("n") or 0)
    card: dict[str, Any] = {"name": "headline", "heading": "Show these products to shoppers?"}
    if ours is None or rule is None or asked < LEAST:
        told = (
            f"Too few past carts with two products and more to compare ({asked}): shoppers would see what sells best."
        )
        return card | {"sentences": [told, EARNS]}
    low, high = (100 * against[bound] for bound in ("low", "high"))
    beside = f"against {100 * rule:.0f} for a list of best sellers"
    aside = f"past carts had something on their list of ten that was bought, {beside}"
    return card | {
        "big": f"{100 * ours:.0f} of 100",
        "aside": aside,
        "sentences": [
            f"Seen on {asked:,} carts, of each of which half was known. {difference(low, high)}",
            EARNS,
        ],
    }


EARNS = "What that earns is not measured yet: it is only seen with shoppers who are shown it."


def difference(low: float, high: float) -> str:
    """Say the range of a difference, in carts of a hundred.

    >>> difference(9.6, 14.2)
    'Very likely (19 of 20 times) 10 to 14 more of 100 than best sellers.'
    >>> difference(-1.2, 3.4)
    'Not proven: between 1 fewer and 3 more of 100 than best sellers.'
    >>> difference(0.0, 0.3)
    'Not proven: between 0 fewer and 0 more of 100 than best sellers.'
    """
    if low > 0:
        return f"Very likely (19 of 20 times) {low:.0f} to {high:.0f} more of 100 than best sellers."
    if high < 0:
        return f"Very likely (19 of 20 times) {-high:.0f} to {-low:.0f} fewer of 100 than best sellers."
    return f"Not proven: between {round(-low)} fewer and {round(high)} more of 100 than best sellers."


def table(figures: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the figures of carts, product pages and parts of the carts, each beside best sellers."""
    kinds = [("All carts", figures), ("Product pages", figures.get("page", {}))]
    kinds += [(title, figures.get("slices", {}).get(key, {})) for key, title in PARTS.items()]
    rows = [row for title, told in kinds if (row := line(title, told))]
    if rows:
        head = ["Of 100 past carts", "This version", RULE, "Seen on"]
        yield {
            "name": "parts",
            "heading": "Lists of ten with something that was bought",
            "table": {"head": head, "rows": rows, "has_total": False},
        }


def line(title: str, told: Mapping[str, Any]) -> list[str]:
    """Write one row, or nothing where too few carts tell."""
    ours, rule = (told.get(who, {}) for who in ("candidate", "baseline"))
    shares = [who.get("hit_rate") for who in (ours, rule)]
    seen = int(ours.get("series") or 0)
    if None in shares or seen < LEAST:
        return []
    return [title, *(f"{100 * share:.0f}" for share in shares), f"{seen:,}"]


def undo() -> dict[str, Any]:
    """Say how to go back."""
    told = "One click shows every shopper what was shown before. Your pins and blocks hold for every version."
    return {"name": "undo", "heading": "How to undo it", "sentences": [told]}
