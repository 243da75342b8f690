"""What shoppers buy for one occasion: from a day on, what is bought beside a first thing belongs to the same as that.

Each thing of an occasion is chosen as often as it sells, so about as much of each is sold as before: what changes is
what goes together. Who shows best sellers did well until then, and does not now.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from devstore.habits import Basket, Habits
from devstore.scenarios import Scenario, What

PRODUCTS = 5  # of an occasion


def on(scenario: Scenario, habits: Habits, day: int) -> Habits:
    """Say how the shop sells on a day of a scenario."""
    share = max((event.size for event in scenario.on(What.OCCASION, day)), default=0.0)
    return bought_for(habits, share) if share else habits


def occasions(habits: Habits) -> list[list[int]]:
    """List the products of each occasion: one that sells well, one that sells less, and so on to slow ones."""
    products = list(dict.fromkeys(habits.product_of[variant] for variant in habits.best_first))
    number = max(1, len(products) // PRODUCTS)
    return [products[place::number] for place in range(number)]


def bought_for(habits: Habits, share: float) -> Habits:
    """Let so large a share of what was bought beside the first thing of a basket be for the same occasion."""
    others: dict[int, list[int]] = {}
    for occasion in occasions(habits):
        held = [variant for variant in habits.best_first if habits.product_of[variant] in occasion]
        for product in occasion:
            others[product] = [variant for variant in held if habits.product_of[variant] != product]
    luck = np.random.default_rng(PRODUCTS)
    baskets = [
        _exchanged(each, others[habits.product_of[each.units[0][0]]], habits, share, luck) for each in habits.baskets
    ]
    return replace(habits, baskets=baskets)


def _exchanged(
    basket: Basket, others: Sequence[int], habits: Habits, share: float, luck: np.random.Generator
) -> Basket:
    """Exchange what is in a basket beside the first thing, with a chance each, for what goes with that."""
    weights = np.array([habits.sold[variant] for variant in others])
    units = dict(basket.units[:1])
    for variant, quantity in basket.units[1:]:
        is_exchanged = bool(others) and luck.random() < share
        bought = int(luck.choice(others, p=weights / weights.sum())) if is_exchanged else variant
        units[bought] = units.get(bought, 0) + quantity
    return replace(basket, units=tuple(units.items()))
