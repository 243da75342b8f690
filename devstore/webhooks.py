"""Signed webhook deliveries: a queue in the store, senders, retries, and the knobs that make trouble."""

import base64
import hashlib
import hmac
import json
import random
import threading
import uuid
from collections.abc import Callable
from sqlite3 import Row
from typing import Any

import requests

from devstore import clock
from devstore.appconfig import Subscription
from devstore.store import Store

API_VERSION = "2026-10"
SENDERS = 4
TIMEOUT = (1.0, 5.0)
REST = 0.5
BACKOFF = (1, 2, 4, 8, 15, 30, 60, 120)
KNOBS: dict[str, float] = {
    "late": 0,
    "doubled": 0,
    "reordered": 0,
    "forged": 0,
    "dropped": 0,
    "whole": 0,
    "late_seconds": 20,
}
RESOURCES = {"orders": "X-Shopify-Order-Id", "products": "X-Shopify-Product-Id", "refunds": "X-Shopify-Order-Id"}


class Webhooks:
    """Queue deliveries and send them from a few threads."""

    def __init__(
        self, store: Store, app_url: str, secret: str, subscription: Callable[[str], Subscription | None]
    ) -> None:
        self.store, self.app_url, self.secret, self.subscription = store, app_url.rstrip("/"), secret, subscription
        self._wake = threading.Condition()
        self._claimed: set[int] = set()
        self._calls = 0
        self.paused = False

    def start(self) -> None:
        """Start the senders."""
        for _ in range(SENDERS):
            threading.Thread(target=self._serve, daemon=True).start()

    def knobs(self) -> dict[str, float]:
        """Return the shares of deliveries that are troubled, and by how much."""
        stored = {row["name"]: json.loads(row["value"]) for row in self.store.all("SELECT * FROM knobs")}
        return {**KNOBS, **stored}

    def turn(self, changes: dict[str, float]) -> dict[str, float]:
        """Set knobs."""
        with self.store.writing() as db:
            for name, value in changes.items():
                if name in KNOBS:
                    db.execute("INSERT OR REPLACE INTO knobs VALUES (?, ?)", (name, json.dumps(float(value))))
        return self.knobs()

    def send(self, shop: str, topic: str, body: dict[str, Any], event: str | None = None) -> None:
        """Queue one delivery, with whatever trouble the knobs hold for it."""
        subscription, knobs = self.subscription(topic), self.knobs()
        if subscription is None:
            return
        if random.random() < knobs["dropped"]:
            return
        wanted = body if random.random() < knobs["whole"] else subscription.cut(body)
        raw = json.dumps(wanted, separators=(",", ":"), ensure_ascii=False).encode()
        headers = self._headers(shop, topic, raw, body, event or str(uuid.uuid4()))
        delay = knobs["late_seconds"] if random.random() < knobs["late"] else 0.0
        delay += random.uniform(0, 3) if random.random() < knobs["reordered"] else 0.0
        self._queue(shop, topic, raw, headers, delay)
        if random.random() < knobs["doubled"]:
            self._queue(shop, topic, raw, headers, delay + random.uniform(0, 2))
        if random.random() < knobs["forged"]:
            wrong = {**headers, "X-Shopify-Hmac-Sha256": sign("not the secret", raw)}
            self._queue(shop, topic, raw, wrong, 0.0, attempts=len(BACKOFF))  # who forges does not try again

    def _headers(self, shop: str, topic: str, raw: bytes, body: dict[str, Any], event: str) -> dict[str, str]:
        family = topic.partition("/")[0]
        resource = body.get("order_id") if family == "refunds" else body.get("id")
        nanoseconds = f"{int(clock.seconds() % 1 * 1_000_000_000):09d}"
        return {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-Topic": topic,
            "X-Shopify-Hmac-Sha256": sign(self.secret, raw),
            "X-Shopify-Shop-Domain": shop,
            "X-Shopify-API-Version": API_VERSION,
            "X-Shopify-Webhook-Id": str(uuid.uuid4()),
            "X-Shopify-Event-Id": event,
            "X-Shopify-Triggered-At": clock.moment().strftime(f"%Y-%m-%dT%H:%M:%S.{nanoseconds}Z"),
            "X-Shopify-Name": topic.replace("/", "-"),
            "X-Shopify-Test": "false",
            **({RESOURCES[family]: str(resource)} if family in RESOURCES and resource else {}),
        }

    def _queue(
        self, shop: str, topic: str, raw: bytes, headers: dict[str, str], delay: float, *, attempts: int = 0
    ) -> None:
        row = {"shop": shop, "topic": topic, "body": raw, "headers": json.dumps(headers), "attempts": attempts}
        self.store.insert("deliveries", **row, due_at=clock.seconds() + delay)

    def wake(self) -> None:
        """Tell the senders that something is due; called after the transaction has committed."""
        with self._wake:
            self._calls += 1
            self._wake.notify_all()

    def _serve(self) -> None:
        session = requests.Session()
        while True:
            calls = self._calls
            row = None if self.paused else self._claim()
            if row is None:
                self._rest(calls)
                continue
            try:
                self._deliver(session, row)
            finally:
                with self._wake:
                    self._claimed.discard(row["id"])

    def _rest(self, calls: int) -> None:
        """Wait until somebody has called since, or the next delivery is due."""
        row = self.store.one(
            "SELECT min(due_at) due FROM deliveries WHERE state = 'waiting' AND due_at > ?", clock.seconds()
        )
        pause = row["due"] - clock.seconds() if row and row["due"] else REST
        with self._wake:
            self._wake.wait_for(lambda: self._calls != calls, timeout=min(max(pause, 0.01), REST))

    def _claim(self) -> Row | None:
        with self._wake:
            sql = "SELECT * FROM deliveries WHERE state = 'waiting' AND due_at <= ? ORDER BY due_at, id LIMIT ?"
            for row in self.store.all(sql, clock.seconds(), len(self._claimed) + 1):
                if row["id"] not in self._claimed:
                    self._claimed.add(row["id"])
                    return row
        return None

    def _deliver(self, session: requests.Session, row: Row) -> None:
        subscription = self.subscription(row["topic"])
        url = f"{self.app_url}{subscription.path if subscription else '/'}"
        try:
            answer = session.post(
                url, data=row["body"], headers=json.loads(row["headers"]), timeout=TIMEOUT, allow_redirects=False
            )
            status = answer.status_code
        except requests.RequestException:
            status = 0
        attempts = row["attempts"] + 1
        state = "delivered" if 200 <= status < 300 else "waiting" if attempts <= len(BACKOFF) else "failed"
        due = clock.seconds() + (BACKOFF[attempts - 1] if state == "waiting" else 0)
        with self.store.writing() as db:
            db.execute(
                "UPDATE deliveries SET state = ?, attempts = ?, status = ?, due_at = ? WHERE id = ?",
                (state, attempts, status, due, row["id"]),
            )

    def counts(self) -> dict[str, int]:
        """Return how many deliveries are in each state."""
        return {row["state"]: row["n"] for row in self.store.all("SELECT state, count(*) n FROM deliveries GROUP BY 1")}


def sign(secret: str, raw: bytes) -> str:
    """Return the signature of a body."""
    return base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()
