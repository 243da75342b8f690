"""How each field of the Admin API is read off a row; shared by the API and by bulk exports."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from sqlite3 import Row
from typing import Any
from zoneinfo import ZoneInfo

from devstore import clock
from devstore.bulk_files import signed_url
from devstore.bundling import groups_of_shop, is_bundle
from devstore.clock import now
from devstore.pictures import picture_url
from devstore.store import Store

Getter = Callable[[Any, "Context", dict[str, Any]], Any]


@dataclass
class Context:
    """Carry what a request may see: one shop, through the granted scopes."""

    store: Store
    shop: Row
    scopes: set[str]
    required: tuple[str, ...]
    optional: tuple[str, ...]
    origin: str
    app_name: str
    client_id: str
    _products: dict[int, Row | None] = field(default_factory=dict)
    _variants: dict[int, Row | None] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        """Return the shop's domain."""
        return self.shop["domain"]

    @property
    def oldest_order(self) -> int:
        """Return the time before which orders are hidden."""
        if "read_all_orders" in self.scopes:
            return 0
        return now() - (self.shop["history_days"] or 60) * 86_400

    def variant(self, number: int | None) -> Row | None:
        """Return a variant that still exists."""
        return self._cached(self._variants, "variants", number)

    def product(self, number: int | None) -> Row | None:
        """Return a product that still exists."""
        return self._cached(self._products, "products", number)

    @cached_property
    def groups(self) -> dict[int, Row]:
        """Return what lines were sold as one bundle, by line."""
        return groups_of_shop(self.store, self.shop["domain"])

    def _cached(self, cache: dict[int, Row | None], table: str, number: int | None) -> Row | None:
        if number is None:
            return None
        if number not in cache:
            cache[number] = self.store.one(f"SELECT * FROM {table} WHERE id = ?", number)
        return cache[number]


@lru_cache(maxsize=10_000)
def _day(number: int) -> str:
    return datetime.fromtimestamp(number * 86_400, UTC).strftime("%Y-%m-%d")


def iso(moment: int | None) -> str | None:
    """Write a time as the GraphQL API does."""
    if moment is None:
        return None
    day, second = divmod(moment, 86_400)
    return f"{_day(day)}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z"


def amount(minor: int | None) -> str | None:
    """Write minor units as the API's Decimal: "12.0", "12.5", "12.34"."""
    if minor is None:
        return None
    whole, cents = divmod(abs(minor), 100)
    text = f"{whole}.{cents:02d}"
    return ("-" if minor < 0 else "") + (text[:-1] if text.endswith("0") else text)


def plain(minor: int | None) -> str | None:
    """Write minor units as the Money scalar does, always with two places."""
    return None if minor is None else f"{minor / 100:.2f}"


def bag(minor: int, context: Context) -> dict[str, Any]:
    """Return a MoneyBag; shop and presentment currency are the same here."""
    money = {"amount": amount(minor), "currencyCode": context.shop["currency"]}
    return {"shopMoney": money, "presentmentMoney": money}


def gid(kind: str, number: Any) -> str:
    """Return a global id."""
    return f"gid://shopify/{kind}/{number}"


def number_of(global_id: str) -> int:
    """Return the number in a global id, or 0 for something else."""
    tail = global_id.rpartition("/")[2].partition("?")[0]
    return int(tail) if tail.isdigit() else 0


def _column(name: str) -> Getter:
    return lambda row, context, args: row[name]


def _time(name: str) -> Getter:
    return lambda row, context, args: iso(row[name])


def _flag(name: str) -> Getter:
    return lambda row, context, args: bool(row[name])


def _always(value: Any) -> Getter:
    return lambda row, context, args: value


def _id(kind: str) -> dict[str, Getter]:
    prefix = f"gid://shopify/{kind}/"
    return {"id": lambda row, context, args: f"{prefix}{row['id']}", "legacyResourceId": lambda r, c, a: str(r["id"])}


def _money(rule: Callable[[Any], int]) -> Getter:
    return lambda row, context, args: bag(rule(row), context)


def _tags(row: Row, context: Context, args: dict[str, Any]) -> list[str]:
    return [tag.strip() for tag in (row["tags"] or "").split(",") if tag.strip()]


SHOP: dict[str, Getter] = {
    "id": lambda row, context, args: gid("Shop", row["id"]),
    "name": _column("name"),
    "myshopifyDomain": _column("domain"),
    "ianaTimezone": _column("timezone"),
    "currencyCode": _column("currency"),
    "url": lambda row, context, args: f"https://{row['domain']}",
    "primaryDomain": lambda row, context, args: {
        "id": gid("Domain", row["id"]), "host": row["domain"], "url": f"https://{row['domain']}",
    },
    "plan": lambda row, context, args: {
        "publicDisplayName": row["plan"], "partnerDevelopment": False, "shopifyPlus": False,
    },
    "shopAddress": lambda row, context, args: {"id": gid("ShopAddress", row["id"]), "countryCodeV2": "GB"},
    "timezoneAbbreviation": lambda row, context, args: clock.moment(ZoneInfo(row["timezone"])).strftime("%Z"),
    "createdAt": _time("created_at"),
    "updatedAt": _time("created_at"),
}  # fmt: skip


def order_total(row: Row) -> int:
    """Return what the buyer was asked for."""
    return row["subtotal"] + row["shipping"]


def current_total(row: Row) -> int:
    """Return the total after cancellation, edits and refunds."""
    return row["current_subtotal"] + (0 if row["cancelled_at"] else row["shipping"])


def _units(column: str) -> Getter:
    def total(row: Row, context: Context, args: dict[str, Any]) -> int:
        return context.store.number(f"SELECT sum({column}) FROM lines WHERE order_id = ?", row["id"])

    return total


def _refunds(row: Row, context: Context, args: dict[str, Any]) -> list[Row]:
    if row["financial_status"] == "paid":
        return []
    found = context.store.all("SELECT * FROM refunds WHERE order_id = ? ORDER BY id", row["id"])
    return found[: args.get("first") or None]


ORDER: dict[str, Getter] = {
    **_id("Order"),
    "name": lambda row, context, args: f"#{row['number']}",
    "number": _column("number"),
    "createdAt": _time("created_at"),
    "processedAt": _time("created_at"),
    "updatedAt": _time("updated_at"),
    "cancelledAt": _time("cancelled_at"),
    "cancelReason": lambda row, context, args: row["cancel_reason"] and row["cancel_reason"].upper(),
    "closedAt": _time("closed_at"),
    "closed": lambda row, context, args: row["closed_at"] is not None,
    "checkoutToken": lambda row, context, args: context.store.checkout_token(row["id"]),
    "test": _flag("test"),
    "confirmed": _always(True),
    "edited": _flag("edited"),
    "displayFinancialStatus": lambda row, context, args: row["financial_status"].upper(),
    "displayFulfillmentStatus": lambda row, context, args: (row["fulfillment_status"] or "unfulfilled").upper(),
    "sourceName": _column("source"),
    "currencyCode": lambda row, context, args: context.shop["currency"],
    "presentmentCurrencyCode": lambda row, context, args: context.shop["currency"],
    "subtotalPriceSet": _money(lambda row: row["subtotal"]),
    "currentSubtotalPriceSet": _money(lambda row: row["current_subtotal"]),
    "totalPriceSet": _money(order_total),
    "currentTotalPriceSet": _money(current_total),
    "totalDiscountsSet": _money(lambda row: row["discounts"]),
    "currentTotalDiscountsSet": _money(lambda row: 0 if row["cancelled_at"] else row["discounts"]),
    "totalRefundedSet": _money(lambda row: row["refunded"]),
    "totalShippingPriceSet": _money(lambda row: row["shipping"]),
    "totalTaxSet": _money(lambda row: 0),
    "netPaymentSet": _money(lambda row: order_total(row) - row["refunded"]),
    "subtotalLineItemsQuantity": _units("quantity"),
    "currentSubtotalLineItemsQuantity": _units("current_quantity"),
    "customer": lambda row, context, args: (
        row["customer_id"] and context.store.one("SELECT * FROM customers WHERE id = ?", row["customer_id"])
    ),
    "refunds": _refunds,
    "tags": _always([]),
    "note": _always(None),
    "customAttributes": lambda row, context, args: [
        {"key": held["name"], "value": held["value"]} for held in context.store.order_attributes(row["id"])
    ],
    "discountCodes": lambda row, context, args: context.store.codes_of_order(row["id"]),
    "taxesIncluded": _always(True),
}

LINE: dict[str, Getter] = {
    "id": _id("LineItem")["id"],
    "sku": _column("sku"),
    "name": lambda row, context, args: " - ".join(filter(None, (row["title"], row["variant_title"]))),
    "title": _column("title"),
    "variantTitle": _column("variant_title"),
    "vendor": _column("vendor"),
    "quantity": _column("quantity"),
    "currentQuantity": _column("current_quantity"),
    "refundableQuantity": _column("current_quantity"),
    "originalUnitPriceSet": _money(lambda row: row["price"]),
    "originalTotalSet": _money(lambda row: row["price"] * row["quantity"]),
    "discountedUnitPriceSet": _money(lambda row: unit_price(row)),
    "discountedUnitPriceAfterAllDiscountsSet": _money(lambda row: unit_price(row)),
    "discountedTotalSet": _money(lambda row: row["price"] * row["quantity"] - row["discount"]),
    "totalDiscountSet": _money(lambda row: row["discount"]),
    "variant": lambda row, context, args: context.variant(row["variant_id"]),
    "product": lambda row, context, args: context.product(row["product_id"]),
    "requiresShipping": lambda row, context, args: row["variant_id"] is not None,
    "isGiftCard": _always(False),
    "taxable": _always(True),
    "customAttributes": _always([]),
    "lineItemGroup": lambda row, context, args: context.groups.get(row["id"]),
}

GROUP: dict[str, Getter] = {
    "id": lambda row, context, args: gid("LineItemGroup", row["id"]),
    "title": _column("title"),
    "quantity": _column("quantity"),
    "productId": lambda row, context, args: gid("Product", row["product_id"]),
    "variantId": lambda row, context, args: gid("ProductVariant", row["variant_id"]),
    "variantSku": _column("sku"),
    "customAttributes": _always([]),
}


def unit_price(line: Row) -> int:
    """Return what one unit of the line costs after its discounts."""
    return round(line["price"] - line["discount"] / line["quantity"]) if line["quantity"] else line["price"]


REFUND: dict[str, Getter] = {
    **_id("Refund"),
    "createdAt": _time("created_at"),
    "processedAt": _time("created_at"),
    "updatedAt": _time("created_at"),
    "note": _column("note"),
    "order": lambda row, context, args: context.store.one("SELECT * FROM orders WHERE id = ?", row["order_id"]),
    "totalRefundedSet": _money(lambda row: row["amount"]),
}

REFUND_LINE: dict[str, Getter] = {
    "id": _id("RefundLineItem")["id"],
    "lineItem": lambda row, context, args: context.store.one("SELECT * FROM lines WHERE id = ?", row["line_id"]),
    "location": lambda row, context, args: context.store.one(
        "SELECT * FROM locations WHERE id = ?", row["location_id"]
    ),
    "quantity": _column("quantity"),
    "restockType": lambda row, context, args: row["restock_type"].upper(),
    "restocked": lambda row, context, args: row["restock_type"] != "no_restock",
    "subtotalSet": _money(lambda row: row["subtotal"]),
}

_STOCK_OF_PRODUCT = "SELECT sum(available) FROM levels JOIN variants USING (item_id) WHERE variants.product_id = ?"


def _media(product: int, url: str | None) -> dict[str, Any] | None:
    preview = {"image": {"url": url}}
    return {"__typename": "MediaImage", "id": gid("MediaImage", product), "preview": preview} if url else None


PRODUCT: dict[str, Getter] = {
    **_id("Product"),
    "title": _column("title"),
    "handle": _column("handle"),
    "productType": _column("product_type"),
    "vendor": _column("vendor"),
    "status": lambda row, context, args: row["status"].upper(),
    "tags": _tags,
    "createdAt": _time("created_at"),
    "updatedAt": _time("updated_at"),
    "publishedAt": lambda row, context, args: iso(row["created_at"]) if context.store.is_published(row["id"]) else None,
    "featuredMedia": lambda row, context, args: _media(row["id"], picture_url(context.store.files_origin, row["id"])),
    "totalInventory": lambda row, context, args: context.store.number(_STOCK_OF_PRODUCT, row["id"]),
    "tracksInventory": _always(True),
    "isGiftCard": _always(False),
    "variantsCount": lambda row, context, args: {
        "count": context.store.number("SELECT count(*) FROM variants WHERE product_id = ?", row["id"]),
        "precision": "EXACT",
    },
}


def stock_of(context: Context, item: int) -> int:
    """Return the units that can be sold, over all locations."""
    return context.store.number("SELECT sum(available) FROM levels WHERE item_id = ?", item)


def barcode(variant: int) -> str:
    """Make up a barcode of thirteen digits, the last of which checks the others."""
    digits = f"2{variant % 10**11:011d}"
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-weighted % 10}"


VARIANT: dict[str, Getter] = {
    **_id("ProductVariant"),
    "title": _column("title"),
    "displayName": lambda row, context, args: f"{context.product(row['product_id'])['title']} - {row['title']}",
    "sku": _column("sku"),
    "barcode": lambda row, context, args: barcode(row["id"]),
    "price": lambda row, context, args: plain(row["price"]),
    "compareAtPrice": lambda row, context, args: plain(row["compare_at"]),
    "position": _column("position"),
    "taxable": _always(True),
    "availableForSale": lambda row, context, args: bool(row["continues"]) or stock_of(context, row["item_id"]) > 0,
    "inventoryPolicy": lambda row, context, args: "CONTINUE" if row["continues"] else "DENY",
    "inventoryQuantity": lambda row, context, args: stock_of(context, row["item_id"]),
    "inventoryItem": lambda row, context, args: row,
    "product": lambda row, context, args: context.product(row["product_id"]),
    "createdAt": _time("created_at"),
    "updatedAt": _time("updated_at"),
    "selectedOptions": lambda row, context, args: [{"name": "Title", "value": row["title"]}],
    "requiresComponents": lambda row, context, args: is_bundle(context.store, row["id"]),
}

COMPONENT: dict[str, Getter] = {
    "id": lambda row, context, args: gid("ProductVariantComponent", row["id"]),
    "quantity": _column("quantity"),
    "productVariant": lambda row, context, args: context.variant(row["variant_id"]),
}

# An inventory item has no table of its own: it is the stock side of a variant's row.
ITEM: dict[str, Getter] = {
    "id": lambda row, context, args: gid("InventoryItem", row["item_id"]),
    "legacyResourceId": lambda row, context, args: str(row["item_id"]),
    "sku": _column("sku"),
    "tracked": _flag("tracked"),
    "requiresShipping": _always(True),
    "unitCost": lambda row, context, args: (
        row["cost"] and {"amount": amount(row["cost"]), "currencyCode": context.shop["currency"]}
    ),
    "inventoryLevel": lambda row, context, args: context.store.one(
        "SELECT * FROM levels WHERE item_id = ? AND location_id = ?", row["item_id"], number_of(args["locationId"])
    ),
    "createdAt": _time("created_at"),
    "updatedAt": _time("updated_at"),
}

_QUANTITIES: dict[str, Callable[[Row], int]] = {
    "available": lambda row: row["available"],
    "committed": lambda row: row["committed"],
    "on_hand": lambda row: row["available"] + row["committed"],
    "incoming": lambda row: row["incoming"],
    "reserved": lambda row: 0,
    "damaged": lambda row: 0,
    "safety_stock": lambda row: 0,
    "quality_control": lambda row: 0,
}


def _quantities(row: Row, context: Context, args: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "id": f"gid://shopify/InventoryQuantity/{row['location_id']}?inventory_item_id={row['item_id']}&name={name}",
            "name": name,
            "quantity": _QUANTITIES[name](row),
            "updatedAt": iso(row["updated_at"]),
        }
        for name in args["names"]
        if name in _QUANTITIES
    ]


LEVEL: dict[str, Getter] = {
    "id": lambda row, context, args: (
        f"gid://shopify/InventoryLevel/{row['location_id']}?inventory_item_id={row['item_id']}"
    ),
    "item": lambda row, context, args: context.store.one("SELECT * FROM variants WHERE item_id = ?", row["item_id"]),
    "location": lambda row, context, args: context.store.one(
        "SELECT * FROM locations WHERE id = ?", row["location_id"]
    ),
    "isActive": _always(True),
    "quantities": _quantities,
    "createdAt": _time("created_at"),
    "updatedAt": _time("updated_at"),
}

LOCATION: dict[str, Getter] = {
    **_id("Location"),
    "name": _column("name"),
    "isActive": _flag("active"),
    "fulfillsOnlineOrders": _always(True),
    "shipsInventory": _always(True),
    "createdAt": _time("created_at"),
    "updatedAt": _time("updated_at"),
    "inventoryLevel": lambda row, context, args: context.store.one(
        "SELECT * FROM levels WHERE location_id = ? AND item_id = ?", row["id"], number_of(args["inventoryItemId"])
    ),
}

CUSTOMER: dict[str, Getter] = {
    **_id("Customer"),
    "numberOfOrders": lambda row, context, args: str(
        context.store.number("SELECT count(*) FROM orders WHERE customer_id = ?", row["id"])
    ),
    "createdAt": _time("created_at"),
    "updatedAt": _time("created_at"),
}


def checkout_lines(row: Row) -> list[dict[str, Any]]:
    """Return what lies in a checkout, each line with an id."""
    return [{"id": f"{row['token']}-{index}", **line} for index, line in enumerate(json.loads(row["lines"]))]


def checkout_total(row: Row) -> int:
    """Return the value of a checkout's goods."""
    return sum(line["price"] * line["quantity"] for line in checkout_lines(row))


def discounted(minor: int, discount: Row | None) -> int:
    """Return what a discount code takes off an amount."""
    return round(minor * discount["percent"] / 100) if discount else 0


def checkout_url(row: Row) -> str:
    """Return the address by which a checkout is taken up again."""
    return f"https://{row['shop']}/checkouts/ac/{row['token']}/recover?key={row['token'][::-1]}"


CHECKOUT: dict[str, Getter] = {
    "id": _id("AbandonedCheckout")["id"],
    "name": lambda row, context, args: f"#{row['id']}",
    "createdAt": _time("created_at"),
    "updatedAt": _time("updated_at"),
    "completedAt": _time("completed_at"),
    "abandonedCheckoutUrl": lambda row, context, args: checkout_url(row),
    "totalPriceSet": _money(checkout_total),
    "subtotalPriceSet": _money(checkout_total),
    "totalLineItemsPriceSet": _money(checkout_total),
    "totalDiscountSet": _money(lambda row: 0),
    "discountCodes": _always([]),
    "customer": ORDER["customer"],
    "taxesIncluded": _always(True),
}

CHECKOUT_LINE: dict[str, Getter] = {
    "id": _id("AbandonedCheckoutLineItem")["id"],
    "sku": _column("sku"),
    "title": _column("title"),
    "variantTitle": _column("variant_title"),
    "quantity": _column("quantity"),
    "originalUnitPriceSet": _money(lambda row: row["price"]),
    "originalTotalPriceSet": _money(lambda row: row["price"] * row["quantity"]),
    "discountedUnitPriceSet": _money(lambda row: row["price"]),
    "discountedTotalPriceSet": _money(lambda row: row["price"] * row["quantity"]),
    "variant": lambda row, context, args: context.variant(row["variant_id"]),
    "product": lambda row, context, args: context.product(row["product_id"]),
}


def digest(value: str) -> str:
    """Return what compareDigest is compared with."""
    return hashlib.sha256(value.encode()).hexdigest()


def full_namespace(namespace: str | None) -> str:
    """Resolve the app's reserved prefix."""
    if namespace is None or namespace == "$app":
        return "app--1"
    return namespace.replace("$app:", "app--1--", 1)


def _metafield(row: Row, context: Context, args: dict[str, Any]) -> Row | None:
    return context.store.one(
        "SELECT * FROM metafields WHERE owner = ? AND namespace = ? AND key = ?",
        owner_of(row, context),
        full_namespace(args.get("namespace")),
        args["key"],
    )


def owner_of(row: Any, context: Context) -> str:
    """Return the global id of the row that a metafield belongs to."""
    if isinstance(row, Row):
        if "item_id" in row.keys():  # noqa: SIM118 (a Row is no mapping)
            return gid("ProductVariant", row["id"])
        return gid("Product" if "handle" in row.keys() else "Location", row["id"])  # noqa: SIM118
    return row["id"]


METAFIELD: dict[str, Getter] = {
    **_id("Metafield"),
    "namespace": _column("namespace"),
    "key": _column("key"),
    "type": _column("type"),
    "value": _column("value"),
    "jsonValue": lambda row, context, args: _parsed(row["value"]),
    "compareDigest": lambda row, context, args: digest(row["value"]),
    "createdAt": _time("created_at"),
    "updatedAt": _time("updated_at"),
    "ownerType": lambda row, context, args: OWNER_TYPES.get(row["owner"].split("/")[3], "SHOP"),
}
OWNER_TYPES = {"Product": "PRODUCT", "ProductVariant": "PRODUCTVARIANT", "Location": "LOCATION",
               "AppInstallation": "API_PERMISSION"}  # fmt: skip


def _parsed(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _bulk_url(*states: str) -> Getter:
    return lambda row, context, args: (
        signed_url(context.origin, row) if row["status"] in states and row["objects"] else None
    )


BULK: dict[str, Getter] = {
    "id": _id("BulkOperation")["id"],
    "type": _column("type"),
    "status": _column("status"),
    "query": _column("query"),
    "createdAt": _time("created_at"),
    "completedAt": _time("completed_at"),
    "errorCode": _column("error_code"),
    "objectCount": lambda row, context, args: str(row["objects"]),
    "rootObjectCount": lambda row, context, args: str(row["roots"]),
    "fileSize": lambda row, context, args: None if row["file_size"] is None else str(row["file_size"]),
    "url": _bulk_url("COMPLETED"),
    "partialDataUrl": _bulk_url("FAILED", "CANCELED"),
}

INSTALLATION: dict[str, Getter] = {
    "id": _column("id"),
    "accessScopes": lambda row, context, args: [
        {"handle": scope, "description": scope.replace("_", " ")} for scope in row["scopes"]
    ],
    "app": lambda row, context, args: {
        "id": gid("App", 1), "handle": context.app_name, "title": context.app_name, "apiKey": context.client_id,
    },
    "launchUrl": lambda row, context, args: context.origin,
}  # fmt: skip

ANNOTATION: dict[str, Getter] = {
    "id": lambda row, context, args: gid("AnalyticsAnnotation", row["id"]),
    "source": lambda row, context, args: "APP",
    "startedAt": lambda row, context, args: iso(row["started_at"]),
    "endedAt": lambda row, context, args: iso(row["ended_at"]),
    "createdAt": lambda row, context, args: iso(row["created_at"]),
    "updatedAt": lambda row, context, args: iso(row["updated_at"]),
    "title": lambda row, context, args: row["title"],
    "description": lambda row, context, args: row["description"],
    "type": lambda row, context, args: row["type"],
}

for table in (PRODUCT, VARIANT, LOCATION, INSTALLATION):
    table["metafield"] = _metafield

FIELDS: dict[str, dict[str, Getter]] = {
    "Shop": SHOP,
    "Order": ORDER,
    "LineItem": LINE,
    "LineItemGroup": GROUP,
    "Refund": REFUND,
    "RefundLineItem": REFUND_LINE,
    "Product": PRODUCT,
    "ProductVariant": VARIANT,
    "ProductVariantComponent": COMPONENT,
    "InventoryItem": ITEM,
    "InventoryLevel": LEVEL,
    "Location": LOCATION,
    "Customer": CUSTOMER,
    "AbandonedCheckout": CHECKOUT,
    "AbandonedCheckoutLineItem": CHECKOUT_LINE,
    "Metafield": METAFIELD,
    "BulkOperation": BULK,
    "AppInstallation": INSTALLATION,
    "AnalyticsAnnotation": ANNOTATION,
}


def cursor(*key: Any) -> str:
    """Return an opaque cursor."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def from_cursor(text: str) -> list[Any]:
    """Read a cursor of ours."""
    return json.loads(base64.urlsafe_b64decode(text))
