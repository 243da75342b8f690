"""Group commit: what arrived while the last commit was on its way to disk is stored by the next one.

One committer thread a process, with a connection of its own. Who waits here is told the truth: stored,
refused, or not now. Rows that nobody waits for are appended in between. No Django ORM: this is on the path of every
webhook.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from queue import Empty, SimpleQueue
from typing import Any

import orjson
import psycopg2
from psycopg2.errors import LockNotAvailable, QueryCanceled
from psycopg2.extensions import connection as Connection

from pipelines.endpoints.appending import Appended
from pipelines.shopify import vault
from pipelines.shopify.reading.texts import clean, needs_cleaning
from pipelines.shopify.reading.topics import number

log = logging.getLogger(__name__)

BATCH = 256
PAUSE, LONGEST_PAUSE = 0.0005, 0.005  # seconds for others to arrive, once and in all
ROOM = 2048  # deliveries that may wait; more are sent away, and Shopify sends them again
KNOWN_FOR = 30.0  # seconds that a shop's key is trusted
UNKNOWN_FOR = 2.0
UNSTORABLE = (psycopg2.DataError, psycopg2.IntegrityError, TypeError, ValueError)
IN_USE = (QueryCanceled, LockNotAvailable)
ANSWER_SECONDS = 3.5  # after which a sender is told to come back, whatever the database does; Shopify waits for 5

# Sent with what it limits, as one text: PostgreSQL takes such a text as one transaction, in one round trip.
IN_TIME = "SET LOCAL statement_timeout = 2000; SET LOCAL lock_timeout = 500;"
STORE = f"""
{IN_TIME}
INSERT INTO pipelines_webhookdelivery (
    shop_domain, webhook_id, topic, event_id, api_version, triggered_at, body_digest, payload, subject, state, error,
    request_id, received_at, not_before)
VALUES {{rows}} ON CONFLICT DO NOTHING RETURNING shop_domain, webhook_id
"""
ROW = "(" + ", ".join(["%s"] * 14) + ")"
COUNT_REPEAT = """
UPDATE pipelines_webhookdelivery SET duplicates = least(duplicates + 1, 32000), doubled_at = %(now)s
WHERE id = (
    SELECT id FROM pipelines_webhookdelivery
    WHERE shop_domain = %(shop_domain)s AND (webhook_id = %(webhook_id)s OR (
        topic = %(topic)s AND body_digest = decode(%(body_digest)s, 'hex') AND triggered_at = %(triggered_at)s))
    LIMIT 1 FOR UPDATE SKIP LOCKED);
"""
KNOWN_BY = ("shop_domain", "webhook_id", "topic", "body_digest", "triggered_at")
SHOPS = f"{IN_TIME} SELECT domain, gid, customer_key FROM pipelines_shop WHERE domain = ANY(%s)"


@dataclass(slots=True)
class Delivery:
    """A delivery as it will be stored."""

    shop_domain: str
    webhook_id: str
    topic: str
    event_id: str
    api_version: str
    triggered_at: str
    body_digest: str  # in hex
    payload: dict[str, Any]
    subject: str = ""
    state: str = "received"
    error: str = ""
    request: str = ""  # as lines of the log name it

    @property
    def key(self) -> tuple[str, str]:
        return self.shop_domain, self.webhook_id


class Receipt(Enum):
    STORED = "stored"
    REFUSED = "refused"  # the body names another shop than the header
    UNAVAILABLE = "unavailable"


@dataclass(slots=True)
class Waiting:
    """A delivery whose sender waits for an answer."""

    delivery: Delivery
    answer: asyncio.Future[Receipt]
    customer_id: int | None = None
    shop_id: int | None = None
    outcome: Receipt = Receipt.UNAVAILABLE
    until: float = field(default_factory=lambda: time.monotonic() + ANSWER_SECONDS)


@dataclass(slots=True)
class KnownShop:
    """What the door must know of a shop: its id, and the key of its pseudonyms."""

    until: float
    number: int | None = None
    customer_key: bytes = b""


class Outbox:
    """The queue in front of the deliveries table, and the thread that empties it."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        self.connect = connect
        self.connection: Connection | None = None
        self.queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self.shops: dict[str, KnownShop] = {}
        self.appended = Appended(wake=lambda: self.queue.put(None))
        self.thread = threading.Thread(target=self.run, name="outbox", daemon=True)
        self.thread.start()

    async def store(self, delivery: Delivery, *, customer_id: int | None = None, shop_id: int | None = None) -> Receipt:
        """Wait until the delivery is committed, or known not to be; not for ever where the database hangs."""
        if self.queue.qsize() >= ROOM:
            return Receipt.UNAVAILABLE
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Receipt] = loop.create_future()
        timer = loop.call_later(ANSWER_SECONDS, send_away, answer)
        self.queue.put(Waiting(delivery, answer, customer_id, shop_id))
        try:
            return await answer
        finally:
            timer.cancel()

    def run(self) -> None:
        while True:
            batch = self.take()
            if batch:
                self.store_and_tell(batch)
            if self.appended.is_due():
                self.append()

    def store_and_tell(self, batch: list[Waiting]) -> None:
        """Commit deliveries, and say to those who wait what became of them."""
        try:
            self.commit(batch)
        except psycopg2.Error as error:
            log.warning("deliveries cannot be stored now: %s", type(error).__name__)
            self.disconnect()
            batch += self.everyone()
        except Exception:
            log.exception("deliveries were not stored")
            self.disconnect()
        hand_back(batch)

    def append(self) -> None:
        """Write the rows that nobody waits for; what cannot be written now stays, and is tried again."""
        try:
            self.appended.write(self.connected)
        except Exception as error:
            log.warning("%d rows cannot be appended now: %s", len(self.appended), type(error).__name__)
            if not isinstance(error, IN_USE):
                self.disconnect()

    def take(self) -> list[Waiting]:
        """Wait for a delivery, and take what else arrives while more keep arriving: a commit costs as much for one.

        Where rows are to be appended first, there may be none.
        """
        try:
            batch = [self.queue.get(timeout=self.appended.due_in())]
        except Empty:
            return []
        seen, until = -1, time.monotonic() + LONGEST_PAUSE
        while batch != [None] and seen < self.queue.qsize() < BATCH and time.monotonic() < until:
            seen = self.queue.qsize()
            time.sleep(PAUSE)
        while len(batch) < BATCH:
            try:
                batch.append(self.queue.get_nowait())
            except Empty:
                break
        return [one for one in batch if one is not None]

    def everyone(self) -> list[Waiting]:
        """Take all who wait: while the database is away they had better come back later."""
        everyone = [self.queue.get_nowait() for _ in range(self.queue.qsize())]
        return [one for one in everyone if one is not None]

    def connected(self) -> Connection:
        """Return the open connection."""
        if self.connection is None:
            self.connection = self.connect()
            self.connection.autocommit = True  # each text that we send is a transaction
        return self.connection

    def commit(self, batch: list[Waiting]) -> None:
        """Store the batch in one transaction; where one row spoils it, each in its own."""
        connection = self.connected()
        try:
            self.commit_together(batch)
        except (psycopg2.Error, TypeError, ValueError):
            if connection.closed:
                raise
            for one in batch:
                if time.monotonic() < one.until:
                    self.commit_alone(one)

    def commit_together(self, batch: list[Waiting]) -> None:
        self.learn_shops({one.delivery.shop_domain for one in batch})
        accepted = [one for one in batch if self.belongs_to_its_shop(one)]
        known = self.insert([one.delivery for one in accepted])
        for one in batch:
            one.outcome = Receipt.REFUSED
        for one in accepted:
            one.outcome = Receipt.STORED
        self.count_repeats(known)

    def commit_alone(self, one: Waiting) -> None:
        """Store one delivery; one that the database cannot hold is parked without its payload."""
        try:
            self.commit_together([one])
        except UNSTORABLE as error:
            one.delivery.payload, one.delivery.subject, one.delivery.state = {}, "", "dead"
            one.delivery.error = f"It could not be stored: {type(error).__name__}."
            self.commit_together([one])
        except IN_USE:  # somebody else holds its row, or the table
            pass

    def insert(self, deliveries: list[Delivery]) -> list[Delivery]:
        """Write deliveries in one statement; return those that are there already."""
        if not deliveries:
            return []
        assert self.connection
        deliveries.sort(key=lambda delivery: delivery.webhook_id)  # two processes lock in the same order
        now = datetime.now(UTC).isoformat()
        rows = STORE.format(rows=", ".join([ROW] * len(deliveries)))
        with self.connection.cursor() as cursor:
            cursor.execute(rows, [value for delivery in deliveries for value in (*values(delivery), now, now)])
            new = set(cursor.fetchall())
        if len(new) == len(deliveries):
            return []
        known = []
        for delivery in deliveries:
            if delivery.key in new:
                new.discard(delivery.key)  # its second copy in this batch is a repeat
            else:
                known.append(delivery)
        return known

    def count_repeats(self, repeats: list[Delivery]) -> None:
        """Count deliveries that we had already: they are stored, whether or not that can be counted now."""
        if not repeats:
            return
        assert self.connection
        now = datetime.now(UTC)
        with self.connection.cursor() as cursor:
            told = [
                cursor.mogrify(COUNT_REPEAT, {name: getattr(repeat, name) for name in KNOWN_BY} | {"now": now})
                for repeat in repeats
            ]
            try:
                cursor.execute(IN_TIME.encode() + b"".join(told))
            except psycopg2.Error as error:
                log.info("%d repeats were not counted: %s", len(repeats), type(error).__name__)

    def belongs_to_its_shop(self, one: Waiting) -> bool:
        """Check the body's shop against the header's, and put the pseudonym where the customer's id was."""
        shop = self.shops[one.delivery.shop_domain]
        if one.shop_id is not None and shop.number is not None and one.shop_id != shop.number:
            return False
        ref = pseudonym(one, shop)
        if ref:
            one.delivery.payload["customer_ref"] = ref.hex()
        return True

    def learn_shops(self, domains: Iterable[str]) -> None:
        """Look up the shops that we do not know, or not lately."""
        now = time.monotonic()
        asked = [domain for domain in domains if domain not in self.shops or self.shops[domain].until < now]
        if not asked:
            return
        assert self.connection
        if len(self.shops) > 10_000:
            self.shops = {domain: shop for domain, shop in self.shops.items() if shop.until >= now}
        with self.connection.cursor() as cursor:
            cursor.execute(SHOPS, [asked])
            known = {domain: KnownShop(now + KNOWN_FOR, number(gid), bytes(key)) for domain, gid, key in cursor}
        self.shops |= {domain: known.get(domain) or KnownShop(now + UNKNOWN_FOR) for domain in asked}

    def disconnect(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None


def pseudonym(one: Waiting, shop: KnownShop) -> bytes | None:
    """Return the customer's pseudonym; where the shop's key is gone or lost, the customer is nobody."""
    try:
        return vault.pseudonym(shop.customer_key, one.delivery.shop_domain, one.customer_id)
    except vault.CannotUnseal:
        log.error("the key of %s cannot be opened: its customers are not told apart", one.delivery.shop_domain)
        return None


def values(delivery: Delivery) -> tuple[str, ...]:
    """Return a delivery as the database takes it."""
    return (
        delivery.shop_domain,
        delivery.webhook_id,
        delivery.topic,
        delivery.event_id,
        delivery.api_version,
        delivery.triggered_at,
        f"\\x{delivery.body_digest}",
        as_json(delivery.payload),
        delivery.subject,
        delivery.state,
        delivery.error,
        delivery.request,
    )


def as_json(payload: dict[str, Any]) -> str:
    """Serialise for the database; what it cannot take, or we may not keep, is cleaned away."""
    try:
        written = orjson.dumps(payload)
    except TypeError:
        written = orjson.dumps(storable(payload))
    return (orjson.dumps(storable(payload)) if needs_cleaning(written) else written).decode()


def storable(value: Any) -> Any:
    """Return the value with every text cleaned, and numbers beyond 64 bits as the texts that they are."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(name): storable(part) for name, part in value.items()}
    if isinstance(value, int) and value.bit_length() > 63:
        return str(value)
    return [storable(part) for part in value] if isinstance(value, list) else value


def send_away(answer: asyncio.Future[Receipt]) -> None:
    """Tell a sender to come back; the delivery may still be stored, then its second copy is a repeat."""
    if not answer.done():
        answer.set_result(Receipt.UNAVAILABLE)


def hand_back(batch: list[Waiting]) -> None:
    """Wake everybody in the batch, each loop once."""
    loops: dict[asyncio.AbstractEventLoop, list[Waiting]] = {}
    for one in batch:
        loops.setdefault(one.answer.get_loop(), []).append(one)
    for loop, waiting in loops.items():
        try:
            loop.call_soon_threadsafe(wake, waiting)
        except RuntimeError:  # the loop has closed: nobody waits any more
            log.info("%d senders had gone", len(waiting))


def wake(waiting: list[Waiting]) -> None:
    for one in waiting:
        if not one.answer.done():
            one.answer.set_result(one.outcome)
