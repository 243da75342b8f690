"""Fill a store from a file of real order lines (DESIGN 8)."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from devstore import clock
from devstore.book import Book, handle
from devstore.clock import now
from devstore.order_files.lines import Line, WrongFile
from devstore.order_files.reading import read_lines

# Postage, fees, corrections and vouchers: sold, but nothing that stands on a shelf.
NON_PRODUCTS = {
    "POST", "DOT", "M", "D", "S", "B", "C2", "C3", "BANK CHARGES", "AMAZONFEE", "ADJUST", "ADJUST2", "CRUK", "PADS",
    "TEST001", "TEST002", "GIFT",
}  # fmt: skip
VOUCHER = "GIFT_"
COUNTED = ("orders", "lines", "variants", "products", "customers", "refunds")
DAY = 86_400
REMOVED_WITHIN = 2 * DAY  # what is taken back so soon had not left the warehouse
COST_SHARE = 0.5
PAID_BACK_AFTER = timedelta(days=7)  # where a file tells that money went back, but not when
HALF_A_CENT = 0.005


@dataclass(slots=True)
class Sale:
    """One line of an order, with what is left of it."""

    line: Line
    units: int
    number: int = 0


@dataclass(slots=True)
class Order:
    """One invoice with all its lines, and what was taken back later."""

    invoice: str
    ts: datetime
    customer: str | None
    country: str
    sales: list[Sale] = field(default_factory=list)
    returns: list[tuple[datetime, Sale, int]] = field(default_factory=list)
    cancelled: datetime | None = None
    paid_back: float = 0.0  # of the order as a whole: nobody says for which of its lines


@dataclass
class Counts:
    """What happened to the lines of the file."""

    cancellations_matched: int = 0
    cancellations_unmatched: int = 0
    units_unmatched: int = 0
    adjustments_left_out: int = 0
    cancelled_orders: int = 0
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
    read, findings = read_lines(book.plan.orders)
    lines = [_local(line, zone) for line in read]
    yesterday = clock.moment(zone).date() - timedelta(days=1)
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
    return {**filling.summary(orders, cut, yesterday), "odd": findings.odd()}


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
    """Apply what Shopify's own export says of an order: cancelled, refunded in whole, or some money given back."""
    for order in orders:
        paid = sum(sale.line.price * sale.line.qty - sale.line.discount for sale in order.sales)
        refunded = max((sale.line.refunded or 0.0 for sale in order.sales), default=0.0)
        if not order.cancelled and refunded < paid - HALF_A_CENT:
            order.paid_back = refunded
        elif order.cancelled or refunded:
            at = order.cancelled or order.ts + PAID_BACK_AFTER
            for sale in order.sales:
                order.returns.append((at, sale, sale.units))
                sale.units = 0


class _Filling:
    """Turn orders into rows: catalogue first, then history, then stock."""

    def __init__(self, book: Book, zone: ZoneInfo, shift: timedelta, counts: Counts) -> None:
        self.book, self.zone, self.shift, self.counts = book, zone, shift, counts
        self.vendor, self.now = book.plan.shop.partition(".")[0], now()
        self.variants: dict[str, tuple[int, int, int, str]] = {}
        self.customers: dict[str, int] = {}

    def moment(self, local: datetime) -> int:
        """Return a local time of the file as a shifted time of the store, in seconds."""
        return int((local + self.shift).replace(tzinfo=self.zone).timestamp())

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
                titles[sku][sale.line.description or sku] += 1
                price[sku] = sale.line.price or price.get(sku, 0.0)
                first.setdefault(sku, order.ts)
        for sku, names in titles.items():
            self._add_variant(sku, names.most_common(1)[0][0], price[sku], self.moment(first[sku]))

    def _add_variant(self, sku: str, title: str, price: float, born: int) -> None:
        product, variant, item = (self.book.take(kind) for kind in ("product", "variant", "item"))
        self.variants[sku] = (variant, product, item, title)
        cents = round(price * 100)
        self.book.add(
            "products", id=product, title=title, handle=handle(title, product), product_type="", vendor=self.vendor,
            status="active", tags="", created_at=born, updated_at=born,
        )  # fmt: skip
        self.book.add(
            "variants", id=variant, product_id=product, title="Default Title", sku=sku, price=cents,
            cost=round(cents * COST_SHARE), position=1, tracked=1, item_id=item, created_at=born, updated_at=born,
        )  # fmt: skip

    def _customer(self, name: str | None, country: str, at: int) -> int | None:
        if name is None:
            return None
        if name not in self.customers:
            self.customers[name] = self.book.take("customer")
            self.book.add("customers", id=self.customers[name], country=country, created_at=at)
        return self.customers[name]

    def _order(self, order: Order) -> None:
        number, at = self.book.take("order"), self.moment(order.ts)
        for sale in order.sales:
            self._line(number, sale)
        taken = self._take_back(number, order, at)
        whole = bool(taken) and not any(sale.units for sale in order.sales)
        last = max(taken, default=0)
        cancelled = last if whole and last - at <= REMOVED_WITHIN else None
        self.counts.cancelled_orders += cancelled is not None
        shipped = at + DAY if cancelled is None and at + DAY < self.now else None
        discounts = sum(round(sale.line.discount * 100) for sale in order.sales)
        subtotal = sum(round(sale.line.price * 100) * sale.line.qty for sale in order.sales) - discounts
        refunded = sum(taken.values())
        self.book.add(
            "orders",
            id=number,
            number=self.book.take("order_number"),
            customer_id=self._customer(order.customer, order.country, at),
            created_at=at,
            updated_at=min(max(at, last, shipped or 0), self.now),
            cancelled_at=cancelled,
            cancel_reason="customer" if cancelled else None,
            closed_at=cancelled or shipped,
            test=0,
            financial_status="paid" if not taken else "refunded" if whole else "partially_refunded",
            fulfillment_status="fulfilled" if shipped else None,
            source="web",
            country=order.country,
            subtotal=subtotal,
            discounts=discounts,
            shipping=0,
            refunded=refunded,
            current_subtotal=subtotal - refunded,
        )

    def _line(self, order: int, sale: Sale) -> None:
        line, known = sale.line, self.variants.get(sale.line.sku)
        variant, product, _, title = known or (None, None, None, line.description or line.sku)
        sale.number = self.book.take("line")
        self.counts.custom_lines += known is None
        self.book.add(
            "lines", id=sale.number, order_id=order, variant_id=variant, product_id=product, sku=line.sku or None,
            title=title, variant_title=line.variant_title, quantity=line.qty, current_quantity=sale.units,
            price=round(line.price * 100), discount=round(line.discount * 100),
        )  # fmt: skip

    def _take_back(self, number: int, order: Order, at: int) -> dict[int, int]:
        """Write one refund per moment; return how much money went back when."""
        by_time: dict[int, list[tuple[Sale, int]]] = defaultdict(list)
        for when, sale, units in order.returns:
            by_time[min(self.moment(when), self.now)].append((sale, units))
        if order.paid_back:
            by_time[min(self.moment(order.ts + PAID_BACK_AFTER), self.now)] += []
        return {
            moment: self._refund(number, moment, moment - at, parts, 0 if parts else round(order.paid_back * 100))
            for moment, parts in sorted(by_time.items())
        }

    def _refund(self, number: int, moment: int, after: int, parts: list[tuple[Sale, int]], amount: int) -> int:
        refund = self.book.take("refund")
        for sale, units in parts:
            value = round((sale.line.price - sale.line.discount / sale.line.qty) * units * 100)
            amount += value
            self.book.add(
                "refund_lines", id=self.book.take("refund_line"), refund_id=refund, line_id=sale.number, quantity=units,
                restock_type="cancel" if after <= REMOVED_WITHIN else "return", location_id=self.book.locations[0],
                subtotal=value,
            )  # fmt: skip
        self.book.add("refunds", id=refund, order_id=number, created_at=moment, amount=amount)
        return amount

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
            self.book.stock(item, stock, 0, incoming)

    def summary(self, orders: list[Order], cut: date, yesterday: date) -> dict[str, Any]:
        """Return what was read and made."""
        first = min(order.ts for order in orders).date() + self.shift
        return {
            **{table: self.book.written[table] for table in COUNTED},
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
