"""The app in a real browser, inside the development store's admin: another origin, as Shopify's is.

The app runs in this process on the test's own rows; the store is a process of its own, met over HTTP.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.ops.supervisor import answers, free_ports
from tests import waiting
from tests.identities import SHOP

ROOT = Path(__file__).resolve().parents[2]
STAFF = {"owner": "902541635", "staff": "902541636"}
SIZES = {"desktop": (1280, 900), "small": (1040, 800), "tablet": (768, 1024), "phone": (390, 844)}


@dataclass(frozen=True)
class Store:
    """Where the development store answers."""

    port: int

    @property
    def admin(self) -> str:
        return f"http://localhost:{self.port}/admin/{SHOP}/apps/shopmlops"

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"


under_way: set[int] = set()  # requests that the app's threads are answering right now


def noted(run: Any) -> Any:
    """Note each request while the server's own method answers it."""

    def answer(handler: Any, application: Any) -> None:
        under_way.add(id(handler))
        try:
            run(handler, application)
        finally:
            under_way.discard(id(handler))

    return answer


@pytest.fixture(scope="session")
def live_server() -> Iterator[Any]:
    """Serve the app on the address by which the demo serves it."""
    from django.core.servers.basehttp import ServerHandler
    from pytest_django.live_server_helper import LiveServer

    ServerHandler.run = noted(ServerHandler.run)
    server = LiveServer("127.0.0.1:0")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def store(live_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Serve a small store that embeds the app."""
    with a_store(live_server, tmp_path_factory.mktemp("store") / "state") as served:
        yield served


@contextmanager
def a_store(live_server: Any, state: Path, port: int = 0) -> Iterator[Store]:
    """Serve a small store of its own, whose clock nobody else looks at."""
    from django.conf import settings

    port = port or free_ports(1)[0]
    secrets = {"DEVSTORE_CLIENT_ID": settings.SHOPIFY_API_KEY, "DEVSTORE_CLIENT_SECRET": settings.SHOPIFY_API_SECRET}
    run = [sys.executable, "-m", "devstore"]
    seed = [*run, "seed", "--state", str(state), "--shop", SHOP, "--days", "30", "--orders-per-day", "3"]
    subprocess.run(seed, cwd=ROOT, check=True, capture_output=True)
    serve = [*run, "serve", "--state", str(state), "--port", str(port), "--app-url", live_server.url]
    with subprocess.Popen(serve, cwd=ROOT, env=os.environ | secrets, stdout=subprocess.DEVNULL) as process:
        waiting.until(lambda: answers(f"http://127.0.0.1:{port}/control/state"), "the store")
        yield Store(port)
        process.terminate()


@pytest.fixture
def embedded(store: Store, settings: Any) -> Iterator[Store]:
    """Let the app know this store as Shopify."""
    from dashboard import framing
    from dashboard.templatetags.once import once

    settings.SHOPIFY_ADMIN_ORIGINS = [store.origin]
    settings.APP_BRIDGE_URL = f"{store.origin}/cdn/app-bridge.js"
    settings.POLARIS_URL = f"{store.origin}/cdn/polaris.js"
    settings.STRICT_STYLES = True
    settings.SHOPIFY_API_ORIGIN = f"http://127.0.0.1:{store.port}/shops/{{shop}}"
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    for remembered in (framing.content_policy, framing.preloads, once):
        remembered.cache_clear()
    yield store
    for remembered in (framing.content_policy, framing.preloads, once):
        remembered.cache_clear()


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[Any, ...]]]:
    """Note what is put on the queue, instead of doing it."""
    from pipelines.jobs.queue import Job

    seen: list[tuple[str, tuple[Any, ...]]] = []
    monkeypatch.setattr(Job, "enqueue", lambda self, *args: seen.append((self.path.rpartition(".")[2], args)))
    return seen


@pytest.fixture(scope="module")
def image() -> Any:
    """Tell the story once for all tests of a file."""
    from tests.images import Image

    return Image()


@pytest.fixture
def shop(transactional_db: None, queued: list[Any], image: Any) -> Any:
    """Return a shop with a live version and a decision that waits; the store's people are known to it."""
    return image.row(a_known_shop)


def a_known_shop() -> Any:
    from django.utils import timezone

    from pipelines.models import Staff
    from tests.dashboard import story

    shop = story.a_live_shop(24)
    for name, sub in STAFF.items():
        facts = {"is_owner": name == "owner", "is_collaborator": False, "checked_at": timezone.now()}
        Staff.objects.create(shop=shop, sub=sub, **facts)
    a_measured_quarter(shop)
    return shop


def a_measured_quarter(shop: Any) -> None:
    """Let what runs have been measured for a quarter, with a change that lasts and a feature with too few rows."""
    from django.utils import timezone

    from pipelines.models import Deployment
    from tests import measured

    now, slug = timezone.now(), "demand_forecast"
    version = Deployment.of(shop, slug).active
    measured.days(shop, slug, version, now)
    measured.outcomes(shop, slug, version, now, figures={"wape": 0.31, "bias": 0.02, "skill": 0.2, "coverage95": 0.95})
    measured.outcomes(shop, slug, None, now, figures={"wape": 0.44})
    measured.drift(shop, slug, ("y", "price", "discount", "stockout"), now, price="drift", discount="insufficient")


@dataclass
class Admin:
    """A merchant before Shopify admin, with our app in its frame."""

    page: Any
    store: Store
    problems: list[str]

    @property
    def app(self) -> Any:
        return self.page.frame_locator("iframe[data-app]")

    @property
    def inside(self) -> Any:
        """Return the frame itself, to run script in."""
        return next(frame for frame in self.page.frames if frame != self.page.main_frame)

    def open(self, path: str = "/") -> Any:
        """Open one of our pages from the admin."""
        self.page.goto(f"{self.store.admin}{path}")
        self.app.locator("s-page").wait_for()
        return self.app

    def toast(self, text: str) -> None:
        """Wait for the admin to show a message."""
        self.page.locator("[data-toasts] .toast", has_text=text).wait_for()

    def save(self) -> None:
        """Press Save in the admin's own bar."""
        self.page.locator("[data-save-bar] [data-save]").click()


@pytest.fixture
def admin(request: pytest.FixtureRequest, browser: Any, shop: Any, embedded: Store) -> Iterator[Admin]:
    """Sit down before the admin, as the owner unless the test says otherwise; the console must stay silent."""
    with sitting_down(browser, embedded, **getattr(request, "param", {})) as admin:
        yield admin
    answered()
    assert admin.problems == []


@contextmanager
def sitting_down(browser: Any, store: Store, size: str = "desktop", user: str = "owner") -> Iterator[Admin]:
    """Open a browser of one's own before the admin of a store, and note what the console says."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
    context.add_cookies([{"name": "devstore_user", "value": user, "url": store.origin}])
    page = context.new_page()
    page.set_default_timeout(1000 * waiting.SECONDS)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    yield Admin(page, store, problems)
    context.close()


def answered() -> None:
    """Wait for the app's last answers: the rows are cleared after this, and a late one would write new ones."""
    until = time.monotonic() + 2  # what has connected begins in this time; what has begun may take its own
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(max(0.0, until - time.monotonic()))
    waiting.until(lambda: not under_way, "the app's last answers")
