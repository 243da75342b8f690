"""Webhook bodies about goods, the shop itself, and the app."""

from sqlite3 import Row
from typing import Any

from devstore.bundling import is_bundle
from devstore.fields import barcode, gid, plain
from devstore.payloads import OrderBodies
from devstore.people import contact
from devstore.pictures import picture_url


class Writer(OrderBodies):
    """Write every body that the platform sends."""

    def product(self, number: int) -> dict[str, Any]:
        """Return the body of products/create and products/update."""
        row = self.store.one("SELECT * FROM products WHERE id = ?", number)
        assert row is not None
        variants = self.store.all("SELECT * FROM variants WHERE product_id = ? ORDER BY position", number)
        picture = picture_url(self.store.files_origin, number)
        return {
            "admin_graphql_api_id": gid("Product", number),
            "body_html": None,
            "created_at": self.time(row["created_at"]),
            "handle": row["handle"],
            "id": number,
            "product_type": row["product_type"],
            "published_at": self.time(row["created_at"]) if self.store.is_published(number) else None,
            "template_suffix": None,
            "title": row["title"],
            "updated_at": self.time(row["updated_at"]),
            "vendor": row["vendor"],
            "status": row["status"],
            "published_scope": "web",
            "tags": row["tags"],
            "variants": [self._variant(variant) for variant in variants],
            "options": [],
            "images": [],
            "image": {"src": picture} if picture else None,
            "media": [],
            "variant_gids": [
                {"admin_graphql_api_id": gid("ProductVariant", v["id"]), "updated_at": self.time(v["updated_at"])}
                for v in variants
            ],
            "has_variants_that_requires_components": any(is_bundle(self.store, v["id"]) for v in variants),
            "category": None,
        }

    def _variant(self, row: Row) -> dict[str, Any]:
        units = self.store.number("SELECT sum(available) FROM levels WHERE item_id = ?", row["item_id"])
        return {
            **dict.fromkeys(("option2", "option3", "image_id")),
            "barcode": barcode(row["id"]),
            "admin_graphql_api_id": gid("ProductVariant", row["id"]),
            "compare_at_price": plain(row["compare_at"]),
            "created_at": self.time(row["created_at"]),
            "id": row["id"],
            "inventory_policy": "continue" if row["continues"] else "deny",
            "position": row["position"],
            "price": plain(row["price"]),
            "product_id": row["product_id"],
            "sku": row["sku"],
            "taxable": True,
            "title": row["title"],
            "updated_at": self.time(row["updated_at"]),
            "option1": row["title"],
            "inventory_item_id": row["item_id"],
            "inventory_quantity": units,
            "old_inventory_quantity": units,
        }

    def level(self, item: int, location: int) -> dict[str, Any]:
        """Return the body of inventory_levels/update."""
        row = self.store.one("SELECT * FROM levels WHERE item_id = ? AND location_id = ?", item, location)
        assert row is not None
        return {
            "admin_graphql_api_id": f"gid://shopify/InventoryLevel/{location}?inventory_item_id={item}",
            "available": row["available"],
            "inventory_item_id": item,
            "location_id": location,
            "updated_at": self.time(row["updated_at"]),
        }

    def item(self, variant: int) -> dict[str, Any]:
        """Return the body of inventory_items/update."""
        row = self.store.one("SELECT * FROM variants WHERE id = ?", variant)
        assert row is not None
        return {
            **dict.fromkeys(("country_code_of_origin", "province_code_of_origin", "harmonized_system_code")),
            "id": row["item_id"],
            "sku": row["sku"],
            "created_at": self.time(row["created_at"]),
            "updated_at": self.time(row["updated_at"]),
            "requires_shipping": True,
            "cost": plain(row["cost"]),
            "tracked": bool(row["tracked"]),
            "country_harmonized_system_codes": [],
            "weight_value": 0,
            "weight_unit": "kg",
            "admin_graphql_api_id": gid("InventoryItem", row["item_id"]),
        }

    def location(self, number: int) -> dict[str, Any]:
        """Return the body of locations/update."""
        row = self.store.one("SELECT * FROM locations WHERE id = ?", number)
        assert row is not None
        return {
            **dict.fromkeys(("address2", "phone", "province", "province_code")),
            "id": number,
            "name": row["name"],
            "address1": "1 Mill Lane",
            "city": "Leeds",
            "zip": "LS1 4AP",
            "country": "GB",
            "created_at": self.time(row["created_at"]),
            "updated_at": self.time(row["updated_at"]),
            "country_code": "GB",
            "country_name": "United Kingdom",
            "legacy": False,
            "active": bool(row["active"]),
            "admin_graphql_api_id": gid("Location", number),
        }

    def shop_body(self) -> dict[str, Any]:
        """Return the body of shop/update and app/uninstalled."""
        shop, name = self.shop, "Morag Sinclair"
        empty = (
            "source", "latitude", "longitude", "address2", "taxes_included", "auto_configure_tax_inclusivity",
            "tax_shipping", "county_taxes", "google_apps_domain", "google_apps_login_enabled", "password_enabled",
            "province", "province_code",
        )  # fmt: skip
        return {
            **dict.fromkeys(empty),
            "id": shop["id"],
            "name": shop["name"],
            "email": "owner@northbeck.example",
            "domain": shop["domain"],
            "country": "GB",
            "address1": "1 Mill Lane",
            "zip": "LS1 4AP",
            "city": "Leeds",
            "phone": "0113 496 0000",
            "primary_locale": "en",
            "created_at": self.time(shop["created_at"]),
            "updated_at": self.time(shop["created_at"]),
            "country_code": "GB",
            "country_name": "United Kingdom",
            "currency": shop["currency"],
            "customer_email": "hello@northbeck.example",
            "timezone": f"(GMT) {shop['timezone']}",
            "iana_timezone": shop["timezone"],
            "shop_owner": name,
            "money_format": "{{amount}}",
            "money_with_currency_format": "{{amount}} " + shop["currency"],
            "weight_unit": "kg",
            "plan_display_name": shop["plan"],
            "plan_name": "basic",
            "has_discounts": False,
            "has_gift_cards": False,
            "myshopify_domain": shop["domain"],
            "money_in_emails_format": "{{amount}}",
            "money_with_currency_in_emails_format": "{{amount}} " + shop["currency"],
            "eligible_for_payments": True,
            "requires_extra_payments_agreement": False,
            "has_storefront": True,
            "finances": True,
            "primary_location_id": self.store.number("SELECT min(id) FROM locations WHERE shop = ?", shop["domain"]),
            "checkout_api_supported": True,
            "multi_location_enabled": True,
            "setup_required": False,
            "pre_launch_enabled": False,
            "enabled_presentment_currencies": [shop["currency"]],
            "marketing_sms_consent_enabled_at_checkout": False,
            "transactional_sms_disabled": False,
        }

    def scopes(self, previous: list[str], current: list[str], moment: int) -> dict[str, Any]:
        """Return the body of app/scopes_update."""
        return {
            "id": 1,
            "shop_id": gid("Shop", self.shop["id"]),
            "previous": previous,
            "current": current,
            "updated_at": self.time(moment),
        }

    def finished(self, row: Row) -> dict[str, Any]:
        """Return the body of bulk_operations/finish."""
        return {
            "admin_graphql_api_id": gid("BulkOperation", row["id"]),
            "completed_at": self.time(row["completed_at"]),
            "created_at": self.time(row["created_at"]),
            "error_code": row["error_code"] and row["error_code"].lower(),
            "status": row["status"].lower(),
            "type": row["type"].lower(),
        }

    def compliance(self, topic: str, customer: int, orders: list[int]) -> dict[str, Any]:
        """Return the body of a compliance topic."""
        head = {"shop_id": self.shop["id"], "shop_domain": self.shop["domain"]}
        if topic == "shop/redact":
            return head
        person = {"id": customer, "email": contact(customer)["email"], "phone": "0113 496 0001"}
        if topic == "customers/redact":
            return {**head, "customer": person, "orders_to_redact": orders}
        return {**head, "orders_requested": orders, "customer": person, "data_request": {"id": 9999}}
