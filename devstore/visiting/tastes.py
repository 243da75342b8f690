"""What fits a product in the eyes of those who look at it: what the shop's own baskets have together.

The app never sees this: it is learned from the weeks before a scenario begins, and stays the same while it plays, but
for what the scenario changes (`occasions.py`). What fits is said on a scale of the product's own: the four products
that fit it best come to four together, in a shop of forty products as in one of four thousand.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from devstore.habits import Habits

PERFECT = 4  # products of a list that could not fit better
USUAL = 20.0  # baskets in which a product has its usual share, beside those that were seen with another


@dataclass
class Tastes:
    """How often each two products were bought together, and how much each is bought at all."""

    together: Mapping[int, Counter[int]]
    share: Mapping[int, float]

    def __post_init__(self) -> None:
        self.best_first = sorted(self.share, key=lambda product: (-self.share[product], product))
        self._scales: dict[int, float] = {}

    def fit(self, product: int, pick: int) -> float:
        """Say how well a pick fits a product: 1 is as well as the best four do, 0 not at all."""
        if product == pick:
            return 0.0
        if product not in self._scales:
            self._scales[product] = self._scale(product)
        return self.pull(product, pick) / self._scales[product]

    def pull(self, product: int, pick: int) -> float:
        """Give the chance that a basket with a product has the pick too, drawn towards its usual share."""
        seen = self.together.get(product, Counter())
        return (seen[pick] + USUAL * self.share.get(pick, 0.0)) / (seen.total() + USUAL)

    def best(self, product: int, most: int = PERFECT) -> list[int]:
        """List what fits a product best."""
        known = {*self.together.get(product, ()), *self.best_first[: most + 1]} - {product}
        return sorted(known, key=lambda pick: (-self.pull(product, pick), pick))[:most]

    def _scale(self, product: int) -> float:
        pulls = [self.pull(product, pick) for pick in self.best(product)]
        return sum(pulls) / len(pulls) if pulls else 1.0


def tastes_of(habits: Habits, product_of: Mapping[int, int]) -> Tastes:
    """Learn what is bought together from a shop's baskets; variants of one product are one thing."""
    baskets = [products_of((variant for variant, _ in basket.units), product_of) for basket in habits.baskets]
    together: dict[int, Counter[int]] = {}
    bought = Counter(product for basket in baskets for product in basket)
    for basket in baskets:
        for product in basket:
            together.setdefault(product, Counter()).update(other for other in basket if other != product)
    total = max(1, bought.total())
    return Tastes(together, {product: number / total for product, number in bought.items()})


def products_of(variants: Iterable[int], product_of: Mapping[int, int]) -> list[int]:
    """List the products of some variants, each once."""
    return list(dict.fromkeys(product_of[variant] for variant in variants if variant in product_of))
