"""Apply deliveries: claim, read, write as sets, mark, all in one transaction.

Drainers share the work by `FOR UPDATE SKIP LOCKED`; one that is killed lets go of its rows, unmarked and
unwritten. What can never be read is parked at once with its reason; what the database refuses is tried five
times, each try counted in a transaction of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event as Signal
from typing import Any

import orjson
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from pipelines import tracing
from pipelines.lifecycle.ingest.apply import ALONE, APPLIED, TOGETHER, Event, Fate, apply_alone, apply_together
from pipelines.lifecycle.ingest.sql.sets import array, arrays
from pipelines.lifecycle.interpreter import quick_turns, uncollected
from pipelines.models import Shop, WebhookDelivery
from pipelines.shopify.reading.topics import TOPICS

log = logging.getLogger(__name__)
State = WebhookDelivery.State

BATCH = 1000
MOST_ATTEMPTS = 5
BACKOFF = [timedelta(seconds=seconds) for seconds in (5, 30, 120, 600)]
TOPICS_TOGETHER = [name for name, topic in TOPICS.items() if topic.kind in TOGETHER]
TOPICS_ALONE = [name for name, topic in TOPICS.items() if topic.kind in ALONE]

CLAIM = """
SELECT id, shop_domain, webhook_id, topic, triggered_at, attempts, body.text, hashtextextended(body.text, 0),
    request_id
FROM (
    SELECT * FROM pipelines_webhookdelivery
    WHERE state IN ('received', 'failed') AND not_before <= %s AND {which}
    ORDER BY not_before, id LIMIT %s FOR UPDATE SKIP LOCKED
) AS due, LATERAL (SELECT due.payload::text OFFSET 0) AS body(text)
"""
# What became facts is kept there, and nowhere else; an empty body is also little to write.
DONE = """
UPDATE pipelines_webhookdelivery SET state = 'applied', error = '', payload = '{}', applied_at = %s,
    applied_by = %s
WHERE id = ANY(%s::bigint[])
"""
MARK = """
UPDATE pipelines_webhookdelivery AS delivery SET
    state = verdict.state, error = verdict.error, subject = coalesce(verdict.subject, delivery.subject),
    attempts = verdict.attempts, not_before = verdict.not_before,
    payload = CASE WHEN verdict.state IN ('applied', 'superseded') THEN '{}' ELSE delivery.payload END,
    applied_at = CASE WHEN verdict.state IN ('applied', 'superseded') THEN %s::timestamptz END,
    applied_by = %s
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::smallint[], %s::timestamptz[])
    AS verdict(id, state, error, subject, attempts, not_before)
WHERE delivery.id = verdict.id
"""
DEADLOCK, MOST_CIRCLES = "40P01", 3
MAY_BE_THE_BODYS = ("57014",)  # query_canceled
PROGRAM_LIMIT = "54"  # the class of limits that a statement exceeded: of rows, columns, arguments, recursion
PARKED = Fate(State.KEPT, "The app is not installed in this shop.")


def drain(limit: int | None = None) -> int:
    """Apply deliveries until none is due, or about so many are done; return how many that were."""
    done = drain_alone()
    with uncollected(), quick_turns():
        if due(TOPICS_TOGETHER)[BATCH : BATCH + 1].exists():
            done += drain_side_by_side(None if limit is None else limit // 2)
        else:
            done += drain_in_turn(limit, Signal())
    return done + drain_alone()


def due(topics: Sequence[str]) -> QuerySet[WebhookDelivery]:
    """Return the deliveries of these topics that are due, whoever works on them."""
    waiting = WebhookDelivery.objects.filter(state__in=[State.RECEIVED, State.FAILED], topic__in=topics)
    return waiting.filter(not_before__lte=timezone.now())


def drain_side_by_side(limit: int | None) -> int:
    """Work off a backlog with two hands, each up to its limit: while one waits for the database, the other reads."""
    stop = Signal()
    with ThreadPoolExecutor(1, "drain") as thread:
        other = thread.submit(lend_a_hand, limit, stop)
        try:
            done = drain_in_turn(limit, stop)
        finally:
            stop.set()
        return done + other.result()


def lend_a_hand(limit: int | None, stop: Signal) -> int:
    """Work on a connection of this thread's own."""
    try:
        return drain_in_turn(limit, stop)
    finally:
        connection.close()


def drain_in_turn(limit: int | None, stop: Signal) -> int:
    """Apply batch after batch until none is due, or so many are done, or somebody says stop."""
    done = 0
    while not stop.is_set() and (limit is None or done < limit):
        size = BATCH if limit is None else min(BATCH, limit - done)
        handled = past_circles(partial(drain_together, size))
        done += handled
        if not handled:
            break
    return done


def past_circles(work: Callable[[], int]) -> int:
    """Do a transaction again that the database ended since others waited for it and it for them.

    Who writes orders locks these first, then their shop; who forgets a customer the shop first: no order fits both.
    """
    for _ in range(MOST_CIRCLES):
        try:
            return work()
        except OperationalError as error:
            if code_of(error) != DEADLOCK:
                raise
    return work()  # whom we waited for went on, and so could we


def drain_together(size: int) -> int:
    """Apply one batch of the kinds that are written as sets."""
    claimed: list[Event] = []
    try:
        with transaction.atomic():
            claimed = claim("topic = ANY(%s)", [TOPICS_TOGETHER], size)
            settle(claimed)
    except Exception as error:
        if not claimed or is_nobodys_fault(error):
            raise
        log.warning("%d deliveries were refused (%s); taking them one by one", len(claimed), type(error).__name__)
        for event in claimed:
            drain_one(event.id)
    return len(claimed)


def drain_alone() -> int:
    """Apply the deliveries that concern whole shops, each in its own transaction."""
    ids = list(due(TOPICS_ALONE).order_by("not_before", "pk").values_list("pk", flat=True)[:BATCH])
    return sum(past_circles(partial(drain_one, pk)) for pk in ids)


def drain_one(pk: int) -> int:
    """Apply one delivery by itself; if the database refuses it, count that apart."""
    claimed: list[Event] = []
    try:
        with tracing.known(delivery=pk), transaction.atomic():
            claimed = claim("id = %s", [pk], 1)
            settle(claimed)
    except Exception as error:
        if isinstance(error, MemoryError) or is_nobodys_fault(error):
            raise
        log.error("delivery %d cannot be applied: %s", pk, type(error).__name__)  # its text could quote the body
        with transaction.atomic():
            mark([(event, Fate(State.FAILED, reason(error))) for event in claimed])
    return len(claimed)


def is_nobodys_fault(error: Exception) -> bool:
    """Say whether the database or its connection failed for a reason that no delivery has part in.

    The next drain claims the same deliveries again. A statement that runs out of its time or over a limit of the
    database may be the fault of what it writes: it is counted, else one such body would stop the queue for ever.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    code = code_of(error)
    return code not in MAY_BE_THE_BODYS and not code.startswith(PROGRAM_LIMIT)


def code_of(error: Exception) -> str:
    """Return PostgreSQL's code of an error."""
    return getattr(error.__cause__, "pgcode", None) or ""


def reason(error: Exception) -> str:
    """Return a sentence for the Data page, without values of the body."""
    if isinstance(error, DatabaseError):
        return f"The database refused it: {type(error).__name__}."
    return f"It could not be applied: {type(error).__name__}."


def claim(which: str, parameters: list[Any], size: int) -> list[Event]:
    """Lock deliveries that are due and that nobody else works on."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM.format(which=which), [timezone.now(), *parameters, size])
        rows = cursor.fetchall()
    shops = Shop.objects.in_bulk({row[1] for row in rows}, field_name="domain")
    return [
        Event(pk, domain, webhook_id, topic, at, attempts, orjson.loads(body), content_hash, shops.get(domain), request)
        for pk, domain, webhook_id, topic, at, attempts, body, content_hash, request in rows
    ]


def settle(events: Sequence[Event]) -> None:
    """Apply what may be applied, and mark all."""
    if not events:
        return
    welcome = [event for event in events if is_welcome(event)]
    verdicts = apply_together([event for event in welcome if event.kind in TOGETHER])
    verdicts |= {event.id: by_itself(event) for event in welcome if event.kind in ALONE}
    mark([(event, verdicts.get(event.id, PARKED)) for event in events])


def by_itself(event: Event) -> Fate:
    """Apply what concerns a whole shop; what it leads to belongs to the request that brought it."""
    with tracing.known(delivery=event.id, **({"request": event.request} if event.request else {})):
        return apply_alone(event)


def is_welcome(event: Event) -> bool:
    """Say whether a delivery may change anything: the shop has the app, or the topic is always honoured."""
    return TOPICS[event.topic].always or (event.shop is not None and event.shop.is_installed)


def mark(verdicts: Sequence[tuple[Event, Fate]]) -> None:
    """Write what became of deliveries; most were applied, and nothing more is to be said of them."""
    done = [event.id for event, verdict in verdicts if verdict == APPLIED]
    rows = [row(event, verdict) for event, verdict in verdicts if verdict != APPLIED]
    job = tracing.ids().get("job_id", "")
    with connection.cursor() as cursor:
        if done:
            cursor.execute(DONE, [timezone.now(), job, array(done)])
        if rows:
            cursor.execute(MARK, [timezone.now(), job, *arrays(rows)])


def row(event: Event, verdict: Fate) -> tuple[object, ...]:
    """Return one delivery's new state; a failure waits longer each time and is parked at last."""
    state, attempts, now = verdict.state, event.attempts, datetime.now(UTC)
    if state in (State.FAILED, State.DEAD):
        attempts += 1
    if state == State.FAILED and attempts >= MOST_ATTEMPTS:
        state = State.DEAD
    not_before = now + BACKOFF[attempts - 1] if state == State.FAILED else now
    return event.id, str(state), verdict.error[:500], verdict.subject, attempts, not_before


def redeliver(shop: Shop, delivery_ids: Iterable[int]) -> int:
    """Let parked deliveries be tried again from the start; return how many."""
    return again(shop, Q(pk__in=list(delivery_ids)))


def replay_failed(shop: Shop) -> int:
    """Let every parked or failing delivery of a shop be tried again."""
    return again(shop, Q())


def again(shop: Shop, which: Q) -> int:
    """Reset deliveries that failed; one whose body could not be read has nothing to replay."""
    parked = WebhookDelivery.objects.filter(which, shop_domain=shop.domain, state__in=[State.DEAD, State.FAILED])
    return parked.exclude(payload={}).update(state=State.RECEIVED, attempts=0, error="", not_before=timezone.now())
