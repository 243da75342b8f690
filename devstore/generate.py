"""Make up a believable store of outdoor gear (METHODS 6: demand, promotions, stock-outs, returns)."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from devstore import clock
from devstore.book import Book
from devstore.catalogue import Catalogue, kit_of, make_catalogue
from devstore.clock import now

SIZES = {"small": (60.0, 120), "medium": (200.0, 600), "large": (600.0, 5000)}
WEEKDAYS = np.array([1.08, 1.02, 0.98, 1.0, 0.92, 0.84, 1.16])
# At the middle of each month; November as a whole comes to about 1.8, most of it around Black Friday.
MONTHS = np.array([0.9, 0.85, 0.92, 1.0, 1.05, 1.05, 1.0, 1.0, 0.98, 1.02, 1.15, 1.3])
BLACK_FRIDAY_WEEK, BLACK_FRIDAY, LULL = 1.6, 4.0, 0.8
HOURS = np.array([1, 1, 1, 1, 1, 2, 4, 6, 9, 12, 14, 15, 16, 15, 13, 11, 9, 9, 9, 9, 8, 6, 4, 2], dtype=float)
DAY = 86_400
FREE_SHIPPING, SHIPPING = 5000, 395
CANCELLED_SHARE, RETURNED_SHARE, TEST_SHARE = 0.03, 0.05, 0.0005
PROMOTIONS = ((0.15, 1.3), (0.25, 1.8), (0.4, 2.6))


def generate(book: Book) -> dict[str, Any]:
    """Fill the book with a catalogue and its history up to yesterday; return the counts."""
    rng = np.random.default_rng(book.plan.seed)
    per_day, variants = SIZES[book.plan.size]
    per_day = book.plan.orders_per_day or per_day
    if book.plan.orders_per_day:
        variants = int(np.clip(2 * per_day, 12, 5000))
    zone = ZoneInfo(book.plan.timezone)
    first = clock.moment(zone).date() - timedelta(days=book.plan.days)
    catalogue = make_catalogue(book, rng, variants, first, zone)
    history = _History(book, rng, catalogue, zone)
    for index, mean in enumerate(_daily_orders(rng, per_day, first, book.plan.days)):
        history.run_day(index, first + timedelta(days=index), mean)
    history.close()
    return {
        **{table: book.written[table] for table in ("orders", "lines", "variants", "products", "customers")},
        "days": book.plan.days,
        "first_day": first.isoformat(),
        "last_day": (first + timedelta(days=book.plan.days - 1)).isoformat(),
        "cancelled": history.cancelled,
        "refunded": history.refunded,
        "lost_units": int(history.lost_units),
    }


def _daily_orders(rng: np.random.Generator, per_day: float, first: date, days: int) -> np.ndarray:
    dates = [first + timedelta(days=index) for index in range(days)]
    level = np.array([WEEKDAYS[day.weekday()] * _season(day) for day in dates])
    level *= np.array([_event(day) for day in dates]) * np.linspace(0.92, 1.08, days)
    wander = np.zeros(days)
    for index in range(1, days):
        wander[index] = 0.8 * wander[index - 1] + rng.normal(0, 0.04)
    mean = per_day * level * np.exp(wander)
    return rng.negative_binomial(mean, 0.5)


def _season(day: date) -> float:
    """Return the month's level, gliding from the middle of one month to the next."""
    place = day.month - 1 + (day.day - 15) / 30
    before = int(np.floor(place))
    share = place - before
    return float(MONTHS[before % 12] * (1 - share) + MONTHS[(before + 1) % 12] * share)


def _event(day: date) -> float:
    """Return the lift of Black Friday, its week and the Monday after, and the lull that follows."""
    thanksgiving = date(day.year, 11, 1)
    thanksgiving += timedelta(days=(3 - thanksgiving.weekday()) % 7 + 21)
    after = (day - thanksgiving).days
    if 1 <= after <= 4:
        return BLACK_FRIDAY
    if -3 <= after <= 0:
        return BLACK_FRIDAY_WEEK
    return LULL if 5 <= after <= 16 else 1.0


class _History:
    """Walk through the days: who orders what, what stock allows, what comes back."""

    def __init__(self, book: Book, rng: np.random.Generator, catalogue: Catalogue, zone: ZoneInfo) -> None:
        self.book, self.rng, self.catalogue, self.zone = book, rng, catalogue, zone
        count = len(catalogue.ids)
        share = catalogue.weight / catalogue.weight.sum()
        orders = book.plan.orders_per_day or SIZES[book.plan.size][0]
        self.mean = share * orders * 1.9 * 1.15
        self.lead = rng.integers(3, 22, count)
        care = rng.uniform(0.6, 1.5, count)
        self.low = np.ceil(self.mean * (self.lead + 7) * care) + 1
        self.high = np.ceil(self.low + self.mean * 30) + 2
        self.stock = self.high.astype(int)
        self.on_order = np.zeros(count, dtype=int)
        self.arrivals: dict[int, list[tuple[int, int]]] = {}
        self.committed = np.zeros(count, dtype=int)
        self.promotion = np.zeros(count)
        self.lift = np.ones(count)
        self.promotion_ends = np.zeros(count, dtype=int)
        self.customers: list[int] = []
        self.returns: dict[int, list[tuple[int, int]]] = {}
        self.cancelled = self.refunded = self.lost_units = 0
        self.now = now()
        self.kits = [self._kit(number) for number in catalogue.products] if book.plan.kits else []

    def _kit(self, number: int) -> np.ndarray:
        """List the positions of what goes with a product; of itself where nothing does."""
        found = np.flatnonzero(np.isin(self.catalogue.products, kit_of(number)))
        return found if len(found) else np.flatnonzero(self.catalogue.products == number)

    def run_day(self, index: int, day: date, orders: int) -> None:
        """Receive stock, sell, take returns back, and reorder."""
        for position, units in self.arrivals.pop(index, []):
            self.stock[position] += units
            self.on_order[position] -= units
        for position, units in self.returns.pop(index, []):
            self.stock[position] += units
        self._promote(index)
        weights = self._weights(index, day)
        lost: dict[int, int] = {}
        start = int(datetime.combine(day, datetime.min.time(), self.zone).timestamp())
        moments = np.sort(
            self.rng.choice(24, orders, p=HOURS / HOURS.sum()) * 3600 + self.rng.integers(0, 3600, orders)
        )
        sizes = self.rng.geometric(1 / 1.75, orders)
        chosen = iter(self.rng.choice(len(weights), int(sizes.sum()), p=weights))
        for moment, size in zip(moments, sizes, strict=True):
            self._order(
                index, start + int(moment), self._wanted([int(next(chosen)) for _ in range(size)], weights), lost
            )
        for position, units in lost.items():
            self.book.add("lost_sales", variant_id=self.catalogue.ids[position], day=day.isoformat(), units=units)
            self.lost_units += units
        self._reorder(index)

    def _wanted(self, drawn: list[int], weights: np.ndarray) -> list[int]:
        """Give what somebody wants: of what comes after the first thing, some goes with it, where the plan says so."""
        if not self.kits:
            return drawn
        first, *rest = drawn
        return [first, *(self._goes_with(first, weights) if self._is_of_a_kit() else position for position in rest)]

    def _is_of_a_kit(self) -> bool:
        return bool(self.rng.random() < self.book.plan.kits)

    def _goes_with(self, first: int, weights: np.ndarray) -> int:
        kit = self.kits[first]
        alive = kit[weights[kit] > 0]
        return int(self.rng.choice(alive)) if len(alive) else first

    def _weights(self, index: int, day: date) -> np.ndarray:
        catalogue = self.catalogue
        wave = np.cos(2 * np.pi * (day.timetuple().tm_yday - 15) / 365)
        alive = (catalogue.first_day <= index) & (index < catalogue.last_day)
        weights = catalogue.weight * np.exp(catalogue.season * wave) * self.lift * alive
        return weights / weights.sum()

    def _promote(self, index: int) -> None:
        over = self.promotion_ends <= index
        self.promotion[over], self.lift[over] = 0.0, 1.0
        if self.rng.random() < 0.12:
            product = self.rng.choice(self.catalogue.products)
            cut, lift = PROMOTIONS[int(self.rng.integers(len(PROMOTIONS)))]
            of_product = self.catalogue.products == product
            self.promotion[of_product], self.lift[of_product] = cut, lift
            self.promotion_ends[of_product] = index + 7

    def _order(self, index: int, moment: int, wanted: list[int], lost: dict[int, int]) -> None:
        basket: dict[int, int] = {}
        for position in wanted:
            partner = int(self.catalogue.partner[position])
            pair = [position, partner] if partner >= 0 and self.rng.random() < 0.25 else [position]
            for each in pair:
                basket[each] = basket.get(each, 0) + 1 + int(self.rng.random() < 0.1)
        sold = {}
        for position, units in basket.items():
            got = units if self.catalogue.continues[position] else min(units, int(self.stock[position]))
            if got < units:
                lost[position] = lost.get(position, 0) + units - got
            if got:
                self.stock[position] -= got
                sold[position] = got
        if sold:
            self._write_order(index, moment, sold)

    def _write_order(self, index: int, moment: int, sold: dict[int, int]) -> None:
        order = self.book.take("order")
        lines = {position: self._line(order, position, units) for position, units in sold.items()}
        discounts = sum(line["discount"] for line in lines.values())
        subtotal = sum(line["price"] * line["quantity"] for line in lines.values()) - discounts
        shipping = 0 if subtotal >= FREE_SHIPPING else SHIPPING
        fate = self._fate(index, order, moment, lines, subtotal + shipping)
        back = sum(
            line["price"] * line["quantity"] - line["discount"]
            for line in lines.values()
            if not line["current_quantity"]
        )
        self.book.add(
            "orders", id=order, number=self.book.take("order_number"), customer_id=self._customer(moment),
            created_at=moment, test=int(self.rng.random() < TEST_SHARE), source="web", country="GB", subtotal=subtotal,
            discounts=discounts, shipping=shipping, current_subtotal=subtotal - back, **fate,
        )  # fmt: skip
        for line in lines.values():
            self.book.add("lines", **line)

    def _line(self, order: int, position: int, units: int) -> dict[str, Any]:
        product, name, title, sku, vendor = self.catalogue.facts[position]
        price = int(self.catalogue.price[position])
        return {
            "id": self.book.take("line"),
            "order_id": order,
            "variant_id": self.catalogue.ids[position],
            "product_id": product,
            "sku": sku,
            "title": name,
            "variant_title": None if title == "Default Title" else title,
            "vendor": vendor,
            "quantity": units,
            "current_quantity": units,
            "price": price,
            "discount": round(price * units * float(self.promotion[position])),
        }

    def _fate(
        self, index: int, order: int, moment: int, lines: dict[int, dict[str, Any]], total: int
    ) -> dict[str, Any]:
        """Decide whether an order is cancelled, still waits, is fulfilled, or comes back in part."""
        draw = self.rng.random()
        shipped = moment + int(self.rng.uniform(0.5, 2.5) * DAY)
        cancelled = moment + int(self.rng.uniform(600, 40_000))
        returned = shipped + int(self.rng.uniform(3, 25) * DAY)
        fate: dict[str, Any] = dict.fromkeys(("cancelled_at", "cancel_reason", "closed_at", "fulfillment_status"))
        fate |= {"updated_at": moment, "financial_status": "paid", "refunded": 0}
        if draw < CANCELLED_SHARE and cancelled < self.now:
            self.cancelled += 1
            self._take_back(index + 1, order, lines, cancelled, "cancel")
            fate |= {"cancelled_at": cancelled, "cancel_reason": "customer", "closed_at": cancelled}
            return fate | {"updated_at": cancelled, "financial_status": "refunded", "refunded": total}
        if shipped >= self.now:
            for position, line in lines.items():
                self.committed[position] += line["quantity"]
            return fate
        fate |= {"closed_at": shipped, "updated_at": shipped, "fulfillment_status": "fulfilled"}
        if draw < CANCELLED_SHARE + RETURNED_SHARE and returned < self.now:
            self.refunded += 1
            first = dict([next(iter(lines.items()))])
            amount = self._take_back(index + (returned - moment) // DAY, order, first, returned, "return")
            status = "refunded" if amount == total else "partially_refunded"
            fate |= {"updated_at": returned, "financial_status": status, "refunded": amount}
        return fate

    def _take_back(self, day: int, order: int, lines: dict[int, dict[str, Any]], at: int, how: str) -> int:
        """Refund whole lines, put their units back on the shelf on that day, return the amount."""
        refund, amount = self.book.take("refund"), 0
        for position, line in lines.items():
            value = line["price"] * line["quantity"] - line["discount"]
            amount += value
            line["current_quantity"] = 0
            self.returns.setdefault(day, []).append((position, line["quantity"]))
            self.book.add(
                "refund_lines", id=self.book.take("refund_line"), refund_id=refund, line_id=line["id"],
                quantity=line["quantity"], restock_type=how, location_id=self.book.locations[0], subtotal=value,
            )  # fmt: skip
        self.book.add("refunds", id=refund, order_id=order, created_at=at, amount=amount)
        return amount

    def _customer(self, moment: int) -> int | None:
        draw = self.rng.random()
        if draw < 0.2:
            return None
        if self.customers and draw < 0.65:
            recent = int(len(self.customers) * (1 - self.rng.random() ** 2 * 0.8))
            return self.customers[min(recent, len(self.customers) - 1)]
        self.customers.append(self.book.take("customer"))
        self.book.add("customers", id=self.customers[-1], country="GB", created_at=moment)
        return self.customers[-1]

    def _reorder(self, index: int) -> None:
        position = self.stock + self.on_order
        alive = index < self.catalogue.last_day - 20
        for place in np.flatnonzero((position <= self.low) & alive):
            units = int(self.high[place] - position[place])
            due = index + int(self.lead[place])
            self.on_order[place] += units
            self.arrivals.setdefault(due, []).append((int(place), units))

    def close(self) -> None:
        """Write where stock stands now."""
        for place, item in enumerate(self.catalogue.items):
            self.book.stock(item, int(self.stock[place]), int(self.committed[place]), int(self.on_order[place]))
