"""Let time pass in a shop as a scenario says: orders, what becomes of them, deliveries, and what is injected.

The clock is turned first, then all that happened meanwhile is written down with its own time, as after a short
outage: so the app and the store always show the same time. The same scenario and seed give the same days, however
many steps they are played in.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from devstore import campaigns, checking_out, clock, occasions
from devstore.campaigns import Campaigns
from devstore.faults import Faults
from devstore.habits import DAY, Habits, habits_of, midnight
from devstore.runs import Run, told
from devstore.scenarios import SCENARIOS, What
from devstore.shelves import Shelves
from devstore.store import Store
from devstore.trading import Trade
from devstore.visiting.block import LIVE, NEW, NOTHING
from devstore.visiting.coming import Coming
from devstore.visiting.crowd import share_of_orders
from devstore.visiting.visits import Visits
from devstore.webhooks import Webhooks

HOUR = 3600
SHIPPED_AFTER, BACK_AFTER, CANCELLED_AFTER = 36 * HOUR, 10 * DAY, HOUR // 2
CANCELLED_SHARE, RETURNED_SHARE = 0.03, 0.05
EVERY_CALL = 1_000_000
IN_CART, CARRIES = "_shopmlops_unit", (LIVE, NEW, NOTHING)


@dataclass(frozen=True)
class Cart:
    """What somebody wants to buy, and when."""

    at: int
    units: dict[int, int]
    attributes: dict[str, str] = field(default_factory=dict)
    coming: Coming | None = None  # whose visit it is, where that was played


class Playing:
    """Play scenarios in one shop."""

    def __init__(
        self, store: Store, webhooks: Webhooks, faults: Faults, trade: Trade, visits: Visits, shop: str
    ) -> None:
        self.store, self.webhooks, self.faults, self.trade, self.shop = store, webhooks, faults, trade, shop
        self.shelves, self.campaigns, self.visits = Shelves(store, trade, shop), Campaigns(store, trade, shop), visits

    def run(self) -> Run | None:
        """Return what plays."""
        row = self.store.one("SELECT * FROM scenarios WHERE shop = ?", self.shop)
        if row is None:
            return None
        first_day = date.fromisoformat(row["first_day"])
        return Run(SCENARIOS[row["name"]], row["seed"], first_day, row["played"], self.zone())

    def zone(self) -> ZoneInfo:
        shop = self.store.shop(self.shop)
        assert shop is not None
        return ZoneInfo(shop["timezone"])

    def begin(self, name: str, seed: int) -> Run:
        """Let a scenario begin with the day that it is now in the shop, and play up to now; one that plays goes on."""
        if name not in SCENARIOS:
            raise ValueError(f"scenario must be one of {', '.join(SCENARIOS)}")
        known = self.run()
        if known and known.scenario.name == name:
            return self.play(clock.now())
        zone = self.zone()
        today = clock.moment(zone).date()
        with self.store.writing() as db:
            row = (self.shop, name, seed, today.isoformat(), midnight(today, zone))
            db.execute("INSERT OR REPLACE INTO scenarios VALUES (?, ?, ?, ?, ?)", row)
            db.execute("DELETE FROM arrivals WHERE shop = ?", (self.shop,))
            self.visits.forget()
            self.visits.offering.begin(SCENARIOS[name])
            self.campaigns.end()
            self.shelves.expect(today)
        return self.play(clock.now())

    def running(self) -> Run:
        """Return what plays, or refuse."""
        run = self.run()
        if run is None:
            raise ValueError("No scenario plays here: POST /control/scenario first.")
        return run

    def visit(self, to: int) -> Run:
        """Let visitors come up to a moment while time stands: the app hears of them, and they buy when time passes."""
        run = self.running()
        self.visits.come(run, habits_of(self.store, self.shop, run.zone, run.first_day), to, self.trade)
        return run

    def play(self, to: int) -> Run:
        """Let time pass up to a moment, and write down what happened meanwhile."""
        run = self.visit(to)
        habits = habits_of(self.store, self.shop, run.zone, run.first_day)
        coming = self.visits.due(to)
        if to > clock.seconds():
            clock.turn(to)
        with self.store.writing() as db:
            for day in run.days(to):
                carts = [cart_of(each) for each in coming if each.day == day]
                self.play_day(run, occasions.on(run.scenario, habits, run.number(day)), day, to, carts)
            db.execute("UPDATE scenarios SET played = ? WHERE shop = ?", (to, self.shop))
        self.trouble(run, to)
        self.webhooks.wake()
        return self.running()

    def play_day(self, run: Run, habits: Habits, day: date, to: int, carts: list[Cart]) -> None:
        """Play the part of a day that lies between what is played and a time, with what visitors want to buy."""
        start, number = midnight(day, run.zone), run.number(day)
        if run.played <= start < to:
            with clock.standing(start):
                self.fill(run, habits, day, number)
        others = [cart for cart in self.others(run, habits, day) if run.played <= cart.at < to]
        for cart in sorted([*others, *carts], key=lambda cart: cart.at):
            self.sell(run, day, cart)
        self.carry_on(run, min(to, start + DAY))

    def others(self, run: Run, habits: Habits, day: date) -> list[Cart]:
        """Draw the carts of a day that no visitor who is played fills."""
        start, number = midnight(day, run.zone), run.number(day)
        rng = np.random.default_rng([run.seed, number])
        lifts, pull = campaigns.lifts(run.scenario, habits, number), campaigns.pull(run.scenario, habits, number)
        level = run.scenario.factor(What.DEMAND, number) * pull * (1 - share_of_orders(run.scenario, habits))
        baskets = habits.day(day.weekday(), level, lifts, rng)
        return [Cart(start + basket.second, dict(basket.units)) for basket in baskets]

    def fill(self, run: Run, habits: Habits, day: date, number: int) -> None:
        """Begin a day: prices change, what arrives is put on the shelves, what is nearly gone ordered, some is gone."""
        gone = {
            variant
            for event in run.scenario.on(What.SOLD_OUT, number)
            for variant in habits.best_first[: round(event.size * len(habits.sold))]
        }
        self.campaigns.turn(run.scenario, habits, number)
        self.shelves.receive(day)
        if any(event.first == number for event in run.scenario.on(What.SOLD_OUT, number)):
            self.shelves.empty(gone)
        level = run.scenario.factor(What.DEMAND, number) * campaigns.pull(run.scenario, habits, number)
        self.shelves.refill(day, habits, level, gone)

    def sell(self, run: Run, day: date, cart: Cart) -> None:
        """Sell what is there of a cart, and remember what could not be sold."""
        left = self.shelves.left_of(cart.units)
        got = {variant: int(min(units, left.get(variant, 0))) for variant, units in cart.units.items()}
        for variant, units in cart.units.items():
            if got[variant] < units:
                self.lose(variant, day, units - got[variant])
        sold = {variant: units for variant, units in got.items() if units > 0}
        if cart.coming:
            self.check_out(cart.coming)
            self.visits.note(cart.coming, sold)
        if not sold:
            return
        lines = [{"variant_id": variant, "quantity": units} for variant, units in sold.items()]
        with clock.standing(cart.at):
            begun = cart.coming.checkout if cart.coming else None
            order = self.trade.place_order(lines, checkout=begun, attributes=cart.attributes)["id"]
        if self.luck(run, order, 0) < CANCELLED_SHARE:
            with clock.standing(min(cart.at + CANCELLED_AFTER, clock.now())):
                self.trade.cancel(order)

    def check_out(self, coming: Coming) -> None:
        """Let a visitor go through a checkout, as far as they come."""
        for at, step in coming.steps:
            with clock.standing(at):
                checking_out.reach(self.trade, coming.checkout or 0, step)

    def lose(self, variant: int, day: date, units: int) -> None:
        self.store.db.execute(
            "INSERT INTO lost_sales VALUES (?, ?, ?, ?) "
            "ON CONFLICT (variant_id, day) DO UPDATE SET units = units + excluded.units",
            (self.shop, variant, day.isoformat(), units),
        )

    def carry_on(self, run: Run, to: int) -> None:
        """Send out what was ordered a while ago, and take some of what was sent out longer ago back."""
        open_orders = (
            "SELECT id, created_at FROM orders WHERE shop = ? AND cancelled_at IS NULL AND fulfillment_status IS NULL "
            "AND created_at < ? ORDER BY id"
        )
        for row in self.store.all(open_orders, self.shop, to - SHIPPED_AFTER):
            with clock.standing(max(row["created_at"] + SHIPPED_AFTER, run.played)):
                self.trade.fulfill(row["id"])
        sent = (
            "SELECT id, created_at FROM orders WHERE shop = ? AND fulfillment_status IS NOT NULL AND refunded = 0 "
            "AND current_subtotal > 0 AND created_at >= ? AND created_at < ? ORDER BY id"
        )
        for row in self.store.all(sent, self.shop, run.played - BACK_AFTER, to - BACK_AFTER):
            if self.luck(run, row["id"], 1) < RETURNED_SHARE:
                with clock.standing(row["created_at"] + BACK_AFTER):
                    self.trade.refund(row["id"])

    def luck(self, run: Run, order: int, what: int) -> float:
        """Return an order's own number from 0 to 1."""
        return float(np.random.default_rng([run.seed, order, what]).random())

    def trouble(self, run: Run, at: int) -> None:
        """Let the API fail and webhooks stay away for as long as an outage lasts; then those that wait are sent."""
        if not any(event.what is What.OUTAGE for event in run.scenario.events):
            return
        outages = run.scenario.on(What.OUTAGE, run.day(at))
        self.faults.plan("5xx", EVERY_CALL if outages else 0)
        self.webhooks.paused = bool(outages)
        self.webhooks.turn({"dropped": max((event.size for event in outages), default=0.0)})

    def told(self, run: Run) -> dict[str, Any]:
        """Say what plays, and the truth of it."""
        about = {"a_day": run.scenario.visitors, "offers": self.visits.offering.told()}
        return told(run) | {"visitors": self.visits.truth.told() | about}


def cart_of(coming: Coming) -> Cart:
    """Give what a visitor wants to buy, with what the block wrote into the cart."""
    carried = {IN_CART: coming.visit.visitor.unit} if coming.visit.saw in CARRIES else {}
    return Cart(coming.sold_at, coming.wanted, carried, coming)
