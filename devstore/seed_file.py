"""Fill a store from a file of real order lines (DESIGN 8)."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from devstore.order_files import Line, WrongFile, read_lines
from devstore.seeding import Book, handle, split_stock
from devstore.store import now

# Postage, fees, corrections and vouchers: sold, but nothing that stands on a shelf.
NON_PRODUCTS = {
    "POST", "DOT", "M", "D", "S", "B", "C2", "C3", "BANK CHARGES", "AMAZONFEE", "ADJUST", "ADJUST2", "CRUK", "PADS",
    "TEST001", "TEST002", "GIFT",
}  # fmt: skip
VOUCHER = "GIFT_"
HOUR, DAY = 3600, 86_400
REMOVED_WITHIN = 2 * DAY  # what is taken back so soon had not left the warehouse
COST_SHARE = 0.5


@dataclass
class Sale:
    """One line of an order, with what is left of it."""

    line: Line
    units: int
    number: int = 0


@dataclass
class Order:
    """One invoice with all its lines, and what was taken back later."""

    invoice: str
    ts: datetime
    customer: str | None
    country: str
    sales: list[Sale] = field(default_factory=list)
    returns: list[tuple[datetime, Sale, int]] = field(default_factory=list)
    cancelled: datetime | None = None


@dataclass
class Counts:
    """What happened to the lines of the file."""

    cancellations_matched: int = 0
    cancellations_unmatched: int = 0
    units_unmatched: int = 0
    adjustments_left_out: int = 0
    custom_lines: int = 0
    lines_left_out: int = 0
    days_left_out: int = 0


def is_product(sku: str) -> bool:
    """Say whether a code names something that is stocked."""
    plain = sku.strip().upper()
    return bool(plain) and plain not in NON_PRODUCTS and not plain.startswith(VOUCHER)


def fill_from_file(book: Book) -> dict[str, Any]:
    """Fill the book with the file's orders, shifted by whole weeks to end yesterday."""
    assert book.plan.orders is not None
    zone, counts = ZoneInfo(book.plan.timezone), Counts()
    lines = [_local(line, zone) for line in read_lines(book.plan.orders)]
    yesterday = datetime.now(zone).date() - timedelta(days=1)
    last = max(line.ts for line in lines).date()
    cut = last - timedelta(days=(last.weekday() - yesterday.weekday()) % 7)
    counts.days_left_out = (last - cut).days
    kept = [line for line in lines if line.ts.date() <= cut]
    counts.lines_left_out = len(lines) - len(kept)
    if not kept:
        raise WrongFile(f"{book.plan.orders.name}: no line is left after cutting the file at {cut}.")
    orders = _orders(kept, counts)
    filling = _Filling(book, zone, yesterday - cut, counts)
    filling.run(orders)
    return filling.summary(orders, cut, yesterday)


def _local(line: Line, zone: ZoneInfo) -> Line:
    if line.ts.tzinfo is not None:
        line.ts = line.ts.astimezone(zone).replace(tzinfo=None)
    return line


def _orders(lines: list[Line], counts: Counts) -> list[Order]:
    """Group sales by invoice, then take the cancelled units off the latest matching order."""
    orders: dict[str, Order] = {}
    taken_back = []
    for line in lines:
        if line.qty < 0 and line.is_cancellation:
            taken_back.append(line)
        elif line.qty <= 0 or line.price < 0 or (line.price == 0 and line.customer is None):
            counts.adjustments_left_out += 1
        else:
            order = orders.get(line.invoice)
            if order is None:
                order = orders[line.invoice] = Order(line.invoice, line.ts, line.customer, line.country)
            order.ts = min(order.ts, line.ts)
            order.cancelled = order.cancelled or line.cancelled_at
            order.sales.append(Sale(line, line.qty))
    found = sorted(orders.values(), key=lambda order: (order.ts, order.invoice))
    _match(found, sorted(taken_back, key=lambda line: line.ts), counts)
    _take_back_exported(found)
    return found


def _match(orders: list[Order], taken_back: list[Line], counts: Counts) -> None:
    sold: dict[tuple[str, str], list[tuple[Order, Sale]]] = defaultdict(list)
    for order in orders:
        for sale in order.sales:
            if order.customer is not None:
                sold[order.customer, sale.line.sku].append((order, sale))
    for line in taken_back:
        left = -line.qty
        for order, sale in reversed(sold.get((line.customer or "", line.sku), [])):
            units = min(left, sale.units) if order.ts <= line.ts else 0
            if units:
                sale.units -= units
                left -= units
                order.returns.append((line.ts, sale, units))
            if not left:
                break
        counts.units_unmatched += left
        counts.cancellations_matched += left < -line.qty
        counts.cancellations_unmatched += left == -line.qty


def _take_back_exported(orders: list[Order]) -> None:
    """Apply what Shopify's own export says of an order: cancelled, or refunded in whole."""
    for order in orders:
        total = sum(sale.line.price * sale.line.qty for sale in order.sales)
        refunded = max((sale.line.refunded or 0.0 for sale in order.sales), default=0.0)
        if order.cancelled or (refunded and refunded >= total > 0):
            at = order.cancelled or order.ts + timedelta(days=7)
            for sale in order.sales:
                order.returns.append((at, sale, sale.units))
                sale.units = 0


class _Filling:
    """Turn orders into rows: catalogue first, then history, then stock."""

    def __init__(self, book: Book, zone: ZoneInfo, shift: timedelta, counts: Counts) -> None:
        self.book, self.zone, self.shift, self.counts = book, zone, shift, counts
        self.shop, self.now = book.plan.shop, now()
        self.variants: dict[str, tuple[int, int, int, str]] = {}
        self.customers: dict[str, int] = {}
        self._seconds: dict[date, int] = {}

    def moment(self, local: datetime) -> int:
        """Return a local time of the file as a shifted time of the store, in seconds."""
        day = local.date() + self.shift
        if day not in self._seconds:
            noon = datetime(day.year, day.month, day.day, 12, tzinfo=self.zone).astimezone(UTC)
            self._seconds[day] = int(noon.timestamp()) - 12 * HOUR
        return self._seconds[day] + local.hour * HOUR + local.minute * 60 + local.second

    def run(self, orders: list[Order]) -> None:
        """Write everything."""
        self._catalogue(orders)
        for order in orders:
            self._order(order)
        self._stock(orders)

    def _catalogue(self, orders: list[Order]) -> None:
        titles: dict[str, Counter[str]] = defaultdict(Counter)
        price: dict[str, float] = {}
        first: dict[str, datetime] = {}
        for order in orders:
            for sale in order.sales:
                sku = sale.line.sku
                if not is_product(sku):
                    continue
                titles[sku][sale.line.description.strip() or sku] += 1
                price[sku] = sale.line.price or price.get(sku, 0.0)
                first.setdefault(sku, order.ts)
        for sku, names in titles.items():
            self._add_variant(sku, names.most_common(1)[0][0], price[sku], self.moment(first[sku]))

    def _add_variant(self, sku: str, title: str, price: float, born: int) -> None:
        product, variant, item = (self.book.take(kind) for kind in ("product", "variant", "item"))
        self.variants[sku] = (variant, product, item, title)
        cents = round(price * 100)
        self.book.rows["products"].append(
            (
                product,
                self.shop,
                title,
                handle(title, product),
                "",
                self.shop.partition(".")[0],
                "active",
                "",
                born,
                born,
            )
        )
        self.book.rows["variants"].append(
            (variant, self.shop, product, "Default Title", sku, cents, None, round(cents * COST_SHARE), 1, 1, item, born,
             born)
        )  # fmt: skip

    def _customer(self, name: str | None, country: str, at: int) -> int | None:
        if name is None:
            return None
        if name not in self.customers:
            self.customers[name] = self.book.take("customer")
            self.book.rows["customers"].append((self.customers[name], self.shop, country, at))
        return self.customers[name]

    def _order(self, order: Order) -> None:
        number, at = self.book.take("order"), self.moment(order.ts)
        subtotal = discounts = 0
        for sale in order.sales:
            sale.number = self.book.take("line")
            row, value, discount = self._line(number, sale)
            subtotal, discounts = subtotal + value, discounts + discount
            self.book.rows["lines"].append(row)
        taken = self._take_back(number, order, at)
        whole = bool(order.returns) and not any(sale.units for sale in order.sales)
        last = max((when for when, _ in taken), default=0)
        cancelled = last if whole and last - at <= REMOVED_WITHIN else None
        refunded = sum(value for _, value in taken)
        shipped = at + DAY
        is_sent = cancelled is None and shipped < self.now
        status = "paid" if not taken else "refunded" if whole else "partially_refunded"
        updated = max(at, last, shipped if is_sent else 0)
        self.book.rows["orders"].append(
            (number, self.shop, self.book.take("order_number"), self._customer(order.customer, order.country, at), at,
             min(updated, self.now), cancelled, "customer" if cancelled else None,
             cancelled or (shipped if is_sent else None), 0, status, "fulfilled" if is_sent else None, "web",
             order.country, subtotal, discounts, 0, refunded, subtotal - refunded)
        )  # fmt: skip

    def _line(self, order: int, sale: Sale) -> tuple[tuple, int, int]:
        line = sale.line
        cents, discount = round(line.price * 100), round(line.discount * 100)
        variant, product, _, title = self.variants.get(
            line.sku, (None, None, None, line.description.strip() or line.sku)
        )
        self.counts.custom_lines += variant is None
        row = (sale.number, self.shop, order, variant, product, line.sku or None, title, line.variant_title, None, line.qty,
               sale.units, cents, discount)  # fmt: skip
        return row, cents * line.qty - discount, discount

    def _take_back(self, order_number: int, order: Order, at: int) -> list[tuple[int, int]]:
        """Write one refund per moment; return when, and how much money went back."""
        by_time: dict[datetime, list[tuple[Sale, int]]] = defaultdict(list)
        for when, sale, units in order.returns:
            by_time[when].append((sale, units))
        done = []
        for when, parts in sorted(by_time.items(), key=lambda entry: entry[0]):
            refund, moment, amount = self.book.take("refund"), self.moment(when), 0
            how = "cancel" if moment - at <= REMOVED_WITHIN else "return"
            for sale, units in parts:
                value = round((sale.line.price - sale.line.discount / sale.line.qty) * units * 100)
                amount += value
                self.book.rows["refund_lines"].append(
                    (
                        self.book.take("refund_line"),
                        self.shop,
                        refund,
                        sale.number,
                        units,
                        how,
                        self.book.locations[0],
                        value,
                    )
                )
            self.book.rows["refunds"].append((refund, self.shop, order_number, moment, None, amount))
            done.append((moment, amount))
        return done

    def _stock(self, orders: list[Order]) -> None:
        """Simulate stock as an (s, S) process under which every recorded sale was possible."""
        days: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        start = min(order.ts for order in orders).date()
        for order in orders:
            index = (order.ts.date() - start).days
            for sale in order.sales:
                if sale.line.sku in self.variants:
                    days[sale.line.sku][index] += sale.line.qty
        length = (max(order.ts for order in orders).date() - start).days + 1
        rng = np.random.default_rng(self.book.plan.seed)
        for sku, (_, _, item, _) in self.variants.items():
            stock, incoming = stock_at_end(days[sku], length, rng)
            self.book.rows["levels"].extend(split_stock(self.book, item, stock, 0, incoming, at=self.now))

    def summary(self, orders: list[Order], cut: date, yesterday: date) -> dict[str, Any]:
        """Return what was read and made."""
        first = min(order.ts for order in orders).date() + self.shift
        rows = self.book.rows
        return {
            **{
                table: len(rows[table]) for table in ("orders", "lines", "variants", "products", "customers", "refunds")
            },
            "cancelled": sum(1 for row in rows["orders"] if row[6] is not None),
            "days": (yesterday - first).days + 1,
            "first_day": first.isoformat(),
            "last_day": yesterday.isoformat(),
            "cut_at": cut.isoformat(),
            "shifted_weeks": (yesterday - cut).days // 7,
            **vars(self.counts),
        }


def stock_at_end(sold: dict[int, int], length: int, rng: np.random.Generator) -> tuple[int, int]:
    """Run (s, S) over the sale days; a day that would run short gets its delivery in the morning."""
    lead = int(rng.integers(3, 22))
    recent = sum(units for day, units in sold.items() if day >= length - 91)
    mean = max(recent / 91, sum(sold.values()) / length / 4)
    low = int(np.ceil(mean * (lead + 7) * rng.uniform(0.5, 1.3))) + 1
    high = low + int(np.ceil(mean * 30)) + 1
    stock, due, ordered = high, -1, 0
    for day in sorted(sold):
        if ordered and day >= due:
            stock, ordered = stock + ordered, 0
        if stock < sold[day]:
            stock, ordered = max(stock + ordered, sold[day]), 0
        stock -= sold[day]
        if stock <= low and not ordered:
            due, ordered = day + lead, high - stock
    if ordered and length - 1 >= due:
        stock, ordered = stock + ordered, 0
    return stock, ordered
