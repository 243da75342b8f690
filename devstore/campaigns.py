"""Campaigns of a shop, as a Shopify store has them: for some days things cost less, and more is wanted of those.

Either the prices of some products are lowered, with the old ones as compare-at prices, or what everything costs stays
and the checkout takes a share off each line by itself (an automatic discount).
"""

import zlib
from collections.abc import Mapping

from devstore.clock import now
from devstore.habits import Habits
from devstore.scenarios import CAMPAIGNS, Event, Scenario, What
from devstore.store import Store
from devstore.trading import Trade

ELASTICITY = 1.9  # 1.4 times as much at 15 % off, 1.7 at 25 %, 2.6 at 40 %
PRICES = "SELECT id, product_id, price, compare_at FROM variants WHERE shop = ? AND product_id IN ({}) ORDER BY id"


class Campaigns:
    """Begin and end campaigns in one shop, and tell the app of each price."""

    def __init__(self, store: Store, trade: Trade, shop: str) -> None:
        self.store, self.trade, self.shop = store, trade, shop

    def turn(self, scenario: Scenario, habits: Habits, day: int) -> None:
        """End and begin what ends and begins with a day."""
        campaigns = [event for event in scenario.events if event.what in CAMPAIGNS]
        if any(event.last == day for event in campaigns):
            self.end()
        for event in campaigns:
            if event.first == day and event.what is What.PRICES:
                self.lower(event, habits)
            elif event.first == day:
                percent = round(100 * (1 - event.size))
                self.store.insert("automatic_discounts", shop=self.shop, title=event.name, percent=percent)

    def lower(self, event: Event, habits: Habits) -> None:
        """Lower prices, and keep what they were."""
        products = products_in(event, habits)
        rows = self.store.all(PRICES.format(", ".join("?" * len(products))), self.shop, *sorted(products))
        for row in rows:
            was = {"variant_id": row["id"], "price": row["price"], "compare_at": row["compare_at"]}
            self.store.insert("lowered_prices", shop=self.shop, **was)
        less = {row["id"]: (round(row["price"] * event.size), row["compare_at"] or row["price"]) for row in rows}
        self.set_prices(less)

    def end(self) -> None:
        """Let everything cost again what it did."""
        rows = self.store.all("SELECT * FROM lowered_prices WHERE shop = ? ORDER BY variant_id", self.shop)
        self.set_prices({row["variant_id"]: (row["price"], row["compare_at"]) for row in rows})
        with self.store.writing() as db:
            for table in ("lowered_prices", "automatic_discounts"):
                db.execute(f"DELETE FROM {table} WHERE shop = ?", (self.shop,))

    def set_prices(self, prices: Mapping[int, tuple[int, int | None]]) -> None:
        """Write prices and compare-at prices of variants, and tell of each product once."""
        variants: dict[int, list[int]] = {}
        for row in self.store.all("SELECT id, product_id FROM variants WHERE shop = ? ORDER BY id", self.shop):
            if row["id"] in prices:
                variants.setdefault(row["product_id"], []).append(row["id"])
        for product, held in variants.items():
            with self.trade.event() as event:
                for variant in held:
                    sql = "UPDATE variants SET price = ?, compare_at = ?, updated_at = ? WHERE id = ?"
                    self.store.db.execute(sql, (*prices[variant], now(), variant))
                self.store.db.execute("UPDATE products SET updated_at = ? WHERE id = ?", (now(), product))
                self.trade.tell("products/update", self.trade.writer.product(product), event)


def lifts(scenario: Scenario, habits: Habits, day: int) -> dict[int, float]:
    """Say how many times as often each variant is wanted on a day as usually."""
    found = habits.lifts(scenario.factor(What.MIX, day))
    for event in (event for what in CAMPAIGNS for event in scenario.on(what, day)):
        products = products_in(event, habits)
        for variant in found:
            if habits.product_of[variant] in products:
                found[variant] *= event.size**-ELASTICITY
    return found


def pull(scenario: Scenario, habits: Habits, day: int) -> float:
    """Say how many times as many orders there are on a day because things cost less."""
    if not habits.baskets:
        return 1.0
    as_they_cost = habits.weights(habits.lifts(scenario.factor(What.MIX, day))).sum()
    return float(habits.weights(lifts(scenario, habits, day)).sum() / as_they_cost)


def products_in(event: Event, habits: Habits) -> set[int]:
    """Choose the products that a campaign is about, the same ones each time."""
    drawn = sorted(set(habits.product_of.values()), key=lambda number: zlib.crc32(str(number).encode()))
    return set(drawn[: round(event.share * len(drawn))])
