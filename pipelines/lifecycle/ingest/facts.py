"""Write facts by whole batches: COPY into a temporary table, then one statement in which the newest state wins.

Rows are written in the order of their keys: two drains that write the same ones wait for each other, and never in a
circle. The order of truth is Shopify's `updated_at`, then the source. Sources of one moment rank: read by id
(`fetch:…`) over webhooks (their id) over exports (`export:…`), as each tells more than the one after it.
Two webhooks that contradict each other at one moment ask for the thing to be read again.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from pipelines.lifecycle.ingest import checkouts
from pipelines.lifecycle.ingest.sql import rows
from pipelines.lifecycle.ingest.sql.sets import Key, among, arrays
from pipelines.shopify.reading import shapes
from pipelines.shopify.reading.shapes import EPOCH, is_later

TRIES = 3  # to write new things before somebody else does
COPY_BYTES = 1 << 24  # in one piece: between pieces a busy parser would keep us waiting
Taken = set[tuple[int, int, str]]  # and the source whose state we took over

# When what arrived (excluded) replaces what is known (old). The unknown is always written.
NEWER = "excluded.updated_at > old.updated_at"
SAME_TIME = "excluded.updated_at = old.updated_at"
WEBHOOK_WINS = (
    f"{NEWER} OR ({SAME_TIME} AND (old.source_id LIKE 'export:%'"
    " OR (old.source_id NOT LIKE 'fetch:%' AND excluded.source_id > old.source_id)))"
)
EXPORT_WINS = f"{NEWER} OR ({SAME_TIME} AND old.source_id LIKE 'export:%')"
FETCH_WINS = f"{NEWER} OR {SAME_TIME}"
ALWAYS = "true"
CONTRADICTS = f"{SAME_TIME} AND old.content_hash <> excluded.content_hash"


@dataclass(frozen=True)
class Table:
    """A table of facts with the shape that fills it."""

    name: str
    shape: type[NamedTuple]
    key: tuple[str, ...] = ("shop_id", "shopify_id")
    keeps: tuple[str, ...] = ()  # columns whose known value stands where none arrived
    first_stands: tuple[str, ...] = ()  # columns that never change once known
    forgotten: str = "false"  # of which rows nobody's name is kept, whatever arrives
    resurrects: bool = False  # a newer state than the tombstone's brings the thing back
    may_be_read_again: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        return self.shape._fields

    @property
    def assignments(self) -> str:
        values = [column for column in self.columns if column not in self.key]
        kept = {
            name: f"CASE WHEN {self.forgotten} THEN NULL ELSE coalesce(excluded.{name}, old.{name}) END"
            for name in self.keeps
        }
        kept |= {name: f"coalesce(old.{name}, excluded.{name})" for name in self.first_stands}
        parts = [f"{name} = {kept.get(name, f'excluded.{name}')}" for name in values]
        parts += ["deleted_at = NULL"] * self.resurrects
        parts += [
            f"fetch_due_at = CASE WHEN {CONTRADICTS} THEN {our_time()} ELSE old.fetch_due_at END"
        ] * self.may_be_read_again
        return ", ".join(parts)


ORDERS = Table(
    "pipelines_order",
    shapes.Order,
    keeps=("customer_ref", "checkout_key"),
    first_stands=("unit",),
    forgotten="old.unit = ''",
    resurrects=True,
    may_be_read_again=True,
)
LINES = Table(
    "pipelines_orderline",
    shapes.Line,
    key=("shop_id", "line_id"),
    keeps=("group_id", "group_variant_id", "group_product_id", "group_quantity"),  # not each door tells the bundle
)
PRODUCTS = Table("pipelines_product", shapes.Product, resurrects=True, may_be_read_again=True)
VARIANTS = Table("pipelines_variant", shapes.Variant, keeps=("requires_components",), resurrects=True)
PARTS = Table("pipelines_bundlepart", shapes.Part, key=("shop_id", "bundle_id", "part_id"))
LOCATIONS = Table("pipelines_location", shapes.Location, resurrects=True)
CHECKOUTS = Table(
    "pipelines_checkout",
    shapes.Checkout,
    keeps=("completed_at",),
    first_stands=("first_minor", "first_lines", "first_units", "steps"),
    resurrects=True,
)
REFUNDS = Table("pipelines_refund", shapes.Refund)
STOCK = Table("pipelines_stocklevel", shapes.Stock, key=("shop_id", "inventory_item_id", "location_id", "updated_at"))
ITEMS = Table("pipelines_variant", shapes.Item)


@contextmanager
def staged(cursor: Any, table: Table, facts: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Copy facts into a temporary table for as long as the block runs; give its name."""
    name, columns = f"incoming_{table.shape.__name__.lower()}", ", ".join(table.columns)
    cursor.execute(f"CREATE TEMP TABLE {name} ON COMMIT DROP AS SELECT {columns} FROM {table.name} WITH NO DATA")
    copy(cursor, name, table, facts)
    yield name
    cursor.execute(f"DROP TABLE {name}")


def copy(cursor: Any, name: str, table: Table, facts: Iterable[Sequence[Any]]) -> None:
    """Append facts to a table of that name."""
    statement = f"COPY {name} ({', '.join(table.columns)}) FROM STDIN WITH ({rows.OPTIONS})"
    with connection.wrap_database_errors:
        cursor.cursor.copy_expert(statement, io.BytesIO(rows.as_csv(facts)), size=COPY_BYTES)


def merge(cursor: Any, table: Table, incoming: str, wins: str, returning: bool = True) -> dict[Key, bool]:
    """Move staged facts into their table where they win; return their keys, and whether each was new to us."""
    columns, key = ", ".join(table.columns), ", ".join(table.key)
    cursor.execute(
        f"INSERT INTO {table.name} AS old ({columns}) SELECT {columns} FROM {incoming} ORDER BY {key}"
        f" ON CONFLICT ({key}) DO UPDATE SET {table.assignments} WHERE {wins}"
        + f" RETURNING {', '.join(table.key[:2])}, (xmax = 0)"
        * returning
    )
    if not returning:
        return {}
    return {(shop_id, shopify_id): is_new for shop_id, shopify_id, is_new in cursor.fetchall()}


@transaction.atomic
def write(table: Table, facts: Iterable[Any], wins: str) -> Taken:
    """Write things that stand alone; return those whose state we took over."""
    newest, _ = newest_of((fact,) for fact in facts)
    if not newest:
        return set()
    with connection.cursor() as cursor, staged(cursor, table, (newest[key][0] for key in sorted(newest))) as incoming:
        return sources(newest, merge(cursor, table, incoming, wins))


@transaction.atomic
def write_checkouts(found: Iterable[shapes.Checkout], wins: str) -> Taken:
    """Write checkouts with each of their steps, also older ones, and complete those whose order is known already."""
    told = list(found)
    taken = write(CHECKOUTS, told, wins)
    with connection.cursor() as cursor:
        checkouts.gather_steps(cursor, told)
        checkouts.completed(cursor, [key[:2] for key in taken])
    return taken


@transaction.atomic
def write_orders(orders: Iterable[shapes.OrderWithLines], wins: str) -> Taken:
    """Write orders with all their lines; return those whose state we took over."""
    newest, contested = newest_of(orders)
    if not newest:
        return set()
    with connection.cursor() as cursor:
        written = put(cursor, ORDERS, [newest[key].order for key in sorted(newest)], wins)
        checkouts.completed_by(cursor, [newest[key].order for key in written])
        mark_due(cursor, ORDERS, contested)
        lines = [line for key in sorted(written) for line in newest[key].lines]
        write_lines(cursor, lines, known=[key for key, is_new in written.items() if not is_new], whole=True)
    return sources(newest, written)


def write_lines(cursor: Any, lines: Sequence[shapes.Line], known: Collection[Key], whole: bool) -> None:
    """Write the lines of orders, of which some were known before; `whole` says that all of their lines are here."""
    if not known and copied(cursor, LINES, lines):
        return
    with staged(cursor, LINES, unique(lines)) as incoming:
        if whole:
            remove_unlisted_lines(cursor, incoming, known)
        merge(cursor, LINES, incoming, ALWAYS, returning=False)


def put(cursor: Any, table: Table, facts: Sequence[Any], wins: str) -> dict[Key, bool]:
    """Merge what is known, then copy what nobody knows yet, which is much quicker; return as `merge` does.

    Everybody locks known things before new ones, each in the order of keys. Where somebody else was quicker with a
    new one, what was locked is let go and all begins again.
    """
    for _ in range(TRIES):
        known = known_keys(cursor, table, facts)
        fresh = [fact for fact in facts if fact[:2] not in known]
        try:
            with transaction.atomic():
                written = merge_known(cursor, table, [fact for fact in facts if fact[:2] in known], wins)
                if fresh:
                    copy(cursor, table.name, table, fresh)
        except IntegrityError:
            continue
        return dict.fromkeys((fact[:2] for fact in fresh), True) | written
    return merge_known(cursor, table, facts, wins)


def merge_known(cursor: Any, table: Table, facts: Sequence[Any], wins: str) -> dict[Key, bool]:
    """Merge facts, and have read again what contradicts what we have."""
    if not facts:
        return {}
    with staged(cursor, table, facts) as incoming:
        merged = merge(cursor, table, incoming, wins)
        if len(merged) < len(facts):
            mark_contradictions(cursor, table, incoming)
    return merged


def known_keys(cursor: Any, table: Table, facts: Sequence[Any]) -> set[Key]:
    """Return which of the things we have."""
    if not facts:
        return set()
    cursor.execute(
        f"SELECT shop_id, shopify_id FROM {table.name} WHERE {among('shopify_id')}", arrays(f[:2] for f in facts)
    )
    return set(cursor.fetchall())


def copied(cursor: Any, table: Table, facts: Iterable[Any]) -> bool:
    """Append facts that nobody can have written before, which is quicker; say no where one is there all the same."""
    try:
        with transaction.atomic():
            copy(cursor, table.name, table, facts)
    except IntegrityError:
        return False
    return True


@transaction.atomic
def write_products(products: Iterable[shapes.ProductWithVariants], wins: str) -> Taken:
    """Write products with their variants; return those whose state we took over."""
    newest, contested = newest_of(products)
    if not newest:
        return set()
    with connection.cursor() as cursor:
        written = put(cursor, PRODUCTS, [newest[key].product for key in sorted(newest)], wins)
        mark_due(cursor, PRODUCTS, contested | {key for key in written if not newest[key].is_whole})
        variants = unique(variant for key in written for variant in newest[key].variants)
        with staged(cursor, VARIANTS, variants) as incoming:
            merge(cursor, VARIANTS, incoming, FETCH_WINS)
            bury_unlisted_variants(cursor, incoming, [key for key in written if newest[key].is_whole])
    return sources(newest, written)


def sources(newest: dict[Key, Any], written: Iterable[Key]) -> Taken:
    """Say of each thing written which source's state it has now."""
    return {(*key, newest[key][0].source_id) for key in written}


def newest_of(things: Iterable[Any]) -> tuple[dict[Key, Any], set[Key]]:
    """Keep the newest state of each thing of a batch; name those that are told differently of one moment."""
    newest: dict[Key, Any] = {}
    contested: set[Key] = set()
    for thing in things:
        fact = thing[0]
        key = (fact[0], fact[1])
        known = newest.get(key)
        if known is None or comes_after(fact, known[0]):
            newest[key] = thing
        if known is not None and contradicts(fact, known[0]):
            contested.add(key)
    return newest, contested


def comes_after(fact: Any, known: Any) -> bool:
    """Say whether a state comes after another in the order of truth."""
    if is_later(fact.updated_at, known.updated_at):
        return True
    return not is_later(known.updated_at, fact.updated_at) and fact.source_id > known.source_id


def contradicts(fact: Any, known: Any) -> bool:
    """Say whether two webhooks tell different things of one moment."""
    if getattr(fact, "content_hash", None) == getattr(known, "content_hash", None):
        return False
    return not is_later(fact.updated_at, known.updated_at) and not is_later(known.updated_at, fact.updated_at)


def unique(facts: Iterable[Any]) -> list[Any]:
    """Keep one of each: an id that is listed twice would stop the whole batch."""
    return list({fact[:2]: fact for fact in facts}.values())


def mark_contradictions(cursor: Any, table: Table, incoming: str) -> None:
    """Ask for what a webhook that lost tells differently than the one that won of that moment to be read again."""
    cursor.execute(
        f"UPDATE {table.name} AS old SET fetch_due_at = {our_time()} FROM {incoming} AS new"
        " WHERE old.shop_id = new.shop_id AND old.shopify_id = new.shopify_id AND old.updated_at = new.updated_at"
        " AND old.content_hash <> new.content_hash"
    )


def mark_due(cursor: Any, table: Table, keys: Collection[Key]) -> None:
    """Ask for things to be read again from Shopify."""
    if keys:
        cursor.execute(f"UPDATE {table.name} SET fetch_due_at = {our_time()} WHERE {among('shopify_id')}", arrays(keys))


def remove_unlisted_lines(cursor: Any, incoming: str, orders: Collection[Key]) -> None:
    """Delete the lines of known orders that are listed no more."""
    if orders:
        cursor.execute(
            f"DELETE FROM pipelines_orderline AS old WHERE {among('order_id')} AND NOT EXISTS ("
            f"SELECT FROM {incoming} AS new WHERE new.shop_id = old.shop_id AND new.line_id = old.line_id)",
            arrays(orders),
        )


def bury_unlisted_variants(cursor: Any, incoming: str, products: Collection[Key]) -> None:
    """Leave a tombstone for variants that their product lists no more."""
    if products:
        cursor.execute(
            "UPDATE pipelines_variant AS old SET deleted_at = product.updated_at, updated_at = product.updated_at"
            " FROM pipelines_product AS product"
            " WHERE product.shop_id = old.shop_id AND product.shopify_id = old.product_id AND old.deleted_at IS NULL"
            f" AND old.updated_at <= product.updated_at AND {among('old.product_id', 'old.shop_id')} AND NOT EXISTS ("
            f"SELECT FROM {incoming} AS new WHERE new.shop_id = old.shop_id AND new.shopify_id = old.shopify_id)",
            arrays(products),
        )


def our_time() -> str:
    """Return the time as SQL: what the database calls now may be another, where the demo's clock was turned."""
    return f"timestamptz '{timezone.now().isoformat()}'"


def bury_unlisted(table: Table, shop_id: int, listed: Collection[int], before: str) -> int:
    """Leave tombstones for what a whole export did not list and nothing newer speaks of."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table.name} SET deleted_at = %s, updated_at = %s"
            " WHERE shop_id = %s AND deleted_at IS NULL AND updated_at < %s AND shopify_id <> ALL(%s)",
            [before, before, shop_id, before, list(listed)],
        )
        return int(cursor.rowcount)


class Deletion(NamedTuple):
    shop_id: int
    shopify_id: int
    at: str
    source_id: str


def delete(table: Table, stub: Any, deletions: Sequence[Deletion]) -> set[Key]:
    """Leave tombstones that no older state brings back; return those that were not outdated themselves."""
    with connection.cursor() as cursor:
        insert_stubs(cursor, table, [stub(gone.shop_id, gone.shopify_id) for gone in deletions])
        cursor.execute(
            f"UPDATE {table.name} AS old SET deleted_at = gone.at, updated_at = gone.at, source_id = gone.source_id"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::text[])"
            " AS gone(shop_id, shopify_id, at, source_id)"
            " WHERE old.shop_id = gone.shop_id AND old.shopify_id = gone.shopify_id AND old.updated_at <= gone.at"
            " RETURNING old.shop_id, old.shopify_id",
            arrays(deletions),
        )
        return set(cursor.fetchall())


def insert_stubs(cursor: Any, table: Table, stubs: Sequence[Any]) -> None:
    """Note things that we know nothing of but their id; they count as deleted until a state arrives."""
    columns = ", ".join(table.columns)
    with staged(cursor, table, unique(stubs)) as incoming:
        cursor.execute(
            f"INSERT INTO {table.name} ({columns}, deleted_at) SELECT {columns}, updated_at FROM {incoming}"
            " ON CONFLICT DO NOTHING"
        )


def unknown_order(shop_id: int, order_id: int) -> shapes.Order:
    """Return the stub of an order."""
    return shapes.Order(
        shop_id, order_id, EPOCH, "", "", EPOCH, EPOCH, None, False, "", "", "", "XXX", 0, 0, 0, 0, *[None] * 4
    )


def unknown_product(shop_id: int, product_id: int) -> shapes.Product:
    """Return the stub of a product."""
    return shapes.Product(shop_id, product_id, EPOCH, "", "", "", "", "archived", "[]", "", None, None, None)


@transaction.atomic
def delete_orders(deletions: Sequence[Deletion]) -> set[Key]:
    """Bury orders; their lines go, so that no sum can count them."""
    buried = delete(ORDERS, unknown_order, deletions)
    if buried:
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM pipelines_orderline WHERE {among('order_id')}", arrays(buried))
            cursor.execute(
                "UPDATE pipelines_order"
                " SET customer_ref = NULL, unit = CASE WHEN unit = '' THEN unit END, fetch_due_at = NULL"
                f" WHERE {among('shopify_id')}",
                arrays(buried),
            )
    return buried


@transaction.atomic
def delete_products(deletions: Sequence[Deletion]) -> set[Key]:
    """Bury products with their variants."""
    buried = delete(PRODUCTS, unknown_product, deletions)
    if buried:
        with connection.cursor() as cursor, staged(cursor, VARIANTS, []) as nothing:
            bury_unlisted_variants(cursor, nothing, buried)
    return buried


@transaction.atomic
def ask_for_orders(keys: Collection[Key]) -> None:
    """Mark orders for a re-fetch, also those that we have never seen."""
    if keys:
        with connection.cursor() as cursor:
            insert_stubs(cursor, ORDERS, [unknown_order(*key) for key in keys])
            mark_due(cursor, ORDERS, keys)


def analyze() -> None:
    """Tell the planner how large the tables have become; autovacuum would come too late for the next query."""
    with connection.cursor() as cursor:
        for table in (ORDERS, LINES, PRODUCTS, VARIANTS, STOCK):
            cursor.execute(f"ANALYZE {table.name}")


@transaction.atomic
def write_refunds(refunds: Sequence[shapes.Refund]) -> None:
    """Note refunds; what they changed comes with the order."""
    with connection.cursor() as cursor, staged(cursor, REFUNDS, unique(refunds)) as incoming:
        columns = ", ".join(REFUNDS.columns)
        cursor.execute(
            f"INSERT INTO {REFUNDS.name} ({columns}) SELECT {columns} FROM {incoming} ON CONFLICT DO NOTHING"
        )
