"""Webhook bodies in the shape that the platform sends (REST admin shape of 2026-04 and later)."""

import hashlib
from datetime import datetime
from sqlite3 import Row
from typing import Any
from zoneinfo import ZoneInfo

from devstore.bundling import group_of_line
from devstore.discounts import applications
from devstore.fields import (
    checkout_lines,
    checkout_total,
    checkout_url,
    current_total,
    discounted,
    gid,
    order_total,
    plain,
)
from devstore.people import address, contact
from devstore.store import Store


class Letterhead:
    """Know the shop, and how it writes times and money."""

    def __init__(self, store: Store, shop: str) -> None:
        row = store.shop(shop)
        assert row is not None
        self.store, self.shop = store, row
        self.zone = ZoneInfo(row["timezone"])

    def time(self, moment: int | None) -> str | None:
        """Write a time with the shop's offset."""
        return None if moment is None else datetime.fromtimestamp(moment, self.zone).isoformat(timespec="seconds")

    def price_set(self, minor: int) -> dict[str, Any]:
        """Return an amount in shop and presentment money."""
        money = {"amount": plain(minor), "currency_code": self.shop["currency"]}
        return {"shop_money": money, "presentment_money": dict(money)}


class OrderBodies(Letterhead):
    """Write what is sent about orders, refunds and checkouts."""

    def order(self, number: int) -> dict[str, Any]:
        """Return the body of orders/create, updated, cancelled."""
        row = self.store.one("SELECT * FROM orders WHERE id = ?", number)
        assert row is not None
        lines = self.store.all("SELECT * FROM lines WHERE order_id = ? ORDER BY id", number)
        refunds = self.store.all("SELECT id FROM refunds WHERE order_id = ? ORDER BY id", number)
        who = contact(row["customer_id"] or -number)
        return {
            **self._order_head(row, who),
            **self._order_money(row, lines),
            "billing_address": address(who),
            "customer": self._customer(row, who),
            "discount_applications": applications(self.store.codes_of_order(number), lines),
            "fulfillments": [],
            "line_items": [self.line(line, row) for line in lines],
            "payment_terms": None,
            "refunds": [self.refund(refund["id"]) for refund in refunds],
            "shipping_address": address(who),
            "shipping_lines": [self._shipping(row)] if row["shipping"] else [],
            "returns": [],
            "line_item_groups": [
                self._group(group)
                for group in self.store.all("SELECT * FROM line_groups WHERE order_id = ? ORDER BY id", number)
            ],
        }

    def _order_head(self, row: Row, who: dict[str, str]) -> dict[str, Any]:
        token = hashlib.md5(str(row["id"]).encode()).hexdigest()
        empty = (
            "app_id", "cart_token", "client_details", "current_total_additional_fees_set", "current_total_duties_set",
            "device_id", "landing_site", "landing_site_ref", "location_id", "merchant_of_record_app_id", "note",
            "original_total_additional_fees_set", "original_total_duties_set", "phone", "po_number", "reference",
            "referring_site", "source_identifier", "source_url", "user_id",
        )  # fmt: skip
        return {
            **dict.fromkeys(empty),
            "id": row["id"],
            "admin_graphql_api_id": gid("Order", row["id"]),
            "browser_ip": "203.0.113.7",
            "buyer_accepts_marketing": False,
            "cancel_reason": row["cancel_reason"],
            "cancelled_at": self.time(row["cancelled_at"]),
            "checkout_token": self.store.checkout_token(row["id"]),
            "closed_at": self.time(row["closed_at"]),
            "confirmation_number": token[:9].upper(),
            "confirmed": True,
            "contact_email": who["email"],
            "created_at": self.time(row["created_at"]),
            "currency": self.shop["currency"],
            "customer_locale": "en-GB",
            "discount_codes": self._codes(self.store.codes_of_order(row["id"]), row["discounts"]),
            "duties_included": False,
            "email": who["email"],
            "estimated_taxes": False,
            "financial_status": row["financial_status"],
            "fulfillment_status": row["fulfillment_status"],
            "merchant_business_entity_id": "MTU0ODM4MDAwOQ",
            "name": f"#{row['number']}",
            "note_attributes": [dict(held) for held in self.store.order_attributes(row["id"])],
            "number": row["number"] - 1000,
            "order_number": row["number"],
            "order_status_url": f"https://{self.shop['domain']}/{self.shop['id']}/orders/{token}/authenticate?key={token}",
            "payment_gateway_names": ["bogus"],
            "presentment_currency": self.shop["currency"],
            "processed_at": self.time(row["created_at"]),
            "source_name": row["source"],
            "tags": "",
            "tax_exempt": False,
            "tax_lines": [],
            "taxes_included": True,
            "test": bool(row["test"]),
            "token": token,
            "total_weight": 0,
            "updated_at": self.time(row["updated_at"]),
        }

    def _order_money(self, row: Row, lines: list[Row]) -> dict[str, Any]:
        shipping = 0 if row["cancelled_at"] else row["shipping"]
        goods = sum(line["price"] * line["quantity"] for line in lines)
        amounts = {
            "current_subtotal_price": row["current_subtotal"],
            "current_total_discounts": 0 if row["cancelled_at"] else row["discounts"],
            "current_total_price": current_total(row),
            "current_total_tax": 0,
            "subtotal_price": row["subtotal"],
            "total_discounts": row["discounts"],
            "total_line_items_price": goods,
            "total_price": order_total(row),
            "total_tax": 0,
        }
        sets = {
            "current_shipping_price_set": shipping,
            "total_cash_rounding_payment_adjustment_set": 0,
            "total_cash_rounding_refund_adjustment_set": 0,
            "total_shipping_price_set": row["shipping"],
        }
        return {
            **{name: plain(value) for name, value in amounts.items()},
            **{f"{name}_set": self.price_set(value) for name, value in amounts.items()},
            **{name: self.price_set(value) for name, value in sets.items()},
            "total_outstanding": "0.00",
            "total_tip_received": "0.00",
        }

    def _customer(self, row: Row, who: dict[str, str]) -> dict[str, Any] | None:
        number = row["customer_id"]
        if number is None:
            return None
        home = address(who)
        names = {key: who[key] for key in ("first_name", "last_name", "email")}
        return {
            **dict.fromkeys(("created_at", "updated_at", "note", "multipass_identifier", "phone")),
            **names,
            "id": number,
            "state": "disabled",
            "verified_email": True,
            "tax_exempt": False,
            "currency": self.shop["currency"],
            "tax_exemptions": [],
            "admin_graphql_api_id": gid("Customer", number),
            "default_address": {
                **{key: value for key, value in home.items() if key not in ("latitude", "longitude")},
                "id": number + 1,
                "customer_id": number,
                "country_name": home["country"],
                "default": True,
            },
        }

    def line(self, line: Row, order: Row) -> dict[str, Any]:
        """Return one line item of an order."""
        open_units = 0 if order["fulfillment_status"] else line["current_quantity"]
        return {
            **self._line_core(line),
            "attributed_staffs": [],
            "current_quantity": line["current_quantity"],
            "fulfillable_quantity": open_units,
            "fulfillment_status": order["fulfillment_status"],
            "sales_line_item_group_id": group["id"] if (group := group_of_line(self.store, line["id"])) else None,
        }

    def _group(self, group: Row) -> dict[str, Any]:
        """Return a bundle that lines of an order were sold as."""
        return {
            "id": group["id"],
            "title": group["title"],
            "quantity": group["quantity"],
            "product_id": group["product_id"],
            "variant_id": group["variant_id"],
            "variant_sku": group["sku"],
            "properties": [],
        }

    def _line_core(self, line: Row) -> dict[str, Any]:
        known = line["variant_id"] is not None
        return {
            "id": line["id"],
            "admin_graphql_api_id": gid("LineItem", line["id"]),
            "fulfillable_quantity": 0,
            "fulfillment_service": "manual",
            "fulfillment_status": None,
            "gift_card": False,
            "grams": 0,
            "name": " - ".join(filter(None, (line["title"], line["variant_title"]))),
            "price": plain(line["price"]),
            "price_set": self.price_set(line["price"]),
            "product_exists": known,
            "product_id": line["product_id"],
            "properties": [],
            "quantity": line["quantity"],
            "requires_shipping": known,
            "sku": line["sku"],
            "taxable": True,
            "title": line["title"],
            "total_discount": plain(line["discount"]),
            "total_discount_set": self.price_set(line["discount"]),
            "variant_id": line["variant_id"],
            "variant_inventory_management": "shopify" if known else None,
            "variant_title": line["variant_title"],
            "vendor": line["vendor"],
            "tax_lines": [],
            "duties": [],
            "discount_allocations": self._allocations(line["discount"]),
        }

    def _allocations(self, off: int) -> list[dict[str, Any]]:
        """Say what is taken off a line, of the one discount that its order has."""
        told = {"amount": plain(off), "amount_set": self.price_set(off), "discount_application_index": 0}
        return [told] if off else []

    def _shipping(self, row: Row) -> dict[str, Any]:
        price = row["shipping"]
        return {
            **dict.fromkeys(("carrier_identifier", "code", "phone", "requested_fulfillment_service_id")),
            "id": row["id"] + 1,
            "current_discounted_price_set": self.price_set(price),
            "discounted_price": plain(price),
            "discounted_price_set": self.price_set(price),
            "is_removed": False,
            "price": plain(price),
            "price_set": self.price_set(price),
            "source": "shopify",
            "title": "Standard",
            "tax_lines": [],
            "discount_allocations": [],
        }

    def refund(self, number: int) -> dict[str, Any]:
        """Return the body of refunds/create."""
        row = self.store.one("SELECT * FROM refunds WHERE id = ?", number)
        assert row is not None
        lines = self.store.all("SELECT * FROM refund_lines WHERE refund_id = ? ORDER BY id", number)
        at = self.time(row["created_at"])
        return {
            "id": number,
            "order_id": row["order_id"],
            "created_at": at,
            "note": row["note"],
            "user_id": None,
            "processed_at": at,
            "duties": [],
            "total_duties_set": self.price_set(0),
            "return": None,
            "restock": any(line["restock_type"] != "no_restock" for line in lines),
            "refund_shipping_lines": [],
            "admin_graphql_api_id": gid("Refund", number),
            "order_adjustments": [],
            "refund_line_items": [self._refund_line(line) for line in lines],
            "transactions": [self._transaction(row)],
        }

    def _refund_line(self, row: Row) -> dict[str, Any]:
        line = self.store.one("SELECT * FROM lines WHERE id = ?", row["line_id"])
        assert line is not None
        return {
            "id": row["id"],
            "quantity": row["quantity"],
            "line_item_id": row["line_id"],
            "location_id": row["location_id"],
            "restock_type": row["restock_type"],
            "subtotal": row["subtotal"] / 100,
            "total_tax": 0,
            "subtotal_set": self.price_set(row["subtotal"]),
            "total_tax_set": self.price_set(0),
            "line_item": self._line_core(line),
        }

    def _transaction(self, row: Row) -> dict[str, Any]:
        empty = ("authorization", "location_id", "user_id", "device_id", "error_code", "amount_rounding")
        at, unsettled = self.time(row["created_at"]), {"amount": "0.0", "currency": "XXX"}
        return {
            **dict.fromkeys(empty),
            "id": row["id"] + 1,
            "order_id": row["order_id"],
            "kind": "refund",
            "gateway": "bogus",
            "status": "success",
            "message": "Bogus Gateway: Forced success",
            "created_at": at,
            "test": False,
            "parent_id": row["order_id"] + 2,
            "processed_at": at,
            "source_name": "web",
            "receipt": {},
            "amount": plain(row["amount"]),
            "currency": self.shop["currency"],
            "payment_id": f"r{row['id']}",
            "total_unsettled_set": {"presentment_money": unsettled, "shop_money": dict(unsettled)},
            "manual_payment_gateway": False,
            "admin_graphql_api_id": gid("OrderTransaction", row["id"] + 1),
        }

    def edit(self, order: int, moment: int, changes: dict[int, int]) -> dict[str, Any]:
        """Return the body of orders/edited."""
        added = [{"id": line, "delta": delta} for line, delta in changes.items() if delta > 0]
        removed = [{"id": line, "delta": -delta} for line, delta in changes.items() if delta < 0]
        none: dict[str, list] = {"additions": [], "removals": []}
        return {
            "order_edit": {
                "id": order + moment,
                "app_id": None,
                "created_at": self.time(moment),
                "committed_at": self.time(moment),
                "notify_customer": False,
                "order_id": order,
                "staff_note": "",
                "user_id": None,
                "line_items": {"additions": added, "removals": removed},
                "discounts": {"line_item": dict(none)},
                "shipping_lines": dict(none),
            }
        }

    def checkout(self, number: int) -> dict[str, Any]:
        """Return the body of checkouts/create and checkouts/update."""
        row = self.store.one("SELECT * FROM checkouts WHERE id = ?", number)
        assert row is not None
        who, goods = contact(row["customer_id"] or -number), checkout_total(row)
        used = self.store.discount_of(row["shop"], number)
        total, off = plain(goods - discounted(goods, used)), discounted(goods, used)
        reached = self.store.number("SELECT reached FROM checkout_steps WHERE checkout_id = ?", number)
        where = address(who) if reached else dict.fromkeys(address(who))
        empty = (
            "gateway", "landing_site", "note", "referring_site", "closed_at", "user_id", "location_id",
            "source_identifier", "source_url", "device_id", "phone", "source", "sms_marketing_phone", "total_duties",
            "reservation_token",
        )  # fmt: skip
        return {
            **dict.fromkeys(empty),
            "token": row["token"],
            "cart_token": row["token"][::-1],
            "email": who["email"],
            "buyer_accepts_marketing": False,
            "created_at": self.time(row["created_at"]),
            "updated_at": self.time(row["updated_at"]),
            "note_attributes": [],
            "shipping_lines": [{"title": "Standard", "code": "Standard", "price": "3.95"}] if reached > 1 else [],
            "taxes_included": True,
            "total_weight": 0,
            "currency": self.shop["currency"],
            "completed_at": self.time(row["completed_at"]),
            "customer_locale": "en-GB",
            "line_items": [self._checkout_line(line) for line in checkout_lines(row)],
            "name": f"#{number}",
            "abandoned_checkout_url": checkout_url(row),
            "discount_codes": self._codes([used["code"]] if used and used["code"] else [], off),
            "tax_lines": [],
            "source_name": "web",
            "presentment_currency": self.shop["currency"],
            "buyer_accepts_sms_marketing": False,
            "total_discounts": plain(off),
            "total_line_items_price": plain(goods),
            "total_price": total,
            "total_tax": "0.00",
            "subtotal_price": total,
            "billing_address": where,
            "shipping_address": where,
            "customer": self._customer(row, who),
        }

    def _codes(self, codes: list[str], off: int) -> list[dict[str, str]]:
        return [{"code": code, "amount": plain(off), "type": "percentage"} for code in codes]

    def _checkout_line(self, line: dict[str, Any]) -> dict[str, Any]:
        empty = ("destination_location_id", "origin_location_id", "properties", "user_id", "rank", "compare_at_price")
        price = plain(line["price"])
        return {
            **dict.fromkeys(empty),
            "applied_discounts": [],
            "discount_allocations": [],
            "key": line["id"],
            "fulfillment_service": "manual",
            "gift_card": False,
            "grams": 0,
            "presentment_title": line["title"],
            "presentment_variant_title": line["variant_title"],
            "product_id": line["product_id"],
            "quantity": line["quantity"],
            "requires_shipping": True,
            "sku": line["sku"],
            "tax_lines": [],
            "taxable": True,
            "title": line["title"],
            "variant_id": line["variant_id"],
            "variant_title": line["variant_title"],
            "variant_price": price,
            "vendor": line["vendor"],
            "unit_price_measurement": dict.fromkeys(
                ("measured_type", "quantity_value", "quantity_unit", "reference_value", "reference_unit")
            ),
            "line_price": plain(line["price"] * line["quantity"]),
            "price": price,
        }
