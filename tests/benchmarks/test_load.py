"""The load client of the ingest benchmark: what it sends is a delivery like Shopify's, and what it counts is true."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator

import pytest

from benchmarks.rig import load
from pipelines.shopify.hmac import webhook_is_authentic
from pipelines.shopify.reading import payloads
from pipelines.shopify.reading.payloads import Sender
from pipelines.shopify.reading.topics import TOPICS, minimise

SECRET, SHOP = b"a secret of thirty-two bytes long", "benchmark.myshopify.com"


def test_a_body_has_eight_kilobytes_and_can_be_read() -> None:
    raw = load.body(1042)
    assert len(raw) == load.SIZE
    kept = minimise(TOPICS["orders/create"], json.loads(raw)).payload
    order = payloads.order(kept, Sender(1, "EUR", "w", "2026-11-22T10:00:00Z", 1))
    assert (order.order.name, len(order.lines)) == ("#1042", 3)


def test_a_request_is_signed_and_unlike_the_next() -> None:
    head, _, body = load.request(5, SECRET, SHOP).partition(b"\r\n\r\n")
    headers = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
    assert webhook_is_authentic(body, headers[b"X-Shopify-Hmac-Sha256"], [SECRET.decode()])
    assert int(headers[b"Content-Length"]) == len(body)
    assert load.webhook_id(5) != load.webhook_id(6)


class Every(socketserver.StreamRequestHandler):
    """Acknowledges all requests but each tenth."""

    def handle(self) -> None:
        while head := self.rfile.readline():
            number, length = 0, 0
            while (head := self.rfile.readline()) != b"\r\n":
                name, _, value = head.partition(b": ")
                length = int(value) if name == b"Content-Length" else length
                number = int(value[:8]) if name == b"X-Shopify-Webhook-Id" else number
            self.rfile.read(length)
            status = b"503 Unavailable" if number % 10 == 0 else b"200 OK"
            self.wfile.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def port() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Every) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_only_acknowledged_deliveries_count(port: int) -> None:
    requests = {number: load.request(number, SECRET, SHOP) for number in range(1, 101)}
    result = load.run(port, 4, requests)
    assert sorted(result.acknowledged) == [number for number in range(1, 101) if number % 10]
    assert (result.refused, len(result.latencies)) == (10, 100)
