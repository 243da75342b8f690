"""What happens in the shop: orders are placed, cancelled, refunded and edited; stock and products change."""

import json
import random
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Row
from typing import Any

from devstore import bundling
from devstore.clock import now
from devstore.fields import discounted
from devstore.shop_payloads import Writer
from devstore.store import Store
from devstore.webhooks import Webhooks

FIRST_ORDER = 1001
CHANGEABLE = ("price", "cost", "sku", "compare_at", "continues")  # of a variant


class CannotTrade(Exception):
    """Something the shop cannot do, with a sentence."""


class Trade:
    """Change one shop and tell the app, all in one transaction."""

    def __init__(self, store: Store, webhooks: Webhooks, shop: str) -> None:
        if store.shop(shop) is None:
            raise CannotTrade(f"There is no shop {shop} here.")
        self.store, self.webhooks, self.shop = store, webhooks, shop
        self.writer = Writer(store, shop)

    @contextmanager
    def event(self) -> Iterator[str]:
        """Group the changes and deliveries of one merchant action."""
        with self.store.writing():
            yield str(uuid.uuid4())
        self.webhooks.wake()

    def tell(self, topic: str, body: dict[str, Any], event: str) -> None:
        """Queue a delivery, if the app is installed."""
        shop = self.store.shop(self.shop)
        if shop and shop["installed"]:
            self.webhooks.send(self.shop, topic, body, event)

    # Orders

    def place_order(
        self,
        wanted: list[dict[str, Any]],
        customer: int | None = None,
        test: bool = False,
        checkout: int | None = None,
        attributes: dict[str, str] | None = None,
    ) -> Row:
        """Place an order for the lines wanted, or for something at random."""
        with self.event() as event:
            lines = self._lines(wanted or self._random_lines())
            number = self._write_order(lines, customer, test, self.store.discount_of(self.shop, checkout))
            for name, value in (attributes or {}).items():
                self.store.insert("order_attributes", order_id=number, name=str(name), value=str(value))
            self._close_checkout(checkout, number, event)
            self.tell("orders/create", self.writer.order(number), event)
            for line in lines:
                for item, units in bundling.goods(self.store, line["variant"], line["quantity"]):
                    self._move_stock(item, -units, units, event)
        return self.order(number)

    def order(self, number: int) -> Row:
        """Return an order of this shop."""
        row = self.store.one("SELECT * FROM orders WHERE id = ? AND shop = ?", number, self.shop)
        if row is None:
            raise CannotTrade(f"There is no order {number}.")
        return row

    def _lines(self, wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
        lines = []
        for entry in wanted:
            quantity = int(entry.get("quantity", 1))
            variant = self.variant(int(str(entry["variant_id"]).rpartition("/")[2]))
            if quantity < 1:
                raise CannotTrade("A quantity must be at least 1.")
            for item, units in bundling.goods(self.store, variant, quantity):
                if self.available(item) < units and not variant["continues"]:
                    raise CannotTrade(f"Only {self.available(item)} of {variant['sku']} are left.")
            lines += bundling.lines_of(self.store, variant, quantity)
        return lines

    def variant(self, number: int) -> Row:
        """Return a variant of this shop, with its product's title and vendor."""
        row = self.store.one(
            "SELECT v.*, p.title product_title, p.vendor FROM variants v JOIN products p ON p.id = v.product_id "
            "WHERE v.id = ? AND v.shop = ?",
            number,
            self.shop,
        )
        if row is None:
            raise CannotTrade(f"There is no variant {number}.")
        return row

    def available(self, item: int) -> int:
        """Return the sellable units over all locations."""
        return self.store.number("SELECT sum(available) FROM levels WHERE item_id = ?", item)

    def _random_lines(self) -> list[dict[str, Any]]:
        sql = (
            "SELECT v.id FROM variants v JOIN products p ON p.id = v.product_id JOIN levels l ON l.item_id = v.item_id "
            "WHERE v.shop = ? AND p.status = 'active' AND l.available > 1 GROUP BY v.id ORDER BY random() LIMIT ?"
        )
        found = self.store.all(sql, self.shop, random.choice((1, 1, 2, 3)))
        if not found:
            raise CannotTrade("Everything is sold out.")
        return [{"variant_id": row["id"], "quantity": 1} for row in found]

    def _write_order(self, lines: list[dict[str, Any]], customer: int | None, test: bool, discount: Row | None) -> int:
        number, at = self.store.next_ids("order"), now()
        off = [discounted(line["money"], discount) for line in lines]
        subtotal = sum(line["money"] for line in lines) - sum(off)
        last = self.store.number("SELECT max(number) FROM orders WHERE shop = ?", self.shop) or FIRST_ORDER - 1
        self.store.insert(
            "orders", id=number, shop=self.shop, number=last + 1, customer_id=customer, created_at=at, updated_at=at,
            test=int(test), financial_status="paid", source="web", country="GB", subtotal=subtotal, discounts=sum(off),
            shipping=0 if subtotal >= 5000 else 395, refunded=0, current_subtotal=subtotal,
        )  # fmt: skip
        groups: dict[int, int] = {}
        for line, less in zip(lines, off, strict=True):
            written = self._write_line(number, line, less)
            if bundle := line["bundle"]:
                if id(bundle) not in groups:
                    groups[id(bundle)] = bundling.write_group(self.store, self.shop, number, bundle)
                self.store.insert("grouped_lines", line_id=written, group_id=groups[id(bundle)])
        return number

    def _write_line(self, order: int, line: dict[str, Any], discount: int) -> int:
        """Write a line; what does not go into whole prices of its units is taken off as a discount."""
        variant, number = self.variant(line["variant"]["id"]), self.store.next_ids("line")
        price = -(-line["money"] // line["quantity"])
        self.store.insert(
            "lines", id=number, shop=self.shop, order_id=order, variant_id=variant["id"],
            product_id=variant["product_id"], sku=variant["sku"], title=variant["product_title"],
            variant_title=None if variant["title"] == "Default Title" else variant["title"], vendor=variant["vendor"],
            quantity=line["quantity"], current_quantity=line["quantity"], price=price,
            discount=discount + price * line["quantity"] - line["money"],
        )  # fmt: skip
        return number

    def cancel(self, number: int, reason: str = "customer") -> Row:
        """Cancel an order that has not left: money back, stock back."""
        order = self.order(number)
        if order["cancelled_at"] or order["fulfillment_status"]:
            raise CannotTrade("The order is already fulfilled or cancelled.")
        with self.event() as event:
            refund = self._refund(order, self._open_lines(number), "cancel", event)
            self.store.db.execute(
                "UPDATE orders SET cancelled_at = ?, cancel_reason = ?, closed_at = ?, updated_at = ?, refunded = ?, "
                "current_subtotal = 0, financial_status = 'refunded' WHERE id = ?",
                (now(), reason, now(), now(), order["subtotal"] + order["shipping"], number),
            )
            self.tell("refunds/create", self.writer.refund(refund), event)
            self.tell("orders/cancelled", self.writer.order(number), event)
            self.tell("orders/updated", self.writer.order(number), event)
        return self.order(number)

    def refund(self, number: int, wanted: dict[int, int] | None = None) -> Row:
        """Take units back from a buyer; without a choice, one unit of the first line."""
        order, lines = self.order(number), self._open_lines(number)
        if not lines:
            raise CannotTrade("Nothing of this order is left to refund.")
        wanted = wanted or {lines[0]["id"]: 1}
        units = {line["id"]: min(wanted.get(line["id"], 0), line["current_quantity"]) for line in lines}
        chosen = [line for line in lines if units[line["id"]] > 0]
        if not chosen:
            raise CannotTrade("None of these lines can be refunded.")
        with self.event() as event:
            how = "return" if order["fulfillment_status"] else "cancel"
            refund = self._refund(order, chosen, how, event, units)
            amount = self.store.number("SELECT amount FROM refunds WHERE id = ?", refund)
            whole = order["refunded"] + amount >= order["subtotal"] + order["shipping"]
            self.store.db.execute(
                "UPDATE orders SET refunded = refunded + ?, current_subtotal = current_subtotal - ?, updated_at = ?, "
                "financial_status = ? WHERE id = ?",
                (amount, amount, now(), "refunded" if whole else "partially_refunded", number),
            )
            self.tell("refunds/create", self.writer.refund(refund), event)
            self.tell("orders/updated", self.writer.order(number), event)
        return self.order(number)

    def _open_lines(self, order: int) -> list[Row]:
        return self.store.all("SELECT * FROM lines WHERE order_id = ? AND current_quantity > 0 ORDER BY id", order)

    def _refund(self, order: Row, lines: list[Row], how: str, event: str, units: dict[int, int] | None = None) -> int:
        """Write a refund of lines (in whole unless told otherwise) and put the units back."""
        refund, amount = self.store.next_ids("refund"), 0
        place = self.store.number("SELECT min(id) FROM locations WHERE shop = ?", self.shop)
        for line in lines:
            back = (units or {}).get(line["id"], line["current_quantity"])
            subtotal = round((line["price"] - line["discount"] / line["quantity"]) * back)
            amount += subtotal
            self.store.insert(
                "refund_lines", id=self.store.next_ids("refund_line"), shop=self.shop, refund_id=refund,
                line_id=line["id"], quantity=back, restock_type=how, location_id=place, subtotal=subtotal,
            )  # fmt: skip
            self.store.db.execute(
                "UPDATE lines SET current_quantity = current_quantity - ? WHERE id = ?", (back, line["id"])
            )
            for item, goods in self._goods(line, back):
                self._move_stock(item, goods, -goods if how == "cancel" else 0, event)
        amount += order["shipping"] if len(lines) and how == "cancel" and units is None else 0
        self.store.insert("refunds", id=refund, shop=self.shop, order_id=order["id"], created_at=now(), amount=amount)
        return refund

    def fulfill(self, number: int) -> Row:
        """Send an order out."""
        order = self.order(number)
        if order["cancelled_at"] or order["fulfillment_status"]:
            raise CannotTrade("The order is already fulfilled or cancelled.")
        with self.event() as event:
            self.store.db.execute(
                "UPDATE orders SET fulfillment_status = 'fulfilled', closed_at = ?, updated_at = ? WHERE id = ?",
                (now(), now(), number),
            )
            for line in self._open_lines(number):
                for item, units in self._goods(line, line["current_quantity"]):
                    self.store.db.execute(
                        "UPDATE levels SET committed = max(0, committed - ?) WHERE item_id = ? AND location_id = "
                        "(SELECT min(id) FROM locations WHERE shop = ?)",
                        (units, item, self.shop),
                    )
            self.tell("orders/updated", self.writer.order(number), event)
        return self.order(number)

    def edit(self, number: int, changes: dict[int, int] | None = None) -> Row:
        """Change the units of lines before fulfilment; without a choice, one more of the first."""
        order, lines = self.order(number), self._open_lines(number)
        if order["cancelled_at"] or order["fulfillment_status"] or not lines:
            raise CannotTrade("Only an open order can be edited.")
        changes = changes or {lines[0]["id"]: 1}
        with self.event() as event:
            for line in lines:
                delta = max(changes.get(line["id"], 0), -line["current_quantity"])
                if delta:
                    self._edit_line(line, delta, event)
            self.store.db.execute(
                "UPDATE orders SET edited = 1, updated_at = ?, current_subtotal = "
                "(SELECT coalesce(sum((price - discount / quantity) * current_quantity), 0) FROM lines "
                "WHERE order_id = ?) WHERE id = ?",
                (now(), number, number),
            )
            self.tell("orders/edited", self.writer.edit(number, now(), changes), event)
            self.tell("orders/updated", self.writer.order(number), event)
        return self.order(number)

    def _edit_line(self, line: Row, delta: int, event: str) -> None:
        self.store.db.execute(
            "UPDATE lines SET current_quantity = current_quantity + ?, quantity = max(quantity, current_quantity + ?) "
            "WHERE id = ?",
            (delta, delta, line["id"]),
        )
        for item, units in self._goods(line, delta):
            self._move_stock(item, -units, units, event)

    def _goods(self, line: Row, units: int) -> list[tuple[int, int]]:
        """Return the inventory items of so many units of a line, whose variant may be gone."""
        variant = self.store.one("SELECT id, item_id FROM variants WHERE id = ?", line["variant_id"])
        return bundling.goods(self.store, variant, units)

    def delete_order(self, number: int) -> None:
        """Delete an order for good."""
        self.order(number)
        with self.event() as event:
            refunds = "(SELECT id FROM refunds WHERE order_id = ?)"
            self.store.db.execute(f"DELETE FROM refund_lines WHERE refund_id IN {refunds}", (number,))
            self.store.db.execute(
                "DELETE FROM grouped_lines WHERE group_id IN (SELECT id FROM line_groups WHERE order_id = ?)", (number,)
            )
            for table in ("refunds", "lines", "line_groups"):
                self.store.db.execute(f"DELETE FROM {table} WHERE order_id = ?", (number,))
            self.store.db.execute("DELETE FROM orders WHERE id = ?", (number,))
            self.tell("orders/delete", {"id": number}, event)

    # Checkouts

    def checkout(self, lines: list[dict[str, Any]], number: int | None = None) -> int:
        """Open a checkout with some lines, or change what lies in one."""
        rows = [(self.variant(int(line["variant_id"])), int(line["quantity"])) for line in lines]
        basket = [
            {"variant_id": v["id"], "product_id": v["product_id"], "sku": v["sku"], "title": v["product_title"],
             "variant_title": None if v["title"] == "Default Title" else v["title"], "vendor": v["vendor"],
             "quantity": units, "price": v["price"]}
            for v, units in rows
        ]  # fmt: skip
        with self.event() as event:
            topic = "checkouts/update" if number else "checkouts/create"
            if number:
                self.store.db.execute(
                    "UPDATE checkouts SET lines = ?, updated_at = ? WHERE id = ?", (json.dumps(basket), now(), number)
                )
            else:
                number = self.store.next_ids("checkout")
                self.store.insert(
                    "checkouts", id=number, shop=self.shop, token=secrets.token_hex(16), created_at=now(),
                    updated_at=now(), lines=json.dumps(basket),
                )  # fmt: skip
            self.tell(topic, self.writer.checkout(number), event)
        return number

    def _close_checkout(self, number: int | None, order: int, event: str) -> None:
        if number is None:
            return
        self.store.insert("order_checkouts", order_id=order, checkout_id=number)
        self.store.db.execute(
            "UPDATE checkouts SET completed_at = ?, updated_at = ? WHERE id = ?", (now(), now(), number)
        )
        self.tell("checkouts/update", self.writer.checkout(number), event)

    # Stock and products

    def _move_stock(self, item: int, available: int, committed: int, event: str) -> None:
        """Move units at the first location that can give them."""
        row = self.store.one(
            "SELECT location_id FROM levels WHERE item_id = ? ORDER BY available >= ? DESC, location_id LIMIT 1",
            item,
            -available,
        )
        if row is None:
            return
        self.store.db.execute(
            "UPDATE levels SET available = available + ?, committed = max(0, committed + ?), updated_at = ? "
            "WHERE item_id = ? AND location_id = ?",
            (available, committed, now(), item, row["location_id"]),
        )
        self.tell("inventory_levels/update", self.writer.level(item, row["location_id"]), event)

    def adjust_stock(
        self, variant: int, available: int | None = None, delta: int = 0, incoming: int | None = None
    ) -> int:
        """Set or change a variant's stock at its first location; return what can be sold."""
        item = self.variant(variant)["item_id"]
        change = delta if available is None else available - self.available(item)
        with self.event() as event:
            if incoming is not None:
                self.store.db.execute(
                    "UPDATE levels SET incoming = ? WHERE item_id = ? AND location_id = "
                    "(SELECT min(location_id) FROM levels WHERE item_id = ?)",
                    (incoming, item, item),
                )
            self._move_stock(item, change, 0, event)
        return self.available(item)

    def sell_out(self, variant: int) -> None:
        """Leave nothing of a variant at any location, and nothing on its way."""
        item = self.variant(variant)["item_id"]
        with self.event() as event:
            for row in self.store.all("SELECT location_id FROM levels WHERE item_id = ?", item):
                place = (item, row["location_id"])
                self.store.db.execute(
                    "UPDATE levels SET available = 0, incoming = 0, updated_at = ? "
                    "WHERE item_id = ? AND location_id = ?",
                    (now(), *place),
                )
                self.tell("inventory_levels/update", self.writer.level(*place), event)

    def change_variant(self, number: int, **changes: Any) -> None:
        """Change a variant's price, cost, SKU, or whether it sells on when nothing is left."""
        allowed = {name: value for name, value in changes.items() if name in CHANGEABLE}
        variant = self.variant(number)
        with self.event() as event:
            for name, value in allowed.items():
                self.store.db.execute(f"UPDATE variants SET {name} = ? WHERE id = ?", (value, number))
            for table, key in (("variants", number), ("products", variant["product_id"])):
                self.store.db.execute(f"UPDATE {table} SET updated_at = ? WHERE id = ?", (now(), key))
            self.tell("inventory_items/update", self.writer.item(number), event)
            self.tell("products/update", self.writer.product(variant["product_id"]), event)

    def bundle(self, number: int, parts: dict[int, int], is_listed_alone: bool = False) -> None:
        """Make a variant a bundle of so many of others; of none, it is no bundle any more."""
        product = self.variant(number)["product_id"]
        with self.event() as event:
            known = {self.variant(part)["id"]: quantity for part, quantity in parts.items()}
            bundling.keep(self.store, self.shop, number, known, is_listed_alone)
            for table, key in (("variants", number), ("products", product)):
                self.store.db.execute(f"UPDATE {table} SET updated_at = ? WHERE id = ?", (now(), key))
            self.tell("products/update", self.writer.product(product), event)

    def add_product(self, title: str, price: int, sku: str, units: int = 10) -> int:
        """Add a product with one variant."""
        product, variant, item = (self.store.next_ids(kind) for kind in ("product", "variant", "item"))
        with self.event() as event:
            self.store.insert(
                "products", id=product, shop=self.shop, title=title, handle=f"product-{product}", product_type="New",
                vendor="Northbeck", status="active", tags="", created_at=now(), updated_at=now(),
            )  # fmt: skip
            self.store.insert(
                "variants", id=variant, shop=self.shop, product_id=product, title="Default Title", sku=sku, price=price,
                cost=price // 2, position=1, tracked=1, item_id=item, created_at=now(), updated_at=now(),
            )  # fmt: skip
            for index, place in enumerate(
                self.store.all("SELECT id FROM locations WHERE shop = ? ORDER BY id", self.shop)
            ):
                self.store.insert(
                    "levels", item_id=item, location_id=place["id"], shop=self.shop, available=0 if index else units,
                    created_at=now(), updated_at=now(),
                )  # fmt: skip
            self.tell("products/create", self.writer.product(product), event)
        return variant

    def publish_product(self, number: int, is_published: bool) -> None:
        """Show a product in the online store, or show it no more."""
        with self.event() as event:
            self.store.db.execute("DELETE FROM unpublished_products WHERE product_id = ?", (number,))
            if not is_published:
                self.store.insert("unpublished_products", product_id=number)
            self.store.db.execute("UPDATE products SET updated_at = ? WHERE id = ?", (now(), number))
            self.tell("products/update", self.writer.product(number), event)

    def delete_product(self, number: int) -> None:
        """Delete a product with its variants; old order lines lose their link."""
        with self.event() as event:
            items = "(SELECT item_id FROM variants WHERE product_id = ?)"
            self.store.db.execute(f"DELETE FROM levels WHERE item_id IN {items}", (number,))
            self.store.db.execute("DELETE FROM variants WHERE product_id = ?", (number,))
            self.store.db.execute("DELETE FROM products WHERE id = ? AND shop = ?", (number, self.shop))
            self.tell("products/delete", {"id": number}, event)

    def rename_location(self, number: int, name: str) -> None:
        """Rename a location."""
        with self.event() as event:
            self.store.db.execute(
                "UPDATE locations SET name = ?, updated_at = ? WHERE id = ? AND shop = ?",
                (name, now(), number, self.shop),
            )
            self.tell("locations/update", self.writer.location(number), event)

    def change_shop(self, timezone: str | None = None, currency: str | None = None) -> None:
        """Change the shop's zone or currency."""
        with self.event() as event:
            self.store.db.execute(
                "UPDATE shops SET timezone = coalesce(?, timezone), currency = coalesce(?, currency) WHERE domain = ?",
                (timezone, currency, self.shop),
            )
            self.writer = Writer(self.store, self.shop)
            self.tell("shop/update", self.writer.shop_body(), event)
