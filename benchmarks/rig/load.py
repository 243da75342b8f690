"""A lean load client: a few connections, one process, raw sockets; it must not be what limits the server.

    python -m benchmarks.rig.load PORT CONNECTIONS FIRST COUNT SECRET SHOP

Requests are made and signed before the clock starts. Ends with one line of JSON.
"""

from __future__ import annotations

import base64
import hmac
import json
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

SIZE = 8 * 1024


def money(amount: str) -> dict[str, Any]:
    one = {"amount": amount, "currency_code": "EUR"}
    return {"shop_money": one, "presentment_money": one}


def order(number: int) -> dict[str, Any]:
    """Return an order as Shopify's webhooks tell it, with everything in it that must not be kept."""
    at = f"2026-11-{1 + number % 20:02d}T{number % 24:02d}:{number % 60:02d}:00+01:00"
    person = {
        "first_name": "Ada",
        "last_name": f"Example {number}",
        "address1": f"{number % 90} Sample Street",
        "city": "Townsville",
        "zip": "10000",
        "phone": "+49 30 0000000",
        "country": "Germany",
        "company": None,
        "latitude": 52.5,
        "longitude": 13.4,
        "country_code": "DE",
    }
    zero = money("0.00")
    lines = [line(number * 10 + position, position) for position in range(3)]
    return {
        "id": 6_000_000_000_000 + number,
        "admin_graphql_api_id": f"gid://shopify/Order/{6_000_000_000_000 + number}",
        "app_id": 580111,
        "browser_ip": "203.0.113.7",
        "buyer_accepts_marketing": False,
        "cancelled_at": None,
        "confirmed": True,
        "contact_email": f"ada{number}@example.com",
        "created_at": at,
        "processed_at": at,
        "updated_at": at,
        "currency": "EUR",
        "current_subtotal_price_set": money("119.70"),
        "current_total_discounts_set": zero,
        "current_total_price_set": money("125.60"),
        "current_total_tax_set": money("20.05"),
        "customer": {"id": 7_000_000_000_000 + number % 5000, "email": f"ada{number}@example.com", **person},
        "billing_address": person,
        "shipping_address": person,
        "email": f"ada{number}@example.com",
        "financial_status": "paid",
        "fulfillment_status": None,
        "line_items": lines,
        "name": f"#{number}",
        "note": "please ring twice",
        "note_attributes": [{"name": "gift", "value": "for Ada"}],
        "order_number": number,
        "payment_gateway_names": ["shopify_payments"],
        "refunds": [],
        "shipping_lines": [{"id": number, "title": "Standard", "price": "5.90", "price_set": money("5.90")}],
        "source_name": "web",
        "subtotal_price": "119.70",
        "subtotal_price_set": money("119.70"),
        "tags": "",
        "tax_lines": [{"price": "20.05", "rate": 0.19, "title": "VAT", "price_set": money("20.05")}],
        "test": False,
        "total_discounts": "0.00",
        "total_discounts_set": zero,
        "total_line_items_price": "119.70",
        "total_price": "125.60",
        "total_price_set": money("125.60"),
        "total_shipping_price_set": money("5.90"),
        "total_tax": "20.05",
        "total_tax_set": money("20.05"),
    }


def line(line_id: int, position: int) -> dict[str, Any]:
    price = f"{19.95 + position * 19.95:.2f}"
    variant = line_id % 1000
    return {
        "id": 8_000_000_000_000 + line_id,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{8_000_000_000_000 + line_id}",
        "current_quantity": 1,
        "discount_allocations": [],
        "duties": [],
        "fulfillable_quantity": 1,
        "fulfillment_service": "manual",
        "fulfillment_status": None,
        "gift_card": False,
        "grams": 450,
        "name": f"Sample product {variant} - Medium",
        "price": price,
        "price_set": money(price),
        "product_exists": True,
        "product_id": 9_000_000_000_000 + variant // 3,
        "properties": [{"name": "engraving", "value": "Ada"}],
        "quantity": 1,
        "requires_shipping": True,
        "sku": f"SAMPLE-{variant:04d}-M",
        "tax_lines": [{"price": "6.37", "rate": 0.19, "title": "VAT", "price_set": money("6.37")}],
        "taxable": True,
        "title": f"Sample product {variant}",
        "total_discount": "0.00",
        "total_discount_set": money("0.00"),
        "variant_id": 9_500_000_000_000 + variant,
        "variant_title": "Medium",
        "vendor": "Sample & Sons",
    }


def body(number: int) -> bytes:
    """Return an orders/create of exactly 8 KB."""
    told = order(number)
    bare = len(json.dumps(told | {"landing_site": ""}))
    return json.dumps(told | {"landing_site": "x" * max(SIZE - bare, 0)}).encode()


def request(number: int, secret: bytes, shop: str) -> bytes:
    """Return a signed delivery as bytes on the wire."""
    content = body(number)
    signature = base64.b64encode(hmac.digest(secret, content, "sha256")).decode()
    headers = [
        "POST /webhooks/shopify HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        "X-Shopify-Topic: orders/create",
        f"X-Shopify-Hmac-Sha256: {signature}",
        f"X-Shopify-Shop-Domain: {shop}",
        "X-Shopify-API-Version: 2026-10",
        f"X-Shopify-Webhook-Id: {webhook_id(number)}",
        f"X-Shopify-Event-Id: event-{number}",
        "X-Shopify-Triggered-At: 2026-11-22T10:00:00.123456789Z",
    ]
    return "\r\n".join(headers).encode() + b"\r\n\r\n" + content


def webhook_id(number: int) -> str:
    return f"{number:08d}-5b1d-4c2e-9a77-0d6f2b1c8e55"


@dataclass
class Result:
    """What a round of requests brought."""

    acknowledged: list[int] = field(default_factory=list)
    refused: int = 0
    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0


def connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def run(port: int, connections: int, requests: dict[int, bytes]) -> Result:
    """Send every request, one at a time on each connection; each answer is awaited."""
    result, waiting = Result(), iter(requests.items())
    with selectors.EpollSelector() as selector:
        began = time.perf_counter()
        for _ in range(connections):
            send_next(selector, connect(port), waiting)
        while selector.get_map():
            for key, _ in selector.select():
                take_answer(selector, key, result)
                send_next(selector, key.fileobj, waiting)
        result.seconds = time.perf_counter() - began
    return result


def send_next(selector: selectors.BaseSelector, connection: Any, waiting: Iterator[tuple[int, bytes]]) -> None:
    number, message = next(waiting, (None, b""))
    if number is None:
        if connection in selector.get_map():
            selector.unregister(connection)
        connection.close()
        return
    connection.sendall(message)
    note = (number, time.perf_counter())
    if connection in selector.get_map():
        selector.modify(connection, selectors.EVENT_READ, note)
    else:
        selector.register(connection, selectors.EVENT_READ, note)


def take_answer(selector: selectors.BaseSelector, key: selectors.SelectorKey, result: Result) -> None:
    answer = key.fileobj.recv(65536)  # type: ignore[union-attr]
    number, began = key.data
    result.latencies.append(time.perf_counter() - began)
    if answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 202")):
        result.acknowledged.append(number)
    else:
        result.refused += 1


def main(port: str, connections: str, first: str, count: str, secret: str, shop: str) -> None:
    numbers = range(int(first), int(first) + int(count))
    result = run(int(port), int(connections), {number: request(number, secret.encode(), shop) for number in numbers})
    print(json.dumps(vars(result)))


if __name__ == "__main__":
    main(*sys.argv[1:])
