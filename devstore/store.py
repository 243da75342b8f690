"""The store's memory: one SQLite file in the state folder, shared by every shop of the process."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from devstore import clock

TABLES = """
CREATE TABLE IF NOT EXISTS shops (
  domain TEXT PRIMARY KEY, id INTEGER UNIQUE, name TEXT, timezone TEXT, currency TEXT, country TEXT, plan TEXT,
  history_days INTEGER, optional_scopes TEXT DEFAULT '', installed INTEGER DEFAULT 1, seeded TEXT, created_at INTEGER);
CREATE TABLE IF NOT EXISTS locations (
  id INTEGER PRIMARY KEY, shop TEXT, name TEXT, active INTEGER, created_at INTEGER, updated_at INTEGER);
CREATE TABLE IF NOT EXISTS products (
  id INTEGER PRIMARY KEY, shop TEXT, title TEXT, handle TEXT, product_type TEXT, vendor TEXT, status TEXT,
  tags TEXT, created_at INTEGER, updated_at INTEGER);
CREATE TABLE IF NOT EXISTS unpublished_products (product_id INTEGER PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS variants (
  id INTEGER PRIMARY KEY, shop TEXT, product_id INTEGER, title TEXT, sku TEXT, price INTEGER, compare_at INTEGER,
  cost INTEGER, position INTEGER, tracked INTEGER, continues INTEGER DEFAULT 0, item_id INTEGER, created_at INTEGER,
  updated_at INTEGER);
CREATE TABLE IF NOT EXISTS components (
  id INTEGER PRIMARY KEY, shop TEXT, bundle_id INTEGER, variant_id INTEGER, quantity INTEGER);
CREATE INDEX IF NOT EXISTS components_of_bundle ON components (bundle_id);
CREATE TABLE IF NOT EXISTS bundles_listed_alone (variant_id INTEGER PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS line_groups (
  id INTEGER PRIMARY KEY, shop TEXT, order_id INTEGER, variant_id INTEGER, product_id INTEGER, sku TEXT, title TEXT,
  quantity INTEGER);
CREATE TABLE IF NOT EXISTS grouped_lines (line_id INTEGER PRIMARY KEY, group_id INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS groups_of_order ON line_groups (order_id);
CREATE TABLE IF NOT EXISTS levels (
  item_id INTEGER, location_id INTEGER, shop TEXT, available INTEGER, committed INTEGER DEFAULT 0,
  incoming INTEGER DEFAULT 0, created_at INTEGER, updated_at INTEGER, PRIMARY KEY (item_id, location_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS customers (id INTEGER PRIMARY KEY, shop TEXT, country TEXT, created_at INTEGER);
CREATE TABLE IF NOT EXISTS orders (
  id INTEGER PRIMARY KEY, shop TEXT, number INTEGER, customer_id INTEGER, created_at INTEGER, updated_at INTEGER,
  cancelled_at INTEGER, cancel_reason TEXT, closed_at INTEGER, test INTEGER, financial_status TEXT,
  fulfillment_status TEXT, source TEXT, country TEXT, subtotal INTEGER, discounts INTEGER, shipping INTEGER,
  refunded INTEGER, current_subtotal INTEGER, edited INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS order_attributes (
  order_id INTEGER, name TEXT, value TEXT, PRIMARY KEY (order_id, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lines (
  id INTEGER PRIMARY KEY, shop TEXT, order_id INTEGER, variant_id INTEGER, product_id INTEGER, sku TEXT, title TEXT,
  variant_title TEXT, vendor TEXT, quantity INTEGER, current_quantity INTEGER, price INTEGER, discount INTEGER);
CREATE TABLE IF NOT EXISTS refunds (
  id INTEGER PRIMARY KEY, shop TEXT, order_id INTEGER, created_at INTEGER, note TEXT, amount INTEGER);
CREATE TABLE IF NOT EXISTS refund_lines (
  id INTEGER PRIMARY KEY, shop TEXT, refund_id INTEGER, line_id INTEGER, quantity INTEGER, restock_type TEXT,
  location_id INTEGER, subtotal INTEGER);
CREATE TABLE IF NOT EXISTS lost_sales (
  shop TEXT, variant_id INTEGER, day TEXT, units INTEGER, PRIMARY KEY (variant_id, day)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS checkouts (
  id INTEGER PRIMARY KEY, shop TEXT, token TEXT UNIQUE, created_at INTEGER, updated_at INTEGER, completed_at INTEGER,
  customer_id INTEGER, lines TEXT);
CREATE TABLE IF NOT EXISTS checkout_steps (checkout_id INTEGER PRIMARY KEY, reached INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS checkout_discounts (checkout_id INTEGER PRIMARY KEY, code TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS order_checkouts (order_id INTEGER PRIMARY KEY, checkout_id INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tokens (
  access TEXT PRIMARY KEY, shop TEXT, kind TEXT, user TEXT, expires_at INTEGER, refresh TEXT UNIQUE,
  refresh_expires_at INTEGER, replaces TEXT, revoked INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS bulk_operations (
  id INTEGER PRIMARY KEY, shop TEXT, type TEXT, status TEXT, query TEXT, created_at INTEGER, completed_at INTEGER,
  error_code TEXT, objects INTEGER DEFAULT 0, roots INTEGER DEFAULT 0, file TEXT, file_size INTEGER);
CREATE TABLE IF NOT EXISTS metafields (
  id INTEGER PRIMARY KEY, shop TEXT, owner TEXT, namespace TEXT, key TEXT, type TEXT, value TEXT,
  created_at INTEGER, updated_at INTEGER, UNIQUE (owner, namespace, key));
CREATE TABLE IF NOT EXISTS metafield_definitions (
  id INTEGER PRIMARY KEY, shop TEXT, owner_type TEXT, namespace TEXT, key TEXT, name TEXT, type TEXT,
  description TEXT, UNIQUE (shop, owner_type, namespace, key));
CREATE TABLE IF NOT EXISTS deliveries (
  id INTEGER PRIMARY KEY, shop TEXT, topic TEXT, body BLOB, headers TEXT, due_at REAL, attempts INTEGER DEFAULT 0,
  state TEXT DEFAULT 'waiting', status INTEGER);
CREATE TABLE IF NOT EXISTS flow_runs (
  id INTEGER PRIMARY KEY, shop TEXT, handle TEXT, payload TEXT, at INTEGER);
CREATE TABLE IF NOT EXISTS web_pixels (id INTEGER PRIMARY KEY, shop TEXT UNIQUE, settings TEXT);
CREATE TABLE IF NOT EXISTS scenarios (
  shop TEXT PRIMARY KEY, name TEXT, seed INTEGER, first_day TEXT, played INTEGER);
CREATE TABLE IF NOT EXISTS arrivals (shop TEXT, variant_id INTEGER, due INTEGER, units INTEGER);
CREATE TABLE IF NOT EXISTS visits (
  shop TEXT, day TEXT, saw TEXT, slot TEXT, visitors INTEGER, orders INTEGER, units INTEGER, money INTEGER,
  orders_because INTEGER, units_because INTEGER, money_because INTEGER,
  PRIMARY KEY (shop, day, saw, slot)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS offered (
  shop TEXT, day TEXT, name TEXT, shown INTEGER, accepted INTEGER, orders INTEGER, orders_without INTEGER,
  chance REAL, chance_without REAL, money INTEGER, money_without INTEGER, given INTEGER, profit INTEGER,
  profit_without INTEGER, PRIMARY KEY (shop, day, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS visit_requests (
  shop TEXT, door TEXT, how TEXT, number INTEGER, PRIMARY KEY (shop, door, how)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS annotations (
  id INTEGER PRIMARY KEY, shop TEXT, title TEXT, description TEXT, type TEXT, started_at INTEGER, ended_at INTEGER,
  created_at INTEGER, updated_at INTEGER);
CREATE TABLE IF NOT EXISTS discounts (
  id INTEGER PRIMARY KEY, shop TEXT, code TEXT, percent INTEGER, kind TEXT, starts_at INTEGER, ends_at INTEGER,
  usage_limit INTEGER, used INTEGER, buyers TEXT);
CREATE TABLE IF NOT EXISTS automatic_discounts (shop TEXT PRIMARY KEY, title TEXT, percent INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS planned_discounts (
  id INTEGER PRIMARY KEY, shop TEXT, percent INTEGER, products TEXT, starts_at INTEGER, ends_at INTEGER,
  created_at INTEGER);
CREATE TABLE IF NOT EXISTS collections_on_sale (discount_id INTEGER, collection_id INTEGER, product_id INTEGER);
CREATE TABLE IF NOT EXISTS purchase_orders (
  id INTEGER PRIMARY KEY, shop TEXT, location_id INTEGER, ordered_at INTEGER, archived_at INTEGER, created_at INTEGER,
  lines TEXT);
CREATE TABLE IF NOT EXISTS lowered_prices (
  shop TEXT, variant_id INTEGER PRIMARY KEY, price INTEGER, compare_at INTEGER);
CREATE TABLE IF NOT EXISTS clock (id INTEGER PRIMARY KEY CHECK (id = 1), ahead REAL);
CREATE TABLE IF NOT EXISTS knobs (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS sequences (name TEXT PRIMARY KEY, value INTEGER);
CREATE INDEX IF NOT EXISTS products_of_shop ON products (shop, updated_at, id);
CREATE INDEX IF NOT EXISTS variants_of_product ON variants (product_id, position);
CREATE INDEX IF NOT EXISTS variants_of_shop ON variants (shop, updated_at, id);
CREATE INDEX IF NOT EXISTS variants_of_item ON variants (item_id);
CREATE INDEX IF NOT EXISTS orders_by_update ON orders (shop, updated_at, id);
CREATE INDEX IF NOT EXISTS orders_by_creation ON orders (shop, created_at, id);
CREATE INDEX IF NOT EXISTS lines_of_order ON lines (order_id);
CREATE INDEX IF NOT EXISTS refunds_of_order ON refunds (order_id);
CREATE INDEX IF NOT EXISTS refund_lines_of_refund ON refund_lines (refund_id);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due_at);
"""

FIRST_IDS = {
    "shop": 61_500_000_000,
    "location": 83_210_000_000,
    "product": 8_410_000_000_000,
    "variant": 45_120_000_000_000,
    "item": 47_130_000_000_000,
    "customer": 7_260_000_000_000,
    "order": 5_930_000_000_000,
    "line": 14_800_000_000_000,
    "refund": 930_000_000_000,
    "refund_line": 640_000_000_000,
    "checkout": 37_100_000_000_000,
    "bulk": 6_400_000_000_000,
    "metafield": 29_700_000_000_000,
    "definition": 12_900_000_000,
    "pixel": 1_290_000_000,
    "annotation": 5_400_000_000,
    "component": 7_100_000_000,
    "line_group": 142_000_000,
    "discount": 1_510_000_000_000,
    "purchase_order": 2_300_000_000,
    "order_number": 1000,
}


class Store:
    """Hold one connection per thread and one lock for writers."""

    def __init__(self, state: Path, files_origin: str = "") -> None:
        state.mkdir(parents=True, exist_ok=True)
        self.state, self.files_origin = state, files_origin
        self._local = threading.local()
        self._writing = threading.RLock()
        self.db.executescript(TABLES)
        for row in self.all("SELECT ahead FROM clock"):
            clock.go_on(row["ahead"])

    @property
    def db(self) -> sqlite3.Connection:
        """Return this thread's connection."""
        if not hasattr(self._local, "db"):
            self._local.db = self._connect()
        return self._local.db

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.state / "store.sqlite3", isolation_level=None, timeout=30)
        db.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-32000", "temp_store=MEMORY"):
            db.execute(f"PRAGMA {pragma}")
        return db

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Open one write transaction; nested calls join it."""
        with self._writing:
            if self.db.in_transaction:
                yield self.db
                return
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield self.db
            except BaseException:
                self.db.execute("ROLLBACK")
                raise
            self.db.execute("COMMIT")

    def one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """Return the first row, or None."""
        return self.db.execute(sql, values).fetchone()

    def number(self, sql: str, *values: Any) -> int:
        """Return the one number that a query asks for; nothing counts as 0."""
        row = self.db.execute(sql, values).fetchone()
        return int(row[0] or 0) if row else 0

    def all(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Return every row."""
        return self.db.execute(sql, values).fetchall()

    def is_published(self, product: int) -> bool:
        """Say whether the online store shows a product."""
        return self.one("SELECT 1 FROM unpublished_products WHERE product_id = ?", product) is None

    def checkout_token(self, order: int) -> str | None:
        """Return the token of the checkout that an order came out of; none where nobody went through one."""
        row = self.one(
            "SELECT token FROM checkouts JOIN order_checkouts ON checkout_id = checkouts.id WHERE order_id = ?", order
        )
        return row["token"] if row else None

    def discount_of(self, shop: str, checkout: int | None) -> sqlite3.Row | None:
        """Return the code that a checkout uses, and its percent, if any; else what is taken off by itself."""
        return self.one(
            "SELECT d.code, d.code AS title, d.percent FROM checkout_discounts u JOIN checkouts c "
            "ON c.id = u.checkout_id JOIN discounts d ON d.shop = c.shop AND d.code = u.code WHERE c.id = ? "
            "UNION ALL SELECT NULL, title, percent FROM automatic_discounts WHERE shop = ? LIMIT 1",
            checkout,
            shop,
        )

    def codes_of_order(self, order: int) -> list[str]:
        """Return the discount codes that an order's checkout used."""
        sql = "SELECT code FROM checkout_discounts JOIN order_checkouts USING (checkout_id) WHERE order_id = ?"
        return [row["code"] for row in self.all(sql, order)]

    def order_attributes(self, order: int) -> list[sqlite3.Row]:
        """Return what the buyer's cart carried along."""
        return self.all("SELECT name, value FROM order_attributes WHERE order_id = ? ORDER BY name", order)

    def insert(self, table: str, **values: Any) -> None:
        """Write one row."""
        marks = ", ".join("?" * len(values))
        with self.writing() as db:
            db.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", list(values.values()))

    def next_ids(self, kind: str, count: int = 1) -> int:
        """Reserve `count` ids in a row and return the first."""
        with self.writing() as db:
            row = db.execute("SELECT value FROM sequences WHERE name = ?", (kind,)).fetchone()
            first = row["value"] if row else FIRST_IDS[kind.partition(":")[0]] + 1
            db.execute("INSERT OR REPLACE INTO sequences VALUES (?, ?)", (kind, first + count))
            return first

    def shop(self, domain: str) -> sqlite3.Row | None:
        """Return the shop's row."""
        return self.one("SELECT * FROM shops WHERE domain = ?", domain)
