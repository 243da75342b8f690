"""Load one kind of export, piece by piece: `parse` is pure and runs ahead, `write` is the database's part.

Children may stand before their parents, and far from them. Order lines near their order are written with it;
the others join orders that this run has written, or wait in a table until the end of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import connection
from django.db.models import F
from django.utils import timezone

from pipelines.lifecycle.ingest import bundles, checkouts, facts, inventory, privacy
from pipelines.lifecycle.ingest.facts import staged
from pipelines.models import Order, SyncRun, WaitingLine
from pipelines.shopify.bulk import MalformedLine
from pipelines.shopify.reading import nodes, shapes
from pipelines.shopify.reading.nodes import Node, Source
from pipelines.shopify.reading.shapes import Malformed, gid

Fact = TypeVar("Fact")


@dataclass
class Batch:
    """What a piece of the file tells."""

    size: int = 0  # lines of the file
    refusals: list[str] = field(default_factory=list)  # "line 17: …"
    parents: dict[str | None, Any] = field(default_factory=dict)  # by the global id that children name
    children: list[Any] = field(default_factory=list)
    strays: list[Any] = field(default_factory=list)  # children whose parent is not in this piece
    parts: list[shapes.Part] = field(default_factory=list)  # of bundles

    def refuse(self, number: int, why: object) -> None:
        self.refusals.append(f"line {number:,}: {why}"[:200])

    def read(self, number: int, into: list[Fact], reader: Callable[..., Fact], *arguments: Any) -> None:
        """Read one node; note it where it is malformed."""
        try:
            into.append(reader(*arguments))
        except Malformed as malformed:
            self.refuse(number, malformed)


class Loader:
    """Reads and writes the pieces of one kind of export."""

    def __init__(self, run: SyncRun, source: Source) -> None:
        self.run, self.source = run, source

    def parse(self, first: int, lines: Iterable[Node | MalformedLine]) -> Batch:
        """Read lines, of which the first has this number, each while it is fresh; touches no database."""
        batch = Batch()
        early: list[tuple[int, Node]] = []
        for number, node in enumerate(lines, first):
            batch.size += 1
            if type(node) is not dict:
                batch.refuse(number, "not a JSON object")
            elif "__parentId" not in node:
                self.parse_parent(batch, number, node)
            elif type(node["__parentId"]) is not str:
                batch.refuse(number, "__parentId is not a Shopify id")
            elif node["__parentId"] in batch.parents:
                self.parse_child(batch, number, node)
            else:
                early.append((number, node))
        for number, node in early:
            self.parse_child(batch, number, node)
        return batch

    def parse_parent(self, batch: Batch, number: int, node: Node) -> None:
        try:
            batch.parents[node.get("id")] = self.read_parent(node)
        except Malformed as malformed:
            batch.refuse(number, malformed)

    def read_parent(self, node: Node) -> Any:
        """Read a root of the export; of one that says nothing else, its id."""
        return gid(node.get("id"))

    def parse_child(self, batch: Batch, number: int, node: Node) -> None:
        raise NotImplementedError

    def write(self, batch: Batch) -> int:
        """Write what was read; return the rows written."""
        raise NotImplementedError

    def finish(self) -> int:
        """Do what needs the whole file; return the rows written."""
        return 0


class OrderLoader(Loader):
    """Orders and their lines."""

    def read_parent(self, node: Node) -> shapes.Order:
        return nodes.order(node, self.source)

    def parse_child(self, batch: Batch, number: int, node: Node) -> None:
        order = batch.parents.get(node["__parentId"])
        try:
            if order is None:
                batch.strays.append(nodes.line(node, gid(node["__parentId"]), self.source))
            else:
                batch.children.append(nodes.line(node, order.shopify_id, self.source, order))
        except Malformed as malformed:
            batch.refuse(number, malformed)

    def write(self, batch: Batch) -> int:
        orders = facts.unique(batch.parents.values())
        with connection.cursor() as cursor:
            written = facts.put(cursor, facts.ORDERS, orders, facts.EXPORT_WINS)
            checkouts.completed_by(cursor, [order for order in orders if order[:2] in written])
        privacy.cut_who_returned(orders)
        shop_id, lines = self.source.shop_id, batch.children
        if len(written) < len(orders):
            lines = [line for line in lines if (shop_id, line.order_id) in written]
        with connection.cursor() as cursor:
            facts.write_lines(cursor, lines, known=[key for key, is_new in written.items() if not is_new], whole=False)
        incomplete = {line.order_id for line in (*lines, *batch.strays) if line.current_quantity < line.quantity}
        strays = self.write_strays(batch.strays)
        self.ask_for_refunded(incomplete)
        return len(written) + len(lines) + strays

    def write_strays(self, lines: list[shapes.Line]) -> int:
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
        return int(cursor.rowcount)

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


class OrderIdLoader(Loader):
    """Which orders there are: what is known and listed no more was deleted, and its webhook was lost."""

    def __init__(self, run: SyncRun, source: Source) -> None:
        super().__init__(run, source)
        self.began_at = run.objects_done
        self.listed: set[int] = set()
        self.oldest: str | None = None

    def read_parent(self, node: Node) -> tuple[int, str]:
        return gid(node.get("id")), shapes.moment(node.get("createdAt"), "createdAt")

    def write(self, batch: Batch) -> int:
        for order_id, created_at in batch.parents.values():
            self.listed.add(order_id)
            if self.oldest is None or shapes.is_later(self.oldest, created_at):
                self.oldest = created_at
        return len(batch.parents)

    def finish(self) -> int:
        """Bury orders between the oldest that was listed and the read: of older ones the list may be silent."""
        if self.run.is_partial or self.run.lines_refused or self.began_at or self.oldest is None:
            return 0
        known = Order.objects.for_shop(self.run.shop_id).filter(deleted_at=None, updated_at__lt=self.source.read_at)
        held = known.filter(created_at__gte=self.oldest).values_list("shopify_id", flat=True)
        gone = set(held) - self.listed
        at, source = self.source.read_at, self.source.source_id
        if gone:
            facts.delete_orders([facts.Deletion(self.run.shop_id, order_id, at, source) for order_id in sorted(gone)])
        return len(gone)


class ProductLoader(Loader):
    """Products, variants, and what their inventory items add."""

    def __init__(self, run: SyncRun, source: Source) -> None:
        super().__init__(run, source)
        self.began_at = run.objects_done
        self.products: set[int] = set()
        self.variants: set[int] = set()

    def read_parent(self, node: Node) -> shapes.Product:
        return nodes.product(node, self.source)

    def parse_child(self, batch: Batch, number: int, node: Node) -> None:
        if nodes.is_part(node):
            batch.read(number, batch.parts, self.part, node)
            return
        batch.read(number, batch.children, self.variant, node)
        batch.read(number, batch.strays, nodes.item, node, self.source)

    def variant(self, node: Node) -> shapes.Variant:
        return nodes.variant(node, gid(node["__parentId"]), self.source)

    def part(self, node: Node) -> shapes.Part:
        return nodes.part(node, gid(node["__parentId"]), self.source)

    def write(self, batch: Batch) -> int:
        products = list(batch.parents.values())
        self.products |= {product.shopify_id for product in products}
        self.variants |= {variant.shopify_id for variant in batch.children}
        facts.write(facts.PRODUCTS, products, facts.FETCH_WINS)
        facts.write(facts.VARIANTS, batch.children, facts.FETCH_WINS)
        inventory.write_items(filter(None, batch.strays))
        bundles.write(batch.parts)
        return len(products) + len(batch.children)

    def finish(self) -> int:
        """Bury what a whole export does not list any more: a deletion whose webhook was missed; forget old parts."""
        bundles.forget(self.run.shop_id, self.variants, self.source.read_at)
        if self.run.since or self.run.is_partial or self.run.lines_refused or self.began_at:
            return 0
        buried = facts.bury_unlisted(facts.VARIANTS, self.run.shop_id, self.variants, self.source.read_at)
        return buried + facts.bury_unlisted(facts.PRODUCTS, self.run.shop_id, self.products, self.source.read_at)


class StockLoader(Loader):
    """Stock levels: children of inventory items, which say nothing themselves."""

    def parse_child(self, batch: Batch, number: int, node: Node) -> None:
        batch.read(number, batch.children, self.level, node)

    def level(self, node: Node) -> shapes.Stock:
        return nodes.stock(node, gid(node["__parentId"]), self.source)

    def write(self, batch: Batch) -> int:
        return inventory.replace_stock(batch.children)


class CheckoutLoader(Loader):
    """Abandoned checkouts; their lines are a column, so all of them wait for the end.

    Lines name their checkout by an id that its row does not have: what each id stands for waits with them.
    """

    def read_parent(self, node: Node) -> shapes.Checkout:
        return nodes.checkout(node, self.source)

    def parse_child(self, batch: Batch, number: int, node: Node) -> None:
        batch.read(number, batch.children, self.line, node)

    def line(self, node: Node) -> WaitingLine:
        content = nodes.checkout_line(node, self.source.currency)
        return WaitingLine(sync=self.run, order_id=gid(node["__parentId"]), line=content)

    def write(self, batch: Batch) -> int:
        own = [
            WaitingLine(sync=self.run, order_id=gid(parent), line={OWN_KEY: held.shopify_id})
            for parent, held in batch.parents.items()
        ]
        WaitingLine.objects.bulk_create([*own, *batch.children], batch_size=1000)
        return len(facts.write_checkouts(batch.parents.values(), facts.EXPORT_WINS))

    def finish(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(GATHER_CHECKOUT_LINES, [self.run.pk, self.run.pk, self.run.shop_id, self.source.source_id])
        return WaitingLine.objects.filter(sync=self.run).delete()[0]


OWN_KEY = "checkout"
GATHER_CHECKOUT_LINES = f"""
    UPDATE pipelines_checkout AS held SET lines = waiting.lines
    FROM (
        SELECT (own.line->>'{OWN_KEY}')::bigint AS key, gathered.lines
        FROM pipelines_waitingline AS own
        JOIN (SELECT order_id, jsonb_agg(line) AS lines FROM pipelines_waitingline
              WHERE sync_id = %s AND line->'{OWN_KEY}' IS NULL GROUP BY 1) AS gathered USING (order_id)
        WHERE own.sync_id = %s AND line->'{OWN_KEY}' IS NOT NULL
    ) AS waiting
    WHERE held.shop_id = %s AND held.source_id = %s AND held.shopify_id = waiting.key
"""

LOADERS: dict[str, type[Loader]] = {
    SyncRun.Kind.ORDERS: OrderLoader,
    SyncRun.Kind.PRODUCTS: ProductLoader,
    SyncRun.Kind.STOCK: StockLoader,
    SyncRun.Kind.CHECKOUTS: CheckoutLoader,
    SyncRun.Kind.ORDER_IDS: OrderIdLoader,
}
