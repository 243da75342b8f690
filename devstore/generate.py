"""Make up a believable store of outdoor gear (METHODS 6: demand, promotions, stock-outs, returns)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from devstore.seeding import Book, handle, split_stock
from devstore.store import now

SIZES = {"small": (60.0, 120), "medium": (200.0, 600), "large": (600.0, 5000)}
WEEKDAYS = np.array([1.02, 1.0, 0.98, 1.0, 0.96, 0.92, 1.12])
MONTHS = np.array([0.9, 0.85, 0.92, 1.0, 1.05, 1.05, 1.0, 1.0, 0.95, 1.0, 1.8, 1.35])
HOURS = np.array([1, 1, 1, 1, 1, 2, 4, 6, 9, 12, 14, 15, 16, 15, 13, 11, 9, 9, 9, 9, 8, 6, 4, 2], dtype=float)
NAMES = (
    "Larch", "Fell", "Burn", "Heron", "Tarn", "Alder", "Corrie", "Skerry", "Linden", "Moor", "Peregrine", "Bracken",
    "Harrier", "Stoat", "Rowan", "Kestrel", "Otter", "Sorrel", "Thistle", "Whin", "Curlew", "Drover", "Ember", "Gannet",
)  # fmt: skip
KINDS = (
    ("Down Jacket", "Jackets", 149, "winter", ("S", "M", "L", "XL")),
    ("Rain Shell", "Jackets", 95, "all", ("S", "M", "L", "XL")),
    ("Merino Top", "Base layers", 45, "winter", ("S", "M", "L", "XL")),
    ("Trail Shorts", "Trousers", 38, "summer", ("S", "M", "L")),
    ("Walking Trousers", "Trousers", 62, "all", ("30", "32", "34", "36")),
    ("Beanie", "Accessories", 18, "winter", ("Slate", "Rust")),
    ("Sun Hat", "Accessories", 16, "summer", ("One size",)),
    ("Wool Socks", "Socks", 12, "all", ("36-39", "40-43", "44-47")),
    ("Trail Boots", "Footwear", 118, "all", ("40", "41", "42", "43", "44")),
    ("Dry Bag", "Bags", 14, "summer", ("5 l", "10 l", "20 l")),
    ("Daypack", "Bags", 64, "all", ("18 l", "24 l")),
    ("Two-person Tent", "Camping", 210, "summer", ("One size",)),
    ("Sleeping Bag", "Camping", 88, "summer", ("Regular", "Long")),
    ("Gas Stove", "Camping", 42, "summer", ("One size",)),
    ("Flask", "Kitchen", 24, "winter", ("0.5 l", "0.75 l", "1 l")),
    ("Head Torch", "Lighting", 32, "winter", ("One size",)),
)
VENDORS = ("Northbeck", "Tarnside", "Hollin & Co", "Greyfell", "Arran Works")
PROMOTIONS = ((0.15, 1.3), (0.25, 1.8), (0.4, 2.6))


@dataclass
class Catalogue:
    """Hold the variants as arrays, one position per variant."""

    ids: list[int]
    items: list[int]
    products: np.ndarray
    facts: list[tuple]
    price: np.ndarray
    cost: np.ndarray
    weight: np.ndarray
    season: np.ndarray
    first_day: np.ndarray
    last_day: np.ndarray
    partner: np.ndarray


def generate(book: Book) -> dict[str, Any]:
    """Fill the book with a catalogue and its history up to yesterday; return the counts."""
    rng = np.random.default_rng(book.plan.seed)
    per_day, variants = SIZES[book.plan.size]
    per_day = book.plan.orders_per_day or per_day
    if book.plan.orders_per_day:
        variants = int(np.clip(2 * per_day, 12, 5000))
    zone = ZoneInfo(book.plan.timezone)
    first = datetime.now(zone).date() - timedelta(days=book.plan.days)
    catalogue = _catalogue(book, rng, variants, first, zone)
    history = _History(book, rng, catalogue, zone)
    for index, mean in enumerate(_daily_orders(rng, per_day, first, book.plan.days)):
        history.run_day(index, first + timedelta(days=index), mean)
    history.close()
    return {
        **{table: len(book.rows[table]) for table in ("orders", "lines", "variants", "products", "customers")},
        "days": book.plan.days,
        "first_day": first.isoformat(),
        "last_day": (first + timedelta(days=book.plan.days - 1)).isoformat(),
        "cancelled": history.cancelled,
        "refunded": history.refunded,
        "lost_units": int(history.lost_units),
    }


def _catalogue(book: Book, rng: np.random.Generator, wanted: int, first: date, zone: ZoneInfo) -> Catalogue:
    facts, products, seasons = [], [], []
    number = 0
    while len(facts) < wanted:
        kind, family, price, season, options = KINDS[number % len(KINDS)]
        name = f"{NAMES[(number * 7 + number // len(KINDS)) % len(NAMES)]} {kind}"
        price = max(2.0, round(price * float(np.exp(rng.normal(0, 0.35)))) - 0.01)
        for option in options[: wanted - len(facts)]:
            facts.append((number, name, family, option, price))
            products.append(number)
            seasons.append({"all": 0.0, "winter": 1.0, "summer": -1.0}[season])
        number += 1
    return _priced(book, rng, facts, np.array(products), np.array(seasons), first, zone)


def _priced(
    book: Book,
    rng: np.random.Generator,
    facts: list[tuple],
    products: np.ndarray,
    seasons: np.ndarray,
    first: date,
    zone: ZoneInfo,
) -> Catalogue:
    count, days = len(facts), book.plan.days
    rank = rng.permutation(products.max() + 1)[products] + 1.0
    weight = rank**-0.95 * rng.uniform(0.35, 1.0, count)
    price = np.array([fact[4] for fact in facts])
    launched = rng.random(count) < 0.015 * days / 30
    retired = rng.random(count) < 0.01 * days / 30
    catalogue = Catalogue(
        ids=[book.take("variant") for _ in range(count)],
        items=[book.take("item") for _ in range(count)],
        products=products,
        facts=facts,
        price=np.round(price * 100).astype(int),
        cost=np.round(price * 100 * rng.uniform(0.38, 0.6, count)).astype(int),
        weight=weight * (price / np.median(price)) ** -0.3,
        season=seasons * rng.uniform(0.3, 0.7, count),
        first_day=np.where(launched, rng.integers(0, days, count), -400),
        last_day=np.where(retired, rng.integers(days // 3, days, count), days + 1),
        partner=np.where(rng.random(count) < 0.08, rng.integers(0, count, count), -1),
    )
    _add_products(book, rng, catalogue, first, zone)
    return catalogue


def _add_products(book: Book, rng: np.random.Generator, catalogue: Catalogue, first: date, zone: ZoneInfo) -> None:
    shop, born = book.plan.shop, int(datetime.combine(first, datetime.min.time(), zone).timestamp())
    ids: dict[int, int] = {}
    for position, (number, name, family, option, _price) in enumerate(catalogue.facts):
        launch = born + int(catalogue.first_day[position]) * 86_400
        gone = catalogue.last_day[position] <= book.plan.days
        if number not in ids:
            ids[number] = book.take("product")
            vendor = VENDORS[int(rng.integers(len(VENDORS)))]
            status = "archived" if gone else "active"
            book.rows["products"].append(
                (ids[number], shop, name, handle(name, number), family, vendor, status, family, launch, launch)
            )
        title = "Default Title" if option == "One size" else option
        sku = f"{''.join(word[:3] for word in name.split()).upper()}-{number:03d}-{option.replace(' ', '').upper()[:6]}"
        cost = None if rng.random() < 0.04 else int(catalogue.cost[position])
        compare = int(catalogue.price[position] * 1.2) if rng.random() < 0.1 else None
        book.rows["variants"].append(
            (catalogue.ids[position], shop, ids[number], title, sku, int(catalogue.price[position]), compare, cost,
             position + 1, 1, catalogue.items[position], launch, launch)
        )  # fmt: skip
        catalogue.facts[position] = (ids[number], name, title, sku, book.rows["products"][-1][5])


def _daily_orders(rng: np.random.Generator, per_day: float, first: date, days: int) -> np.ndarray:
    dates = [first + timedelta(days=index) for index in range(days)]
    level = np.array([WEEKDAYS[day.weekday()] * MONTHS[day.month - 1] for day in dates])
    level *= np.array([_event(day) for day in dates]) * np.linspace(0.92, 1.08, days)
    wander = np.zeros(days)
    for index in range(1, days):
        wander[index] = 0.8 * wander[index - 1] + rng.normal(0, 0.04)
    mean = per_day * level * np.exp(wander)
    return rng.negative_binomial(mean, 0.5)


def _event(day: date) -> float:
    """Return the lift of Black Friday's weekend, and the lull after it."""
    thanksgiving = date(day.year, 11, 1)
    thanksgiving += timedelta(days=(3 - thanksgiving.weekday()) % 7 + 21)
    after = (day - thanksgiving).days
    if 1 <= after <= 4:
        return 2.6
    return 0.8 if 5 <= after <= 16 else 1.0


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
            self._order(index, start + int(moment), [int(next(chosen)) for _ in range(size)], lost)
        for position, units in lost.items():
            row = (self.book.plan.shop, self.catalogue.ids[position], day.isoformat(), units)
            self.book.rows["lost_sales"].append(row)
            self.lost_units += units
        self._reorder(index)

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
            got = min(units, int(self.stock[position]))
            if got < units:
                lost[position] = lost.get(position, 0) + units - got
            if got:
                self.stock[position] -= got
                sold[position] = got
        if sold:
            self._write_order(index, moment, sold)

    def _write_order(self, index: int, moment: int, sold: dict[int, int]) -> None:
        book, shop = self.book, self.book.plan.shop
        order, lines, subtotal, discounts = book.take("order"), [], 0, 0
        for position, units in sold.items():
            product, name, title, sku, vendor = self.catalogue.facts[position]
            price = int(self.catalogue.price[position])
            discount = round(price * units * float(self.promotion[position]))
            lines.append(
                [book.take("line"), shop, order, self.catalogue.ids[position], product, sku, name,
                 None if title == "Default Title" else title, vendor, units, units, price, discount]
            )  # fmt: skip
            subtotal += price * units - discount
            discounts += discount
        shipping = 0 if subtotal >= 5000 else 395
        fate = self._fate(index, order, moment, lines, list(sold), subtotal, shipping)
        customer = self._customer(moment)
        book.rows["orders"].append(
            (order, shop, book.take("order_number"), customer, moment, fate["updated_at"], fate["cancelled_at"],
             fate["reason"], fate["closed_at"], int(self.rng.random() < 0.0005), fate["financial"], fate["fulfillment"],
             "web", "GB", subtotal, discounts, shipping, fate["refunded"], subtotal - fate["goods_refunded"])
        )  # fmt: skip
        book.rows["lines"].extend(tuple(line) for line in lines)

    def _fate(
        self, index: int, order: int, moment: int, lines: list[list], positions: list[int], subtotal: int, shipping: int
    ) -> dict[str, Any]:
        """Decide whether an order is fulfilled, cancelled or partly returned."""
        shipped_at = moment + int(self.rng.uniform(0.5, 2.5) * 86_400)
        draw = self.rng.random()
        fate = dict.fromkeys(("cancelled_at", "reason", "closed_at", "fulfillment"))
        fate |= {"updated_at": moment, "financial": "paid", "refunded": 0, "goods_refunded": 0}
        cancelled_at = moment + int(self.rng.uniform(600, 40_000))
        returned_at = shipped_at + int(self.rng.uniform(3, 25) * 86_400)
        if draw < 0.03 and cancelled_at < self.now:
            self._take_back(index + 1, order, lines, positions, cancelled_at, "cancel", len(lines))
            self.cancelled += 1
            return fate | {"cancelled_at": cancelled_at, "reason": "customer", "updated_at": cancelled_at,
                           "financial": "refunded", "refunded": subtotal + shipping, "goods_refunded": subtotal,
                           "closed_at": cancelled_at}  # fmt: skip
        if shipped_at >= self.now:
            for line, position in zip(lines, positions, strict=True):
                self.committed[position] += line[9]
            return fate
        fate |= {"closed_at": shipped_at, "updated_at": shipped_at, "fulfillment": "fulfilled"}
        if draw < 0.08 and returned_at < self.now:
            day = index + (returned_at - moment) // 86_400
            back = self._take_back(day, order, lines, positions, returned_at, "return", 1)
            self.refunded += 1
            whole = back == subtotal
            fate |= {"updated_at": returned_at, "refunded": back, "goods_refunded": back}
            fate["financial"] = "refunded" if whole and not shipping else "partially_refunded"
        return fate

    def _take_back(
        self, day: int, order: int, lines: list[list], positions: list[int], at: int, how: str, count: int
    ) -> int:
        """Refund the first lines of an order, put their units back on the shelf, return the amount."""
        refund, amount = self.book.take("refund"), 0
        for line, position in list(zip(lines, positions, strict=True))[:count]:
            units = line[9]
            subtotal = line[11] * units - line[12]
            line[10] = 0
            amount += subtotal
            self.book.rows["refund_lines"].append(
                (self.book.take("refund_line"), self.book.plan.shop, refund, line[0], units, how,
                 self.book.locations[0], subtotal)
            )  # fmt: skip
            self.returns.setdefault(day, []).append((position, units))
        self.book.rows["refunds"].append((refund, self.book.plan.shop, order, at, None, amount))
        return amount

    def _customer(self, moment: int) -> int | None:
        draw = self.rng.random()
        if draw < 0.2:
            return None
        if self.customers and draw < 0.65:
            recent = int(len(self.customers) * (1 - self.rng.random() ** 2 * 0.8))
            return self.customers[min(recent, len(self.customers) - 1)]
        self.customers.append(self.book.take("customer"))
        self.book.rows["customers"].append((self.customers[-1], self.book.plan.shop, "GB", moment))
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
            parts = (int(self.stock[place]), int(self.committed[place]), int(self.on_order[place]))
            self.book.rows["levels"].extend(split_stock(self.book, item, *parts, at=self.now))
