"""The demo without eyes: a store's orders become approved, published versions, through HTTP alone.

The development store's levers and the app's own pages are pulled as a merchant would; the database is only read,
to wait and to count.
"""

import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, TypeVar, cast
from urllib.parse import urljoin

import psycopg2
import psycopg2.extensions
import requests

from pipelines.ops.demo_settings import SHOP, DemoPlan
from pipelines.ops.supervisor import Demo, running_demo
from pipelines.usecases import USE_CASES

# Seconds after which something counts as not happening; a slow or busy machine needs many times what a quick one does.
Found = TypeVar("Found")
SOON = 600.0
LONG = 3600.0
HTTP_SECONDS = 300
TROUBLE = """
SELECT error FROM pipelines_syncrun WHERE state = 'failed' AND error <> ''
UNION ALL SELECT error FROM pipelines_trainingrun
    WHERE state = 'failed' OR state = 'stopped' AND error_code <> 'NotEnoughHistory'
UNION ALL SELECT 'Version ' || number || ' was refused: ' || (gate ->> 'text')
    FROM pipelines_modelversion, jsonb_array_elements(gates) AS gate
    WHERE state = 'refused' AND gate ->> 'verdict' = 'failed'
"""
# A family that has a version running, or that says what it lacks: no store has a history of visits on its first day.
SETTLED = """
SELECT use_case FROM pipelines_deployment WHERE active_id IS NOT NULL
UNION SELECT use_case FROM pipelines_trainingrun WHERE state = 'stopped' AND error_code = 'NotEnoughHistory'
"""
WAITING = """
SELECT DISTINCT use_case, error FROM pipelines_trainingrun
    WHERE state = 'stopped' AND error_code = 'NotEnoughHistory' ORDER BY use_case
"""
COUNTS = {
    "orders": "SELECT count(*) FROM pipelines_order WHERE deleted_at IS NULL",
    "order_lines": "SELECT count(*) FROM pipelines_orderline",
    "variants": "SELECT count(*) FROM pipelines_variant WHERE deleted_at IS NULL",
    "history_days": "SELECT coalesce(max(processed_at)::date - min(processed_at)::date + 1, 0) FROM pipelines_order",
    "webhooks_received": "SELECT count(*) FROM pipelines_webhookdelivery",
    "webhooks_applied": "SELECT count(*) FROM pipelines_webhookdelivery WHERE state IN ('applied', 'superseded')",
    "versions": "SELECT count(*) FROM pipelines_modelversion",
    "rows_said": " UNION ALL ".join(
        f"SELECT 1 FROM pipelines_{output.table.lower()}" for case in USE_CASES.values() for output in case.outputs
    ).join(("SELECT count(*) FROM (", ") AS said")),
}


class SmokeFailed(Exception):
    """What did not happen, in a sentence."""


@dataclass
class Merchant:
    """The shop's owner, with a fresh ID token for every request, as App Bridge gives it."""

    plan: DemoPlan

    def get(self, path: str) -> str:
        """Return a page of the app."""
        return self._checked(requests.get(self._at(path), headers=self._proof(), timeout=HTTP_SECONDS))

    def post(self, path: str, fields: dict[str, str]) -> str:
        """Send a form and return the page that it leads to."""
        answer = requests.post(self._at(path), data=fields, headers=self._proof(), timeout=HTTP_SECONDS)
        return self._checked(answer)

    def pull(self, lever: str, **wishes: Any) -> Any:
        """Let something happen in the development store."""
        address = f"{self.plan.store_url}/control/{lever}"
        answer = requests.post(address, json={"shop": SHOP, **wishes}, timeout=HTTP_SECONDS)
        self._checked(answer)
        return answer.json()

    def look(self, what: str) -> Any:
        """Return what the development store says of itself."""
        answer = requests.get(f"{self.plan.store_url}/control/{what}", params={"shop": SHOP}, timeout=HTTP_SECONDS)
        self._checked(answer)
        return answer.json()

    def _at(self, path: str) -> str:
        return urljoin(self.plan.app_url, path)

    def _proof(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.look('id-token')['id_token']}"}

    def _checked(self, answer: requests.Response) -> str:
        if answer.status_code >= 400:
            raise SmokeFailed(
                f"{answer.request.method} {answer.url} answered {answer.status_code}: {answer.text[:300]}"
            )
        return answer.text


@dataclass(frozen=True)
class Form:
    """Where a form is sent, the values it carries, and those that a person may change."""

    address: str
    carried: dict[str, str] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)


class Forms(HTMLParser):
    """Collect the forms of a page, of which some may have one address."""

    SHOWN = ("s-text-field", "s-number-field", "s-select")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.feed(page)

    @property
    def found(self) -> dict[str, dict[str, str]]:
        """Give the values that forms carry, by address."""
        return {form.address: form.carried for form in self.forms}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(values.get("action", "")))
        elif tag == "input" and self.forms and values.get("name"):
            self.forms[-1].carried[values["name"]] = values.get("value", "")
        elif tag in self.SHOWN and self.forms and values.get("name"):
            self.forms[-1].shown[values["name"]] = values.get("value", "")


@dataclass
class Reader:
    """A connection that can only read."""

    connection: psycopg2.extensions.connection

    def all(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()

    def named(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()

    def one(self, query: str, *values: Any) -> Any:
        rows = self.all(query, *values)
        return rows[0][0] if rows else None


@contextmanager
def reading(demo: Demo) -> Iterator[Reader]:
    """Open the demo's database for reading."""
    read_only = "-c default_transaction_read_only=on"
    connection = psycopg2.connect(demo.env["DATABASE_URL"], options=read_only)
    try:
        yield Reader(connection)
    finally:
        connection.close()


def run(plan: DemoPlan, then: Callable[[Demo, Reader], dict[str, Any]] | None = None) -> dict[str, Any]:
    """Take one store from its orders to approved versions; return what was counted on the way, or what came then."""
    begun = time.monotonic()
    with running_demo(plan, tell) as demo, reading(demo) as reader:
        merchant = Merchant(demo.plan)
        install(merchant)
        while decision := wait_for_decision(merchant, reader):
            approve(merchant, reader, *decision)
        wait_for_publication(merchant, reader)
        if then:
            return then(demo, reader)
        receive_an_order(merchant, reader)
        return {
            **{name: reader.one(query) for name, query in COUNTS.items()},
            "models": figures(reader),
            "waiting": dict(reader.all(WAITING)),
            "pages_ok": [page for page in pages(merchant.get("/")) if merchant.get(page)],
            "seconds": round(time.monotonic() - begun, 1),
        }


def pages(home: str) -> list[str]:
    """List the pages that the app's own menu and Home lead to, each once."""
    return [*dict.fromkeys(["/", *re.findall(r'<s-link href="(/[a-z_/-]+)"', home)])]


def install(merchant: Merchant) -> None:
    """Open the app for the first time, and let it write products."""
    merchant.get("/")
    merchant.pull("scopes", grant=["write_products"])
    tell("Installed; the history is being imported ...")


def wait_for_decision(merchant: Merchant, reader: Reader) -> tuple[str, dict[str, str]] | None:
    """Wait until Home leads to a card that can be approved; return where its form goes and what it carries.

    On days of a freeze, as Black Friday's, it is lifted for that version. Nothing where every family runs, or says
    what it lacks.
    """

    def decision() -> tuple[str, dict[str, str]] | bool | None:
        trouble = reader.one(TROUBLE)
        if trouble:
            raise SmokeFailed(f"The app stopped: {trouble}")
        link = re.search(r'href="(/releases/\d+)"', merchant.get("/"))
        forms = Forms(merchant.get(link[1])).found if link else {}
        lifts = next((form for form in forms.items() if form[0].endswith("/lift")), None)
        if lifts:
            forms = Forms(merchant.post(*lifts)).found
        asked = next((form for form in forms.items() if form[0].endswith("/approve")), None)
        return asked or {slug for (slug,) in reader.all(SETTLED)} >= USE_CASES.keys()

    form = wait(decision, LONG, "no version asked for a decision")
    if form is True:
        return None
    tell("A version was trained, replayed and waits for a decision ...")
    return cast(tuple[str, dict[str, str]], form)


def approve(merchant: Merchant, reader: Reader, address: str, shown: dict[str, str]) -> None:
    """Press Approve with exactly what the card shows; wait until the version is live."""
    merchant.post(address, shown)
    live = "SELECT 1 FROM pipelines_release r JOIN pipelines_deployment d ON d.active_id = r.version_id WHERE r.id = %s"
    wait(lambda: reader.one(live, int(address.split("/")[2])), SOON, "the approved version did not go live")
    tell("Approved and live; its answers are being written and published ...")


def wait_for_publication(merchant: Merchant, reader: Reader) -> None:
    """Wait for stored answers, and for their figures on the store's variants."""
    wait(lambda: reader.one(COUNTS["rows_said"]), LONG, "no answer was stored")
    wait(lambda: merchant.look("state")["shops"][SHOP]["metafields"], LONG, "nothing was published to the store")


def receive_an_order(merchant: Merchant, reader: Reader) -> None:
    """Place an order in the store and wait until a webhook has brought it."""
    order = merchant.pull("place-order")["order_id"]
    query = "SELECT 1 FROM pipelines_order WHERE shopify_id = %s"
    wait(lambda: reader.one(query, order), SOON, f"order {order} did not arrive by webhook")
    due = "SELECT count(*) = 0 FROM pipelines_webhookdelivery WHERE state IN ('received', 'failed')"
    wait(lambda: reader.one(due), SOON, "deliveries stayed undone")
    tell("An order came in by webhook.")


def figures(reader: Reader) -> dict[str, dict[str, Any]]:
    """Return what is known of each live version."""
    query = """SELECT v.use_case, v.number, v.metrics, v.replay FROM pipelines_deployment d
        JOIN pipelines_modelversion v ON v.id = d.active_id ORDER BY v.use_case"""
    return {slug: known_of(slug, number, metrics, replay) for slug, number, metrics, replay in reader.all(query)}


def known_of(slug: str, number: int, metrics: dict[str, Any], replay: dict[str, Any]) -> dict[str, Any]:
    """Return a version's number, its first metric beside the simple rule's, and what it is worth."""
    case = USE_CASES[slug]
    ours, naive = (metrics[who][case.primary_metric.name] for who in ("candidate", case.gates.baseline))
    against_naive = (replay.get("versus", {}).get("naive") or [{}])[0]
    known = {
        "live_version": number,
        "error_beside_simple_rule": round(ours / naive, 4) if ours is not None and naive else None,
        "profit_change": against_naive.get("profit"),
        "profit_interval": against_naive.get("interval"),
    }
    return known if known["profit_change"] is not None else {**known, "profit_reason": replay.get("reason")}


def wait(ready: Callable[[], Found | None], seconds: float, otherwise: str) -> Found:
    """Return the first thing that is true, or say what did not happen."""
    deadline = time.monotonic() + seconds
    while not (found := ready()):
        if time.monotonic() > deadline:
            raise SmokeFailed(f"After {seconds:.0f} seconds {otherwise}.")
        time.sleep(1)
    return found


def tell(text: str) -> None:
    """Report progress where it does not mix with the result."""
    print(text, file=sys.stderr, flush=True)
