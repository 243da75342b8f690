"""How a shop sold lately, and days like those: what its scenarios go on from.

A day has as many orders as that weekday usually has, give or take (variance twice the mean, METHODS 6), and each order
is like one of the last eight weeks. So pairs, quantities and hours stay what they are, whatever the store was made of.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from devstore.store import Store

WEEKS = 8
DAY = 86_400
SPREAD = 0.5  # of the negative binomial: variance = mean / SPREAD
ORDERS = """
    SELECT o.id, o.created_at, l.variant_id, l.quantity, v.product_id
    FROM orders o JOIN lines l ON l.order_id = o.id JOIN variants v ON v.id = l.variant_id
    JOIN products p ON p.id = v.product_id AND p.status = 'active'
    WHERE o.shop = ? AND o.created_at >= ? AND o.created_at < ? AND o.test = 0 AND o.cancelled_at IS NULL
    ORDER BY o.id, l.id
"""


@dataclass(frozen=True)
class Basket:
    """What somebody bought, and at which second of the day."""

    second: int
    units: tuple[tuple[int, int], ...]  # variant and quantity


@dataclass(frozen=True)
class Habits:
    """The baskets of the last weeks, how many there are on each weekday, and what a day sells of each variant."""

    baskets: list[Basket]
    per_weekday: list[float]
    sold: dict[int, float]
    product_of: dict[int, int] = field(default_factory=dict)

    @property
    def best_first(self) -> list[int]:
        """List the variants, the best seller first."""
        return sorted(self.sold, key=lambda variant: (-self.sold[variant], variant))

    def lifts(self, factor: float) -> dict[int, float]:
        """Say how much more often baskets with a variant are bought where slow ones gain and best sellers lose."""
        half = len(self.sold) // 2
        return {
            variant: factor if place >= half else 1 / factor for place, variant in enumerate(self.best_first)
        }  # fmt: skip

    @property
    def usual(self) -> float:
        """Say how many baskets a day has, over all weekdays."""
        return sum(self.per_weekday) / len(self.per_weekday)

    def day(self, weekday: int, level: float, lifts: Mapping[int, float], rng: np.random.Generator) -> list[Basket]:
        """Draw a day's baskets, the earliest first."""
        count = how_many(self.per_weekday[weekday] * level, rng) if self.baskets else 0
        return sorted(self.drawn(count, lifts, rng), key=lambda basket: basket.second)

    def drawn(self, count: int, lifts: Mapping[int, float], rng: np.random.Generator) -> list[Basket]:
        """Draw so many baskets like those of the last weeks."""
        if not count:
            return []
        weights = self.weights(lifts)
        return [self.baskets[place] for place in rng.choice(len(self.baskets), count, p=weights / weights.sum())]

    def weights(self, lifts: Mapping[int, float]) -> NDArray[np.float64]:
        """Say how many times as often each basket is bought: its variants on average."""
        return np.array([np.mean([lifts.get(variant, 1.0) for variant, _ in each.units]) for each in self.baskets])


def how_many(mean: float, rng: np.random.Generator) -> int:
    """Draw how many come where so many are usual: variance twice the mean."""
    return int(rng.negative_binomial(mean * SPREAD / (1 - SPREAD), SPREAD)) if mean > 0 else 0


def midnight(day: date, zone: ZoneInfo) -> int:
    """Return when a day begins in the shop."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def habits_of(store: Store, shop: str, zone: ZoneInfo, first_day: date) -> Habits:
    """Read how a shop sold in the weeks before a day."""
    since = first_day - timedelta(weeks=WEEKS)
    rows = store.all(ORDERS, shop, midnight(since, zone), midnight(first_day, zone))
    lines: dict[int, list[tuple[int, int]]] = {}
    at: dict[int, datetime] = {}
    sold: Counter[int] = Counter()
    product_of: dict[int, int] = {}
    for row in rows:
        lines.setdefault(row["id"], []).append((row["variant_id"], row["quantity"]))
        at[row["id"]] = datetime.fromtimestamp(row["created_at"], zone)
        sold[row["variant_id"]] += row["quantity"]
        product_of[row["variant_id"]] = row["product_id"]
    baskets = [
        Basket(when.hour * 3600 + when.minute * 60 + when.second, tuple(lines[order])) for order, when in at.items()
    ]
    counts = Counter(when.date() for when in at.values())
    opened = min(counts, default=since)  # a young shop has fewer weeks
    days = [opened + timedelta(days=number) for number in range((first_day - opened).days)]
    usual = [float(median([counts[day] for day in days if day.weekday() == weekday] or [0])) for weekday in range(7)]
    return Habits(baskets, usual, {variant: units / len(days) for variant, units in sold.items()}, product_of)
