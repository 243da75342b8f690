"""The truth of what visitors bought because of a list, and what the app was told: no app can know the first."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from devstore.store import Store
from devstore.visiting.telling import AWAY, Heard

TIMED = ("proxy", "pixel")  # doors whose requests are timed together
FIGURES = ("visitors", "orders", "units", "money", "orders_because", "units_because", "money_because")


class Truth:
    """Keep what came of the visits to one shop."""

    def __init__(self, store: Store, shop: str) -> None:
        self.store, self.shop = store, shop

    def forget(self) -> None:
        """Begin anew."""
        with self.store.writing() as db:
            for table in ("visits", "visit_requests"):
                db.execute(f"DELETE FROM {table} WHERE shop = ?", (self.shop,))

    def note(self, day: date, saw: str, slot: str, figures: Mapping[str, int]) -> None:
        """Add what came of some visits of a day, by what was seen."""
        changes = ", ".join(f"{name} = {name} + excluded.{name}" for name in FIGURES)
        self.store.db.execute(
            f"INSERT INTO visits VALUES (?, ?, ?, ?{', ?' * len(FIGURES)}) ON CONFLICT DO UPDATE SET {changes}",
            (self.shop, day.isoformat(), saw, slot, *(figures.get(name, 0) for name in FIGURES)),
        )

    def note_requests(self, heard: Heard) -> None:
        """Add what became of what was told, and how long it took where anybody answered."""
        counts = heard.counts | Counter({("all", "milliseconds"): heard.milliseconds})
        add = (
            "INSERT INTO visit_requests VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET number = number + excluded.number"
        )
        with self.store.writing() as db:
            db.executemany(add, [(self.shop, door, how, number) for (door, how), number in sorted(counts.items())])

    def told(self) -> dict[str, Any]:
        """Say it: by what was seen, over all days; and what the app took, refused, and was away for."""
        sums = ", ".join(f"sum({name}) AS {name}" for name in FIGURES)
        rows = self.store.all(
            f"SELECT saw, slot, {sums} FROM visits WHERE shop = ? GROUP BY 1, 2 ORDER BY 1, 2", self.shop
        )
        asked = self.store.all("SELECT * FROM visit_requests WHERE shop = ? ORDER BY door, how", self.shop)
        counts = {(row["door"], row["how"]): row["number"] for row in asked}
        milliseconds = counts.pop(("all", "milliseconds"), 0)
        answered = sum(number for (door, how), number in counts.items() if door in TIMED and how != AWAY)
        return {
            "seen": [{**row, "conversion": round(row["orders"] / max(1, row["visitors"]), 5)} for row in rows],
            "requests": {f"{door} {how}": number for (door, how), number in counts.items()},
            "requests_a_second": round(1000 * answered / milliseconds) if milliseconds else None,
        }
