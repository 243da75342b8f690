"""What lies on the shelves while a scenario plays: what is nearly gone is ordered, and arrives some days later."""

import math
import zlib
from collections.abc import Collection
from datetime import date

from devstore.habits import Habits
from devstore.store import Store
from devstore.trading import Trade

SHORTEST, LEADS = 3, 19  # days until an order arrives: 3 to 21
REVIEWED, FILLED_FOR = 7, 30  # days
STOCK = """
    SELECT v.id, v.continues, sum(l.available) AS available, sum(l.incoming) AS incoming
    FROM variants v JOIN levels l ON l.item_id = v.item_id WHERE v.shop = ? GROUP BY v.id
"""


class Shelves:
    """The stock of one shop, and who fills it up."""

    def __init__(self, store: Store, trade: Trade, shop: str) -> None:
        self.store, self.trade, self.shop = store, trade, shop

    def left_of(self, variants: Collection[int]) -> dict[int, float]:
        """Give what can be sold of some variants."""
        marks = ", ".join("?" * len(variants))
        rows = self.store.all(STOCK.replace("GROUP", f"AND v.id IN ({marks}) GROUP"), self.shop, *variants)
        return {row["id"]: math.inf if row["continues"] else row["available"] for row in rows}

    def receive(self, day: date) -> None:
        """Put on the shelves what arrives by a day."""
        rows = self.store.all("SELECT * FROM arrivals WHERE shop = ? AND due <= ?", self.shop, day.toordinal())
        stock = {row["id"]: row for row in self.store.all(STOCK, self.shop)}
        self.store.db.execute("DELETE FROM arrivals WHERE shop = ? AND due <= ?", (self.shop, day.toordinal()))
        for row in rows:
            if row["variant_id"] in stock:
                coming = max(0, stock[row["variant_id"]]["incoming"] - row["units"])
                self.trade.adjust_stock(row["variant_id"], delta=row["units"], incoming=coming)

    def refill(self, day: date, habits: Habits, level: float, never: set[int]) -> None:
        """Order what is nearly gone, as much as lasts for a month; what nobody orders is left out."""
        for row in self.store.all(STOCK, self.shop):
            daily = habits.sold.get(row["id"], 0.0) * level
            low = math.ceil(daily * (lead_of(row["id"]) + REVIEWED)) + 1
            there = row["available"] + row["incoming"]
            if daily and there <= low and row["id"] not in never:
                units = math.ceil(low + daily * FILLED_FOR) - there
                self.order(row["id"], units, day.toordinal() + lead_of(row["id"]), row["incoming"] + units)

    def order(self, variant: int, units: int, due: int, coming: int) -> None:
        """Order units of a variant."""
        self.store.insert("arrivals", shop=self.shop, variant_id=variant, due=due, units=units)
        self.trade.adjust_stock(variant, incoming=coming)

    def expect(self, day: date) -> None:
        """Let what was on its way when a scenario began arrive within its lead time."""
        for row in self.store.all(STOCK, self.shop):
            if row["incoming"]:
                due = day.toordinal() + 1 + row["id"] % lead_of(row["id"])
                self.store.insert(
                    "arrivals", shop=self.shop, variant_id=row["id"], due=due, units=row["incoming"]
                )  # fmt: skip

    def empty(self, variants: set[int]) -> None:
        """Let there be nothing left of some variants, and nothing on its way."""
        for variant in sorted(self.left_of(variants)):
            self.store.db.execute("DELETE FROM arrivals WHERE shop = ? AND variant_id = ?", (self.shop, variant))
            self.trade.sell_out(variant)


def lead_of(variant: int) -> int:
    """Return after how many days an order of a variant arrives, the same each time."""
    return SHORTEST + zlib.crc32(str(variant).encode()) % LEADS
