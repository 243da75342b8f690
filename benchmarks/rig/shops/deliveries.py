"""Deliveries of a shop whose every order we know: signed ones that must be applied, and others that must do no harm."""

from __future__ import annotations

import base64
import hmac
import http.client
import json
import random
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

from benchmarks.rig import load
from pipelines.ops.supervisor import Demo

SHOP = "second.myshopify.com"
STATES = 3  # of each order that are told: created, and changed twice
PAUSE, RETRY_SECONDS, GIVE_UP_SECONDS = 0.02, 0.3, 300
WINDOW = 40  # deliveries that overtake each other
BROKEN = 9_000_000  # the order of bodies that are broken: no line of it is any other's


@dataclass(frozen=True)
class Message:
    """One delivery: which state of which order, and the bytes."""

    number: int
    state: int
    body: bytes
    webhook_id: str
    topic: str


def message(number: int, state: int) -> Message:
    """Return a state of an order: each one later, and a euro dearer, than the one before."""
    told = load.order(number)
    told["updated_at"] = f"2026-11-2{2 + state}T12:00:00+01:00"
    told["total_price"] = total(state)
    topic = "orders/create" if state == 0 else "orders/updated"
    return Message(number, state, json.dumps(told).encode(), f"{number:08d}-{state}", topic)


def total(state: int) -> str:
    return f"{125 + state}.60"


def broken() -> dict[str, tuple[bytes, dict[str, str]]]:
    """Give bodies that are signed and no good, and requests that are wrong in other ways: changes to the headers."""
    order = load.order(BROKEN)
    return {
        "forged": (json.dumps(order).encode(), {"X-Shopify-Hmac-Sha256": "AAAA"}),
        "unsigned": (json.dumps(order).encode(), {"X-Shopify-Hmac-Sha256": ""}),
        "truncated": (json.dumps(order).encode()[:4000], {}),
        "oversized": (b"[" + b" " * (3 << 20) + b"]", {}),
        "not UTF-8": (b'{"id": "\xff\xfe"}', {}),
        "nested": (b'{"id":' + b"[" * 50_000 + b"]" * 50_000 + b"}", {}),
        "a list": (b"[1, 2, 3]", {}),
        "wrong types": (json.dumps(order | {"line_items": 5, "created_at": [], "total_price_set": "x"}).encode(), {}),
        "no number": (json.dumps(order | {"id": "x" * 5000}).encode(), {}),
        "huge number": (json.dumps(order | {"id": 10**40}).encode(), {}),
        "a NUL": (json.dumps(order | {"name": "\x00#1"}).encode(), {}),
        "no topic": (json.dumps(order).encode(), {"X-Shopify-Topic": ""}),
        "other topic": (json.dumps(order).encode(), {"X-Shopify-Topic": "../../etc/passwd"}),
        "no shop": (json.dumps(order).encode(), {"X-Shopify-Shop-Domain": "nowhere"}),
        "wrong time": (json.dumps(order).encode(), {"X-Shopify-Triggered-At": "yesterday"}),
    }


class Sender:
    """Sends until each is acknowledged, as Shopify does, and notes what was."""

    def __init__(self, demo: Demo, chance: random.Random) -> None:
        self.port, self.chance = demo.plan.port, chance
        self.secret = demo.env["SHOPIFY_API_SECRET"].encode()
        self.acknowledged = dict[str, Message]()
        self.sent, self.faults = Counter[str](), list[str]()
        self.late = list[Message]()
        self.window = list[Message]()
        self.orders = self.retries = 0

    def work(self, done: Event) -> None:
        """Send until told to end."""
        bad, waiting = broken(), self.stream()
        while not done.is_set():
            self.deliver(next(waiting), done)
            if self.chance.random() < 0.1:
                self.provoke(*self.chance.choice(list(bad.items())), done)
            time.sleep(PAUSE)

    def stream(self) -> Iterator[Message]:
        """Yield deliveries out of order, some of them twice; some are kept for the end."""
        window = self.window
        while True:
            while len(window) < WINDOW:
                window += [message(self.orders, state) for state in range(STATES)]
                self.orders += 1
            chosen = window.pop(self.chance.randrange(len(window)))
            dice = self.chance.random()
            if dice < 0.05:
                self.sent["late"] += 1
                self.late.append(chosen)
                continue
            if dice < 0.2:
                self.sent["doubled"] += 1
                window.append(chosen)
            yield chosen

    def finish(self) -> None:
        """Send what was kept, and what is left of orders that were begun."""
        left, self.late = [*self.late, *self.window], []
        self.window.clear()
        for each in left:
            self.deliver(each, Event())

    def deliver(self, each: Message, done: Event) -> None:
        """Send one until it is acknowledged."""
        headers = self.headers(each.body, each.topic, each.webhook_id)
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while (status := self.post(each.body, headers)) not in (200, 202):
            if status not in (0, 503):
                self.faults.append(f"{each.webhook_id} was answered {status}")
                return
            if done.is_set() or time.monotonic() > deadline:
                self.window.append(each)
                return
            self.retries += 1
            time.sleep(RETRY_SECONDS)
        self.acknowledged[each.webhook_id] = each

    def provoke(self, name: str, what: tuple[bytes, dict[str, str]], done: Event) -> None:
        """Send what is no good until somebody answers; nobody may stumble over it."""
        body, changes = what
        headers = self.headers(body, "orders/create", f"bad-{self.sent.total()}") | changes
        self.sent[name] += 1
        while (status := self.post(body, headers)) in (0, 503) and not done.is_set() and name != "oversized":
            time.sleep(RETRY_SECONDS)
        if status >= 500 and status != 503:
            self.faults.append(f"{name} was answered {status}")

    def headers(self, body: bytes, topic: str, webhook_id: str) -> dict[str, str]:
        return {
            "Content-Type": "application/json",
            "X-Shopify-Topic": topic,
            "X-Shopify-Hmac-Sha256": base64.b64encode(hmac.digest(self.secret, body, "sha256")).decode(),
            "X-Shopify-Shop-Domain": SHOP,
            "X-Shopify-API-Version": "2026-10",
            "X-Shopify-Webhook-Id": webhook_id,
            "X-Shopify-Event-Id": webhook_id,
            "X-Shopify-Triggered-At": "2026-11-22T10:00:00.123456789Z",
        }

    def post(self, body: bytes, headers: dict[str, str]) -> int:
        """Send one request on a connection of its own; 0 where nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", "/webhooks/shopify", body, headers)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException, socket.timeout):  # noqa: UP041
            return 0
        finally:
            connection.close()


@contextmanager
def in_threads(*works: Any) -> Iterator[None]:
    """Let others work beside this one until it is done."""
    done = Event()
    threads = [Thread(target=work, args=(done,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join(120)
