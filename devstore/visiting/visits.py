"""Play the visitors of a shop between two times: they see what is published now, and the app hears of it now.

What they buy is sold later, at its own time: whoever counts from what was shown to what was bought meets them in
this order. So a list is seen as it was when the hours that are played began.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from math import ceil

from devstore import clock, occasions
from devstore.habits import Habits, midnight
from devstore.pixels import settings_in
from devstore.runs import Run
from devstore.store import Store
from devstore.trading import Trade
from devstore.visiting.asking import Asking
from devstore.visiting.block import NEW, NOTHING, Blocks, blocks_of
from devstore.visiting.coming import Coming
from devstore.visiting.crowd import Visitor, crowd
from devstore.visiting.funnel import checkout_event, told_on_the_way, way
from devstore.visiting.offering import Offering
from devstore.visiting.tastes import tastes_of
from devstore.visiting.telling import Said, Telling
from devstore.visiting.truth import Truth
from devstore.visiting.visit import Visit, told, visit


class Visits:
    """Play the visitors of one shop."""

    def __init__(self, store: Store, telling: Telling, asking: Asking, shop: str) -> None:
        self.store, self.telling, self.shop = store, telling, shop
        self.truth, self.offering = Truth(store, shop), Offering(store, asking, shop)
        self.waiting: list[Coming] = []  # who was told of, and whose time has not been played
        self.until = 0  # up to when everybody was told of

    def forget(self) -> None:
        """Begin anew."""
        self.truth.forget()
        self.offering.forget()
        self.waiting, self.until = [], 0

    def come(self, run: Run, habits: Habits, to: int, trade: Trade) -> None:
        """Let everybody come who comes until a time, and tell the app of them now."""
        since = max(run.played, self.until)
        if not run.scenario.visitors or to <= since:
            return
        row = self.store.shop(self.shop)
        assert row is not None
        blocks = blocks_of(self.store, row, habits.sold)
        product_of = self.product_of()
        came: list[Coming] = []
        for day in run.days(to):
            usual = occasions.on(run.scenario, habits, run.number(day))
            tastes = tastes_of(usual, product_of)
            look = partial(visit, blocks=blocks, tastes=tastes, product_of=product_of, buys=run.scenario.buys)
            todays = [self.checked_out(each, trade) for each in visits(run, usual, day, (since, to), blocks, look)]
            if row["installed"]:
                todays, heard = self.offering.react(todays, run.scenario.appeals, tastes, trade)
                self.truth.note_requests(heard)
            came += todays
        said = [each for coming in came if (each := self.said_by(coming, blocks, product_of, row["currency"]))]
        pixel = settings_in(self.store, self.shop) if row["installed"] else None
        heard = self.telling.tell(self.shop, pixel, said)
        self.truth.note_requests(heard)
        now = ceil(clock.seconds())
        self.waiting += [replace(each, told_at=now) for each in came]
        self.until = to

    def checked_out(self, coming: Coming, trade: Trade) -> Coming:
        """Let a visitor begin a checkout, who does; of what is gone there is none."""
        if not coming.way.checks_out:
            return coming
        lines = [{"variant_id": variant, "quantity": units} for variant, units in coming.way.cart.items()]
        return replace(coming, checkout=trade.checkout(lines))

    def said_by(self, coming: Coming, blocks: Blocks, product_of: dict[int, int], currency: str) -> Said | None:
        """Return what a visitor's browser has to say; without consent it is silent."""
        visitor, going = coming.visit.visitor, coming.way
        if not visitor.agrees:
            return None
        rules, says = blocks.rules, coming.visit.says
        drawn = {"seed": rules.seed, "hold_out": f"{rules.hold_out:g}", "hold_out_seed": rules.hold_out_seed}
        shown = {"unit": visitor.id, "shown": says} | drawn if says else None
        prices = self.prices_of(going.cart)
        events = [*told_on_the_way(going, [*told(coming.visit, blocks)], product_of, prices, currency)]
        if coming.checkout:
            row = self.store.one("SELECT token FROM checkouts WHERE id = ?", coming.checkout)
            assert row is not None
            events.append(checkout_event(going, row["token"], prices, currency))
        numbered = (event | {"id": f"{visitor.id}-{coming.at}-{place}"} for place, event in enumerate(events))
        return Said(visitor.id, visitor.address, shown, tuple(numbered))

    def due(self, to: int) -> list[Coming]:
        """Hand over those whose time is before a moment."""
        found = [each for each in self.waiting if each.at < to]
        self.waiting = [each for each in self.waiting if each.at >= to]
        return found

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
        self.offering.note(coming, sold, coming.day)

    def prices_of(self, sold: dict[int, int]) -> dict[int, int]:
        """Give the prices of some variants."""
        marks = ", ".join("?" * len(sold))
        rows = self.store.all(f"SELECT id, price FROM variants WHERE id IN ({marks})", *sold) if sold else []
        return {row["id"]: row["price"] for row in rows}

    def product_of(self) -> dict[int, int]:
        """Say of each variant of the shop which product it is of."""
        rows = self.store.all("SELECT id, product_id FROM variants WHERE shop = ?", self.shop)
        return {row["id"]: row["product_id"] for row in rows}


def visits(
    run: Run, habits: Habits, day: date, span: tuple[int, int], blocks: Blocks, look: Callable[[Visitor], Visit]
) -> Iterator[Coming]:
    """Yield the visits of a day between two times, and when what is bought is bought."""
    slots = {NEW: blocks.rules.other, NOTHING: "", "": ""}
    start = midnight(day, run.zone)
    within = (span[0] - start, span[1] - start)
    for visitor in crowd(run.scenario, habits, day, run.number(day), run.seed, within):
        came = look(visitor)
        slot, because = slots.get(came.saw, blocks.rules.live), came.because(blocks.variants)
        going = way(came, came.own | because, run.scenario.fills, run.scenario.checks_out)
        yield Coming(came, day, start + visitor.basket.second, slot, because, going)
