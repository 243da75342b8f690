"""Play the visitors of a shop between two times: they see what is published now, and the app hears of it now.

What they buy is sold later, at its own time: whoever counts from what was shown to what was bought meets them in
this order. So a list is seen as it was when the hours that are played began.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from math import ceil

from devstore import clock
from devstore.habits import Habits, midnight
from devstore.pixels import settings_in
from devstore.runs import Run
from devstore.store import Store
from devstore.visiting.block import NEW, NOTHING, Blocks, blocks_of
from devstore.visiting.crowd import crowd
from devstore.visiting.tastes import Tastes, tastes_of
from devstore.visiting.telling import Said, Telling
from devstore.visiting.truth import Truth
from devstore.visiting.visit import Visit, told, visit


@dataclass(frozen=True)
class Coming:
    """A visit, its day, and when what is bought is bought."""

    visit: Visit
    day: date
    at: int
    slot: str  # of the list that was seen
    because: dict[int, int]  # units by variant that are wanted because of it

    @property
    def wanted(self) -> dict[int, int]:
        return self.visit.own | self.because


class Visits:
    """Play the visitors of one shop."""

    def __init__(self, store: Store, telling: Telling, shop: str) -> None:
        self.store, self.telling, self.shop = store, telling, shop
        self.truth = Truth(store, shop)

    def come(self, run: Run, habits: Habits, to: int) -> list[Coming]:
        """Let everybody come who comes until a time, tell the app, and return what they will buy."""
        if not run.scenario.visitors or to <= run.played:
            return []
        row = self.store.shop(self.shop)
        assert row is not None
        blocks = blocks_of(self.store, row, habits.sold)
        product_of = self.product_of()
        came = list(self.visits(run, habits, to, blocks, tastes_of(habits, product_of), product_of))
        said = [each for coming in came if (each := said_by(coming, blocks, product_of))]
        pixel = settings_in(self.store, self.shop) if row["installed"] else None
        heard = self.telling.tell(self.shop, pixel, said)
        now = ceil(clock.seconds())
        with self.store.writing():
            self.truth.note_requests(heard)
        return [replace(each, at=max(each.at, now)) for each in came]

    def visits(
        self, run: Run, habits: Habits, to: int, blocks: Blocks, tastes: Tastes, product_of: dict[int, int]
    ) -> Iterator[Coming]:
        """Yield the visits of each day, and when what is bought is bought."""
        slots = {NEW: blocks.rules.other, NOTHING: "", "": ""}
        for day in run.days(to):
            start = midnight(day, run.zone)
            within = (run.played - start, to - start)
            for visitor in crowd(run.scenario, habits, day, run.number(day), run.seed, within):
                came = visit(visitor, blocks, tastes, product_of)
                slot, because = slots.get(came.saw, blocks.rules.live), came.because(blocks.variants)
                yield Coming(came, day, start + visitor.basket.second, slot, because)

    def note(self, coming: Coming, sold: dict[int, int]) -> None:
        """Keep what came of a visit: nothing, or an order."""
        prices = self.prices_of(sold)
        because = {variant: units for variant, units in sold.items() if variant in coming.because}
        figures = {
            "visitors": 1,
            "orders": int(bool(sold)),
            "units": sum(sold.values()),
            "money": sum(prices[variant] * units for variant, units in sold.items()),
            "orders_because": int(bool(because) and len(because) == len(sold)),
            "units_because": sum(because.values()),
            "money_because": sum(prices[variant] * units for variant, units in because.items()),
        }
        self.truth.note(coming.day, coming.visit.saw, coming.slot, figures)

    def prices_of(self, sold: dict[int, int]) -> dict[int, int]:
        """Give the prices of some variants."""
        marks = ", ".join("?" * len(sold))
        rows = self.store.all(f"SELECT id, price FROM variants WHERE id IN ({marks})", *sold) if sold else []
        return {row["id"]: row["price"] for row in rows}

    def product_of(self) -> dict[int, int]:
        """Say of each variant of the shop which product it is of."""
        rows = self.store.all("SELECT id, product_id FROM variants WHERE shop = ?", self.shop)
        return {row["id"]: row["product_id"] for row in rows}


def said_by(coming: Coming, blocks: Blocks, product_of: dict[int, int]) -> Said | None:
    """Return what a visitor's browser has to say; without consent it is silent."""
    visitor = coming.visit.visitor
    if not visitor.agrees:
        return None
    rules, says = blocks.rules, coming.visit.says
    drawn = {"seed": rules.seed, "hold_out": f"{rules.hold_out:g}", "hold_out_seed": rules.hold_out_seed}
    shown = {"unit": visitor.id, "shown": says} | drawn if says else None
    events = [
        event | {"id": f"{visitor.id}-{coming.at}-{place}"}
        for place, event in enumerate(told(coming.visit, blocks, product_of))
    ]
    return Said(visitor.id, visitor.address, shown, tuple(events))
