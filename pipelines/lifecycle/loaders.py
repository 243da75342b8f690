"""Load one export, chunk by chunk: what its lines mean, and what is left to do at its end.

Children may stand before their parents, and far from them. Order lines near their order are written with it;
the others join orders that this run has written, or wait in a table until the end of the file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, Protocol

from django.db import connection
from django.db.models import F
from django.utils import timezone

from pipelines.lifecycle import facts
from pipelines.lifecycle.facts import staged
from pipelines.models import Order, SyncRun, WaitingLine
from pipelines.shopify import nodes, shapes
from pipelines.shopify.nodes import Node, Source
from pipelines.shopify.shapes import Malformed, gid

Chunk = list[Node | None]  # None stands for a line that was refused already


class Loader(Protocol):
    """Writes the chunks of one kind of export."""

    refusals: list[str]  # "line 17: …", in the order of the file

    def load(self, first: int, chunk: Chunk) -> int:
        """Write a chunk whose first line has this number; return the rows written."""

    def finish(self) -> int:
        """Do what needs the whole file; return the rows written."""


class Lines:
    """What the loaders share: reading nodes, and noting those that cannot be read."""

    def __init__(self, run: SyncRun, source: Source) -> None:
        self.run, self.source = run, source
        self.refusals: list[str] = []

    def read(self, number: int, reader: Any, *arguments: Any) -> Any:
        """Read one node; note it and return None where it is malformed."""
        try:
            return reader(*arguments)
        except Malformed as malformed:
            self.refuse(number, malformed)
            return None

    def refuse(self, number: int, why: object) -> None:
        self.refusals.append(f"line {number:,}: {why}"[:200])


def is_child(node: Node) -> bool:
    return "__parentId" in node


def told(first: int, chunk: Chunk) -> Iterator[tuple[int, Node]]:
    """Yield what a chunk tells, each with its line's number."""
    return ((number, node) for number, node in enumerate(chunk, first) if node is not None)


class OrderLoader(Lines):
    """Orders and their lines."""

    def load(self, first: int, chunk: Chunk) -> int:
        orders, children = self.read_orders(first, chunk)
        written = self.write_orders(orders.values())
        near, far = self.sort_lines(children, orders, written)
        with connection.cursor() as cursor, staged(cursor, facts.LINES, facts.unique(near)) as incoming:
            facts.merge(cursor, facts.LINES, incoming, facts.ALWAYS, returning=False)
        rows = len(written) + len(near) + self.write_far(far)
        self.ask_for_refunded({line.order_id for line in (*near, *far) if line.current_quantity < line.quantity})
        return rows

    def read_orders(self, first: int, chunk: Chunk) -> tuple[dict[str, shapes.Order], list[tuple[int, Node]]]:
        """Read the orders of a chunk, by their global ids; hand back the rest."""
        orders: dict[str, shapes.Order] = {}
        children: list[tuple[int, Node]] = []
        for number, node in told(first, chunk):
            if is_child(node):
                children.append((number, node))
            elif order := self.read(number, nodes.order, node, self.source):
                orders[node["id"]] = order
        return orders, children

    def write_orders(self, orders: Iterable[shapes.Order]) -> set[int]:
        with connection.cursor() as cursor, staged(cursor, facts.ORDERS, facts.unique(orders)) as incoming:
            return {order_id for _, order_id in facts.merge(cursor, facts.ORDERS, incoming, facts.EXPORT_WINS)}

    def sort_lines(
        self, children: list[tuple[int, Node]], orders: dict[str, shapes.Order], written: set[int]
    ) -> tuple[list[shapes.Line], list[shapes.Line]]:
        """Part lines whose order is in this chunk from the others; drop those of outdated orders."""
        near: list[shapes.Line] = []
        far: list[shapes.Line] = []
        for number, node in children:
            order = orders.get(node["__parentId"])
            try:
                if order is None:
                    far.append(nodes.line(node, gid(node["__parentId"]), self.source))
                elif order.shopify_id in written:
                    near.append(nodes.line(node, order.shopify_id, self.source, order))
            except Malformed as malformed:
                self.refuse(number, malformed)
        return near, far

    def write_far(self, lines: list[shapes.Line]) -> int:
        """Join lines with orders that this run has written; let the others wait."""
        if not lines:
            return 0
        columns = ", ".join(facts.LINES.columns)
        with connection.cursor() as cursor, staged(cursor, facts.LINES, facts.unique(lines)) as incoming:
            joined = self.join(cursor, f"SELECT {columns} FROM {incoming}")
            cursor.execute(
                "INSERT INTO pipelines_waitingline (sync_id, order_id, line)"
                f" SELECT %s, line.order_id, to_jsonb(line) FROM {incoming} AS line"
                f" WHERE NOT EXISTS (SELECT {WRITTEN_ORDER})",
                [self.run.pk, self.source.source_id],
            )
        return joined

    def join(self, cursor: Any, lines: str) -> int:
        """Write lines whose orders this run has written."""
        values = ", ".join(JOINED.get(name, f"line.{name}") for name in facts.LINES.columns)
        cursor.execute(
            f"INSERT INTO pipelines_orderline AS old ({', '.join(facts.LINES.columns)})"
            f" SELECT {values} FROM ({lines}) AS line JOIN LATERAL (SELECT * {WRITTEN_ORDER}) AS held ON true"
            f" ON CONFLICT (shop_id, line_id) DO UPDATE SET {facts.LINES.assignments}",
            [self.source.source_id],
        )
        return cursor.rowcount

    def ask_for_refunded(self, order_ids: Collection[int]) -> None:
        """Ask for the orders of which units are missing: were they returned, or never sold?"""
        if order_ids:
            written = Order.objects.for_shop(self.run.shop_id).filter(source_id=self.source.source_id)
            written.filter(shopify_id__in=order_ids, cancelled_at=None).update(fetch_due_at=timezone.now())

    def finish(self) -> int:
        """Let waiting lines join their orders."""
        waiting = WaitingLine.objects.filter(sync=self.run)
        if not waiting.exists():
            return 0
        with connection.cursor() as cursor:
            joined = self.join(cursor, WAITING.format(run=self.run.pk))
        incomplete = waiting.filter(line__current_quantity__lt=F("line__quantity"))
        self.ask_for_refunded(set(incomplete.values_list("order_id", flat=True)))
        waiting.delete()
        return joined


WRITTEN_ORDER = (
    "FROM pipelines_order AS held WHERE held.shop_id = line.shop_id AND held.shopify_id = line.order_id"
    " AND held.source_id = %s"
)
JOINED = {
    "processed_at": "held.processed_at",
    "removed": "CASE WHEN held.cancelled_at IS NULL THEN 0 ELSE line.quantity END",
    "returned": "CASE WHEN held.cancelled_at IS NULL THEN line.returned ELSE 0 END",
}
WAITING = """
    SELECT DISTINCT ON (line.line_id) line.* FROM pipelines_waitingline AS waiting,
        jsonb_populate_record(NULL::pipelines_orderline, waiting.line) AS line
    WHERE waiting.sync_id = {run}
"""


class ProductLoader(Lines):
    """Products, variants, and what their inventory items add."""

    def __init__(self, run: SyncRun, source: Source) -> None:
        super().__init__(run, source)
        self.began_at = run.objects_done
        self.products: set[int] = set()
        self.variants: set[int] = set()

    def load(self, first: int, chunk: Chunk) -> int:
        products, variants, items = [], [], []
        for number, node in told(first, chunk):
            if not is_child(node):
                products.append(self.read(number, nodes.product, node, self.source))
            elif variant := self.read(number, self.variant, node):
                variants.append(variant)
                items.append(self.read(number, nodes.item, node, self.source))
        products, items = [*filter(None, products)], [*filter(None, items)]
        self.products |= {product.shopify_id for product in products}
        self.variants |= {variant.shopify_id for variant in variants}
        facts.write(facts.PRODUCTS, products, facts.FETCH_WINS)
        facts.write(facts.VARIANTS, variants, facts.FETCH_WINS)
        facts.write_items(items)
        return len(products) + len(variants)

    def variant(self, node: Node) -> shapes.Variant:
        return nodes.variant(node, gid(node["__parentId"]), self.source)

    def finish(self) -> int:
        """Bury what a whole export does not list any more: a deletion whose webhook was missed."""
        if self.run.since or self.run.is_partial or self.run.lines_refused or self.began_at:
            return 0
        buried = facts.bury_unlisted(facts.VARIANTS, self.run.shop_id, self.variants, self.source.read_at)
        return buried + facts.bury_unlisted(facts.PRODUCTS, self.run.shop_id, self.products, self.source.read_at)


class StockLoader(Lines):
    """Stock levels: children of inventory items, which say nothing themselves."""

    def load(self, first: int, chunk: Chunk) -> int:
        levels = [self.read(number, self.level, node) for number, node in told(first, chunk) if is_child(node)]
        return facts.replace_stock(filter(None, levels))

    def level(self, node: Node) -> shapes.Stock:
        return nodes.stock(node, gid(node["__parentId"]), self.source)

    def finish(self) -> int:
        return 0


class CheckoutLoader(Lines):
    """Abandoned checkouts; their lines are a column, so all of them wait for the end."""

    def load(self, first: int, chunk: Chunk) -> int:
        checkouts, lines = [], []
        for number, node in told(first, chunk):
            if is_child(node):
                lines.append(self.read(number, self.line, node))
            else:
                checkouts.append(self.read(number, nodes.checkout, node, self.source))
        written = facts.write(facts.CHECKOUTS, filter(None, checkouts), facts.EXPORT_WINS)
        WaitingLine.objects.bulk_create(filter(None, lines), batch_size=1000)
        return len(written)

    def line(self, node: Node) -> WaitingLine:
        return WaitingLine(
            sync=self.run, order_id=gid(node["__parentId"]), line=nodes.checkout_line(node, self.source.currency)
        )

    def finish(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(GATHER_CHECKOUT_LINES, [self.run.pk, self.run.shop_id, self.source.source_id])
        return WaitingLine.objects.filter(sync=self.run).delete()[0]


GATHER_CHECKOUT_LINES = """
    UPDATE pipelines_checkout AS held SET lines = waiting.lines
    FROM (SELECT order_id, jsonb_agg(line) AS lines FROM pipelines_waitingline WHERE sync_id = %s GROUP BY 1) AS waiting
    WHERE held.shop_id = %s AND held.source_id = %s AND held.shopify_id = waiting.order_id
"""

LOADERS: dict[str, type[OrderLoader | ProductLoader | StockLoader | CheckoutLoader]] = {
    SyncRun.Kind.ORDERS: OrderLoader,
    SyncRun.Kind.PRODUCTS: ProductLoader,
    SyncRun.Kind.STOCK: StockLoader,
    SyncRun.Kind.CHECKOUTS: CheckoutLoader,
}
