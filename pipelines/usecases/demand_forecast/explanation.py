"""Why this many units: a forecast in parts that add up (standard library only, pages use it too)."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.words import rounded_to_total

SOLD = "Sales of the last 28 days"
PROMOTION = "promotion"
WORDS = {
    "recent_level": "Your average over more weeks than those",
    "last_week": ("Last week sold less than those", "Last week sold more than those"),
    "odd_orders": "An odd order, counted as your largest usual day",
    "weekday": "The weekdays ahead",
    "last_year": "Sales of last year's weeks",
    "season": "Season and prices, as learned from all your variants",
    "new_product": "New product: starts like others of its type",
    "shop_total": ("The whole shop is heading down", "The whole shop is heading up"),
    PROMOTION: "Your planned sale",
}


def explain(
    parts: Mapping[str, float], *, sold_28: float, forecast_28: float, promotion: str = ""
) -> list[tuple[str, int]]:
    """Lead from what sold to what is forecast in whole units that add up; what changes nothing is left out.

    `parts` add up to the forecast (`Forecast.level_parts`); the first is the level that it starts from;
    `promotion` is what is said of a planned sale.

    >>> explain({"recent_level": 46.2, "season": 12.4, "shop_total": 12.4}, sold_28=43, forecast_28=71)
    ... # doctest: +NORMALIZE_WHITESPACE
    [('Sales of the last 28 days', 43), ('Your average over more weeks than those', 3),
     ('Season and prices, as learned from all your variants', 13), ('The whole shop is heading up', 12)]
    """
    steps = dict(parts)
    level = next(iter(steps), "recent_level")
    steps[level] = steps.get(level, 0.0) - sold_28
    units = rounded_to_total([sold_28, *steps.values()], forecast_28)
    told = [(SOLD, units[0])]
    told += [(_words(name, change, promotion), change) for name, change in zip(steps, units[1:], strict=True) if change]
    return told


def _words(name: str, change: int, promotion: str) -> str:
    if name == PROMOTION and promotion:
        return promotion
    words = WORDS[name]
    return words if isinstance(words, str) else words[change > 0]
