"""What must be so at last: orders as the store has them, each acknowledged delivery applied once, the rest whole."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import requests

from benchmarks.checks import Check, at_least, at_most
from benchmarks.rig.shops import deliveries
from benchmarks.rig.shops.deliveries import STATES, Sender
from benchmarks.rig.shops.truth import FATES, asked
from pipelines.ops.demo_settings import ROOT, SHOP
from pipelines.ops.supervisor import Demo

IMPORTED = "SELECT count(*) >= 2 FROM pipelines_syncrun WHERE state = 'done' AND kind IN ('orders', 'products')"
DUE = """
SELECT count(*) FROM pipelines_webhookdelivery WHERE state IN ('received', 'failed')
UNION ALL SELECT count(*) FROM pipelines_order o JOIN pipelines_shop s ON s.id = o.shop_id
    WHERE o.fetch_due_at IS NOT NULL AND s.access_ended_at IS NULL
UNION ALL SELECT count(*) FROM pipelines_syncrun WHERE state IN ('queued', 'exporting', 'loading')
"""
TWO_LIVE = """
SELECT count(*) FROM (SELECT 1 FROM pipelines_release WHERE phase = 'live' GROUP BY shop_id, use_case
    HAVING count(*) > 1) AS doubled
UNION ALL SELECT count(*) FROM pipelines_deployment d JOIN pipelines_release r
    ON r.shop_id = d.shop_id AND r.use_case = d.use_case AND r.phase = 'live'
    WHERE d.active_id IS DISTINCT FROM r.version_id
"""
OURS = """
SELECT o.shopify_id, l.line_id, l.current_quantity, o.cancelled_at IS NOT NULL FROM pipelines_order o
JOIN pipelines_shop s ON s.id = o.shop_id JOIN pipelines_orderline l ON l.shop_id = s.id AND l.order_id = o.shopify_id
WHERE s.domain = %s AND o.deleted_at IS NULL AND o.shopify_id > %s
"""
THEIRS = """
SELECT o.id, l.id, l.current_quantity, o.cancelled_at IS NOT NULL FROM orders o JOIN lines l ON l.order_id = o.id
WHERE o.shop = ? AND o.id > ?
"""
MADE = "SELECT count(*) FROM pipelines_modelversion"
LIVE = "SELECT count(*) FROM pipelines_lifecycleevent WHERE kind = 'release.live'"
SECOND = """
SELECT o.shopify_id, o.total_minor, (SELECT count(*) FROM pipelines_orderline l
    WHERE l.shop_id = o.shop_id AND l.order_id = o.shopify_id)
FROM pipelines_order o JOIN pipelines_shop s ON s.id = o.shop_id WHERE s.domain = %s
"""
LINES = 3  # of each order of the second shop


def in_the_store(demo: Demo, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Ask the development store's own memory."""
    file = demo.plan.state / "devstore" / "store.sqlite3"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as memory:
        return memory.execute(query, values).fetchall()


def newest_order(demo: Demo) -> int:
    """Return the last order of before."""
    return int(in_the_store(demo, "SELECT max(id) FROM orders WHERE shop = ?", SHOP)[0][0])


def unsettled(demo: Demo) -> str:
    """Say what is not done yet, or nothing."""
    waiting = requests.get(f"{demo.plan.store_url}/control/state", timeout=60).json()["deliveries"].get("waiting", 0)
    due = [count for (count,) in asked(demo, DUE)]
    return f"{waiting} not told, {due} not done" if waiting or any(due) else ""


def sent(sender: Sender) -> Iterator[Check]:
    """Say what the second shop was told, and what was answered wrongly."""
    yield at_least("acknowledged", len(sender.acknowledged), "deliveries", 1)
    for name, count in sender.sent.items():
        yield Check(f"sent_{name.replace(' ', '_')}", count, "deliveries")
    yield Check("sent_again", sender.retries, "deliveries")
    wrong = ", ".join(sorted(set(sender.faults))[:5])
    yield Check("answered_wrongly", len(sender.faults), "deliveries", target=f"<= 0 {wrong}".strip(), ok=not wrong)


def whole(sender: Sender) -> list[int]:
    """Name the orders of which every state was acknowledged."""
    told = Counter(each.number for each in sender.acknowledged.values())
    return [number for number, states in told.items() if states == STATES]


def last_states(sender: Sender) -> dict[int, int]:
    """Give what each order must be worth at last, in minor units, by its id."""
    minor = int(deliveries.total(STATES - 1).replace(".", ""))
    return {6_000_000_000_000 + number: minor for number in whole(sender)}


def checks(demo: Demo, sender: Sender, before: int) -> Iterator[Check]:
    """Compare all that can be compared."""
    yield from orders_of_the_store(demo, before)
    yield from deliveries_of_the_second(demo, sender)
    yield at_most("two_versions_at_once", sum(count for (count,) in asked(demo, TWO_LIVE)), "use cases", 0)
    yield Check("versions_made", asked(demo, MADE)[0][0], "versions")
    yield Check("went_live", asked(demo, LIVE)[0][0], "times")
    command = [sys.executable, str(ROOT / "manage.py"), "audit"]
    audit = subprocess.run(command, env=demo.env, capture_output=True, text=True)  # noqa: S603
    words = audit.stderr[-300:]
    yield Check("audit_exit_code", audit.returncode, "", target=f"0 {words}".strip(), ok=not audit.returncode)


def orders_of_the_store(demo: Demo, before: int) -> Iterator[Check]:
    """Compare every line that was sold since with what the store remembers."""
    ours = set(asked(demo, OURS, SHOP, before))
    theirs = {
        (order, line, count, bool(cancelled))
        for order, line, count, cancelled in in_the_store(demo, THEIRS, SHOP, before)
    }
    yield at_least("lines_compared", len(theirs), "lines", 1)
    yield at_most("lines_unlike_the_store", len(ours ^ theirs), "lines", 0)


def deliveries_of_the_second(demo: Demo, sender: Sender) -> Iterator[Check]:
    """Look what became of each delivery that was acknowledged, and of the orders that they told."""
    rows = asked(demo, FATES, deliveries.SHOP)
    states = {webhook_id: state for webhook_id, state, _ in rows}
    lost = [each for each in sender.acknowledged if states.get(each) not in ("applied", "superseded")]
    yield at_most("acknowledged_and_not_applied", len(lost), "deliveries", 0)
    yield at_most("applied_twice", len(rows) - len(states), "deliveries", 0)
    found = {order: (worth, lines) for order, worth, lines in asked(demo, SECOND, deliveries.SHOP)}
    right = [found.get(order) == (worth, LINES) for order, worth in last_states(sender).items()]
    yield at_least("orders_of_the_second_shop", len(right), "orders", 1)
    yield at_most("orders_not_in_their_last_state", right.count(False), "orders", 0)
