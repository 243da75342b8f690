"""A small store, served by a process of its own, and a tiny app that it meets over HTTP."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.devstore.tiny_app import TinyApp
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
SHOP = "northbeck-outfitters.myshopify.com"
CLIENT_ID, SECRET = "client-id-of-the-test", "a secret of more than thirty-two bytes"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
CONFIG = """
[access_scopes]
scopes = "read_orders,read_all_orders,read_products,read_inventory,read_locations"
optional_scopes = ["write_products", "write_analytics_annotations"]
[webhooks]
api_version = "2026-10"
  [[webhooks.subscriptions]]
  compliance_topics = ["customers/data_request", "customers/redact", "shop/redact"]
  uri = "/webhooks/shopify"
  [[webhooks.subscriptions]]
  topics = ["app/uninstalled", "app/scopes_update", "orders/create", "orders/updated", "orders/cancelled",
            "orders/edited", "orders/delete", "refunds/create", "products/create", "products/update", "products/delete",
            "inventory_levels/update", "inventory_items/update", "locations/update", "shop/update",
            "checkouts/create", "checkouts/update", "bulk_operations/finish"]
  uri = "/webhooks/shopify"
"""

# What stands on a page waits a second for the app and then shows nothing; a busy machine takes its time.
PATIENT = """const real = setTimeout;
    globalThis.setTimeout = (act, ms, ...more) => real(act, ms === 1000 ? 100000 : ms, ...more);"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def devstore(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one command of the development store and wait for it."""
    command = [sys.executable, "-m", "devstore", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@dataclass
class World:
    """Hold the addresses of the store and the app, and the few calls that tests make."""

    folder: Path
    port: int
    app: TinyApp
    shop: str = SHOP

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/shops/{self.shop}/admin"

    @property
    def admin(self) -> str:
        return f"http://localhost:{self.port}/admin/{self.shop}/apps/shopmlops"

    def control(self, lever: str, **asked: Any) -> dict[str, Any]:
        answer = requests.post(
            f"http://127.0.0.1:{self.port}/control/{lever}", json={"shop": self.shop, **asked}, timeout=60
        )
        return {"status": answer.status_code, **answer.json()}

    def state(self) -> dict[str, Any]:
        return requests.get(f"http://127.0.0.1:{self.port}/control/state", timeout=60).json()

    def id_token(self, user: str = "owner") -> str:
        address = f"http://127.0.0.1:{self.port}/control/id-token"
        return requests.get(address, params={"shop": self.shop, "user": user}, timeout=60).json()["id_token"]

    def token(self, **changes: Any) -> requests.Response:
        asked = {
            "client_id": CLIENT_ID,
            "client_secret": SECRET,
            "grant_type": EXCHANGE,
            "subject_token": changes.pop("subject_token", None) or self.id_token(),
            "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
            "requested_token_type": "urn:shopify:params:oauth:token-type:offline-access-token",
            "expiring": "1",
            **changes,
        }
        return requests.post(f"{self.api}/oauth/access_token", json=asked, timeout=60)

    def refresh(self, refresh_token: str) -> requests.Response:
        return self.token(grant_type="refresh_token", refresh_token=refresh_token)

    def call(self, access: str, text: str, /, **variables: Any) -> requests.Response:
        headers = {"X-Shopify-Access-Token": access}
        body = {"query": text, "variables": variables}
        return requests.post(f"{self.api}/api/2026-10/graphql.json", json=body, headers=headers, timeout=60)

    def graphql(self, text: str, /, **variables: Any) -> dict[str, Any]:
        return self.call(self.token().json()["access_token"], text, **variables).json()

    def bulk(self, query: str, group: bool = False) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Run a bulk export to its end and return the operation and its records."""
        start = """mutation Start($query: String!, $group: Boolean!)
            { bulkOperationRunQuery(query: $query, groupObjects: $group) {
              bulkOperation { id status url objectCount } userErrors { field message code } } }"""
        answer = self.graphql(start, query=query, group=group)["data"]["bulkOperationRunQuery"]
        if answer["userErrors"]:
            return answer, []
        assert answer["bulkOperation"]["status"] == "CREATED"
        operation = self.finished(answer["bulkOperation"]["id"])
        if not operation["url"]:
            return operation, []
        lines = requests.get(operation["url"], timeout=60).text.splitlines()
        return operation, [json.loads(line) for line in lines]

    def finished(self, number: str) -> dict[str, Any]:
        ask = """query Poll($id: ID!) { bulkOperation(id: $id)
            { id status errorCode objectCount rootObjectCount fileSize url } }"""
        return until(
            lambda: (
                operation
                if (operation := self.graphql(ask, id=number)["data"]["bulkOperation"])["status"]
                not in ("CREATED", "RUNNING")
                else None
            )
        )


@pytest.fixture(scope="session")
def app() -> Iterator[TinyApp]:
    tiny = TinyApp(free_port())
    tiny.start()
    yield tiny
    tiny.stop()


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, app: TinyApp) -> Iterator[World]:
    """Serve a store of 40 days with a dozen orders a day."""
    with serving(tmp_path_factory.mktemp("devstore"), app, days=40) as world:
        yield world


@contextmanager
def serving(folder: Path, app: TinyApp, *, days: int) -> Iterator[World]:
    """Seed a store and serve it from a process of its own."""
    port = free_port()
    (folder / "shopify.app.toml").write_text(CONFIG)
    made = devstore(folder, "seed", "--state", "state", "--shop", SHOP, "--days", str(days), "--orders-per-day", "12")
    assert made.returncode == 0, made.stderr
    command = [sys.executable, "-m", "devstore", "serve", "--state", "state", "--port", str(port)]
    command += ["--app-url", app.origin]
    secrets = {"DEVSTORE_CLIENT_ID": CLIENT_ID, "DEVSTORE_CLIENT_SECRET": SECRET, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=folder, env={**os.environ, **secrets}, stdout=subprocess.DEVNULL) as process:
        before, app.admin = app.admin, f"http://localhost:{port}"
        until(lambda: _answers(port))
        yield World(folder, port, app)
        app.admin = before
        process.terminate()


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/control/state", timeout=60).ok
    except requests.ConnectionError:
        return False


@pytest.fixture
def heard(world: World) -> Iterator[TinyApp]:
    """Start each test with no deliveries heard and no trouble planned."""
    world.control("knobs", late=0, doubled=0, reordered=0, forged=0, dropped=0)
    world.app.deliveries.clear()
    yield world.app
    world.control("knobs", late=0, doubled=0, reordered=0, forged=0, dropped=0)


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the store's time pass only by its lever."""
    from devstore import clock  # not before the tests' own day is known
    from tests.devstore import small_store

    monkeypatch.setattr(clock, "_start", small_store.MONDAY)
    monkeypatch.setattr(clock, "_ahead", 0.0)
    monkeypatch.setattr(clock.time, "time", lambda: 0.0)


@pytest.fixture
def shop(tmp_path: Path, frozen: None) -> Callable[..., Any]:
    """Return a small store on a Monday in spring, once or more often, always the same."""
    from tests.devstore import small_store

    def made(name: str = "state", per_day: float = 12, kits: float = 0) -> Any:
        return small_store.made(tmp_path / name, per_day, kits)

    return made
