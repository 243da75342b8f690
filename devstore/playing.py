"""Let time pass in a shop as a scenario says: orders, what becomes of them, deliveries, and what is injected.

The clock is turned first, then all that happened meanwhile is written down with its own time, as after a short
outage: so the app and the store always show the same time. The same scenario and seed give the same days, however
many steps they are played in.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from devstore import clock
from devstore.faults import Faults
from devstore.habits import DAY, Habits, habits_of, midnight
from devstore.scenarios import SCENARIOS, Event, Scenario, What
from devstore.shelves import Shelves
from devstore.store import Store
from devstore.trading import Trade
from devstore.webhooks import Webhooks

HOUR = 3600
SHIPPED_AFTER, BACK_AFTER, CANCELLED_AFTER = 36 * HOUR, 10 * DAY, HOUR // 2
CANCELLED_SHARE, RETURNED_SHARE = 0.03, 0.05
EVERY_CALL = 1_000_000


@dataclass(frozen=True)
class Run:
    """A scenario that plays in a shop: since when, and how far it is."""

    scenario: Scenario
    seed: int
    first_day: date
    played: int
    zone: ZoneInfo

    @property
    def began(self) -> int:
        return midnight(self.first_day, self.zone)

    def day(self, at: float) -> float:
        """Count the days since it began."""
        return (at - self.began) / DAY

    def days(self, to: int) -> list[date]:
        """List the days, in the shop, between what is played and a time."""
        first, last = (datetime.fromtimestamp(at, self.zone).date() for at in (self.played, to))
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]


class Playing:
    """Play scenarios in one shop."""

    def __init__(self, store: Store, webhooks: Webhooks, faults: Faults, trade: Trade, shop: str) -> None:
        self.store, self.webhooks, self.faults, self.trade, self.shop = store, webhooks, faults, trade, shop
        self.shelves = Shelves(store, trade, shop)

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
            self.shelves.expect(today)
        return self.play(clock.now())

    def play(self, to: int) -> Run:
        """Let time pass up to a moment, and write down what happened meanwhile."""
        run = self.run()
        if run is None:
            raise ValueError("No scenario plays here: POST /control/scenario first.")
        if to > clock.seconds():
            clock.turn(to)
        with self.store.writing() as db:
            habits = habits_of(self.store, self.shop, run.zone, run.first_day)
            for day in run.days(to):
                self.play_day(run, habits, day, to)
            db.execute("UPDATE scenarios SET played = ? WHERE shop = ?", (to, self.shop))
        self.trouble(run, to)
        self.webhooks.wake()
        now = self.run()
        assert now is not None
        return now

    def play_day(self, run: Run, habits: Habits, day: date, to: int) -> None:
        """Play the part of a day that lies between what is played and a time."""
        start, number = midnight(day, run.zone), (day - run.first_day).days
        if run.played <= start < to:
            with clock.standing(start):
                self.fill(run, habits, day, number)
        rng = np.random.default_rng([run.seed, number])
        lifts = habits.lifts(run.scenario.factor(What.MIX, number))
        level = run.scenario.factor(What.DEMAND, number)
        for basket in habits.day(day.weekday(), level, lifts, rng):
            if run.played <= start + basket.second < to:
                self.sell(run, day, start + basket.second, dict(basket.units))
        self.carry_on(run, min(to, start + DAY))

    def fill(self, run: Run, habits: Habits, day: date, number: int) -> None:
        """Begin a day: what arrives is put on the shelves, what is nearly gone is ordered, some things are sold out."""
        gone = {
            variant
            for event in run.scenario.on(What.SOLD_OUT, number)
            for variant in habits.best_first[: round(event.size * len(habits.sold))]
        }
        self.shelves.receive(day)
        if any(event.first == number for event in run.scenario.on(What.SOLD_OUT, number)):
            self.shelves.empty(gone)
        self.shelves.refill(day, habits, run.scenario.factor(What.DEMAND, number), gone)

    def sell(self, run: Run, day: date, at: int, wanted: dict[int, int]) -> None:
        """Sell what is there of a basket, and remember what could not be sold."""
        left = self.shelves.left_of(wanted)
        got = {variant: int(min(units, left.get(variant, 0))) for variant, units in wanted.items()}
        for variant, units in wanted.items():
            if got[variant] < units:
                self.lose(variant, day, units - got[variant])
        lines = [{"variant_id": variant, "quantity": units} for variant, units in got.items() if units > 0]
        if not lines:
            return
        with clock.standing(at):
            order = self.trade.place_order(lines)["id"]
        if self.luck(run, order, 0) < CANCELLED_SHARE:
            with clock.standing(min(at + CANCELLED_AFTER, clock.now())):
                self.trade.cancel(order)

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


def told(run: Run) -> dict[str, Any]:
    """Say what plays, how far it is, and the truth of what was injected and when."""
    day = run.day(run.played)
    return {
        "name": run.scenario.name,
        "title": run.scenario.title,
        "seed": run.seed,
        "days": run.scenario.days,
        "zone": run.zone.key,
        "began": moment(run, 0),
        "day": round(day, 3),
        "now": datetime.fromtimestamp(run.played, run.zone).isoformat(),
        "injected": [truth(run, event, day) for event in run.scenario.events],
    }


def truth(run: Run, event: Event, day: float) -> dict[str, Any]:
    """Say of one event when it begins and ends, and whether it has begun."""
    return {
        "what": event.what.value,
        "size": event.size,
        "sentence": event.sentence,
        "day": event.first,
        "at": moment(run, event.first),
        "until": None if event.last == float("inf") else moment(run, event.last),
        "has_begun": event.first <= day,
    }


def moment(run: Run, day: float) -> str:
    """Return the moment of a day of the scenario."""
    start = run.first_day + timedelta(days=int(day))
    return datetime.fromtimestamp(midnight(start, run.zone) + day % 1 * DAY, run.zone).isoformat()
