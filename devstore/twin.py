"""A second store of the same merchant: the first one's catalogue under ids of its own, and a few orders."""

import random
from sqlite3 import Row
from typing import Any

from devstore.book import Book
from devstore.clock import now
from devstore.order_files.lines import WrongFile
from devstore.store import Store

DAY = 86_400
DAYS, ORDERS, MOST_LINES = 14, 20, 3
FREE_SHIPPING, SHIPPING = 5000, 395
IN_STOCK = """SELECT v.*, p.title AS product_title, p.vendor, p.status, coalesce(sum(l.available), 0) AS available
    FROM variants v JOIN products p ON p.id = v.product_id LEFT JOIN levels l ON l.item_id = v.item_id
    WHERE v.shop = ? GROUP BY v.id ORDER BY v.id"""


def model_of(store: Store, domain: str) -> Row:
    """Return the store that another is to be like, or refuse."""
    shop = store.shop(domain)
    if shop is None:
        raise WrongFile(f"There is no store {domain} yet whose catalogue a second one could have.")
    return shop


def fill_like(book: Book) -> dict[str, Any]:
    """Fill the book with the catalogue and the stock of another store, and a few orders of the last days."""
    luck = random.Random(book.plan.seed)
    products = _copy_products(book)
    variants = [_copy_variant(book, row, products) for row in book.store.all(IN_STOCK, book.plan.like)]
    sold = [variant for variant in variants if variant["status"] == "active"]
    moments = sorted(now() - luck.randrange(DAY // 24, DAYS * DAY) for _ in range(ORDERS if sold else 0))
    for moment in moments:
        _write_order(book, moment, luck.sample(sold, min(len(sold), luck.randint(1, MOST_LINES))))
    return {table: book.written[table] for table in ("orders", "lines", "variants", "products", "customers")}


def _copy_products(book: Book) -> dict[int, int]:
    """Write the products and return the new id of each."""
    known = {}
    for row in book.store.all("SELECT * FROM products WHERE shop = ? ORDER BY id", book.plan.like):
        known[row["id"]] = book.take("product")
        book.add("products", **{**row, "id": known[row["id"]], "shop": book.plan.shop})
    return known


def _copy_variant(book: Book, row: Row, products: dict[int, int]) -> dict[str, Any]:
    """Write a variant with its stock, and return what an order line says of it."""
    ids = {"id": book.take("variant"), "item_id": book.take("item"), "product_id": products[row["product_id"]]}
    copy = {**row, **ids, "shop": book.plan.shop}
    about = {name: copy.pop(name) for name in ("product_title", "vendor", "status", "available")}
    book.add("variants", **copy)
    book.stock(ids["item_id"], about["available"], 0, 0)
    return {**copy, **about}


def _write_order(book: Book, moment: int, variants: list[dict[str, Any]]) -> None:
    """Write a paid order that was sent at once, one unit of each variant."""
    order, subtotal = book.take("order"), sum(variant["price"] for variant in variants)
    book.add(
        "orders", id=order, number=book.take(f"order_number:{book.plan.shop}"), created_at=moment, updated_at=moment,
        closed_at=moment, test=0, financial_status="paid", fulfillment_status="fulfilled", source="web", country="GB",
        subtotal=subtotal, discounts=0, shipping=0 if subtotal >= FREE_SHIPPING else SHIPPING, refunded=0,
        current_subtotal=subtotal,
    )  # fmt: skip
    for variant in variants:
        book.add(
            "lines", id=book.take("line"), order_id=order, variant_id=variant["id"], product_id=variant["product_id"],
            sku=variant["sku"], title=variant["product_title"], vendor=variant["vendor"], quantity=1,
            variant_title=None if variant["title"] == "Default Title" else variant["title"], current_quantity=1,
            price=variant["price"], discount=0,
        )  # fmt: skip
