"""What every test gets: a real PostgreSQL and Redis, a clock, jobs run on the spot, files that lie outside.

The tests live on a day of their own, whatever this machine's clock says; TESTS_AT=2028-02-29T12:00 is another.

Under pytest-xdist each worker has a PostgreSQL and a Redis of its own, so no test meets the rows of another.
"""

import base64
import gc
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import django
import hypothesis
import pytest

from pipelines.ops import chromium
from pipelines.ops.embedded import embedded_services
from pipelines.ops.errors import ServiceError
from tests import times, waiting

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
LONGEST = ("test_demo.py", "test_a_month.py")

started = ExitStack()
# How long an example takes says something of the machine, nothing of the code.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")


def pytest_configure(config: pytest.Config) -> None:
    """Start the services before Django reads where they are; nothing is left to set up by hand."""
    if deals_out_tests(config):
        return
    times.turn()
    state = Path(started.enter_context(tempfile.TemporaryDirectory(prefix="shopmlops-tests-")))
    state.chmod(0o711)  # run by root, PostgreSQL is another user and must pass
    # pytest's own place for temporary folders is cleaned by age, and by this clock other runs' would seem old.
    config.option.basetemp = config.option.basetemp or state / "pytest"
    os.environ.setdefault("SHOPMLOPS_STATE", str(state))
    os.environ.setdefault("SIGNING_KEY", base64.b64encode(os.urandom(32)).decode())
    if not {"DATABASE_URL", "REDIS_URL"} <= os.environ.keys():
        start_services(state)
    elif worker := os.environ.get("PYTEST_XDIST_WORKER"):  # pytest-django gives it a database of its own
        os.environ["REDIS_URL"] = database_of_redis(os.environ["REDIS_URL"], worker)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shopmlops.settings")  # not before: workers inherit it too early
    django.setup()


def deals_out_tests(config: pytest.Config) -> bool:
    """Tell whether this process runs no test itself, but hands them to workers."""
    return bool(getattr(config.option, "tx", None)) and "PYTEST_XDIST_WORKER" not in os.environ


def database_of_redis(url: str, worker: str) -> str:
    """Return the address of the worker's own database in a Redis that all share."""
    return f"{url}{'&' if '?' in url else '?'}db={int(worker.removeprefix('gw')) + 1}"


def start_services(state: Path) -> None:
    try:
        services = started.enter_context(embedded_services(state / "services", fsync=False))
    except ServiceError as error:
        raise pytest.UsageError(str(error)) from None
    for name, value in services.environment().items():
        os.environ.setdefault(name, value)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest: the last worker to end does so with a short one."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


def pytest_collection_finish() -> None:
    """Let the garbage collector look at what tests leave, no more at what was imported."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


def pytest_unconfigure(config: pytest.Config) -> None:
    started.close()


@pytest.fixture(autouse=True, scope="session")
def rows_are_deleted() -> Iterator[None]:
    """Clear the tables in a moment after a test that asked for real transactions."""
    from django.test import TransactionTestCase

    from tests import clearing

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", clearing.clear)
        yield


@pytest.fixture(autouse=True, scope="session")
def locks() -> Iterator[list[str]]:
    """Watch in which order transactions lock rows."""
    from tests import locking

    with locking.watched() as wrong:
        yield wrong


@pytest.fixture(autouse=True)
def shops_are_locked_first(locks: list[str]) -> Iterator[None]:
    """Fail the test in which a transaction locks its shop after rows of it."""
    locks.clear()
    yield
    assert not locks, locks[0]


@pytest.fixture(autouse=True)
def passwords_are_hashed_in_a_moment(settings: Any) -> None:
    """Hash as nobody should in production, where it takes a tenth of a second on purpose."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def jobs_inline(settings: Any) -> None:
    """Run a job where it is enqueued, with its errors, as soon as the transaction commits."""
    settings.JOBS_INLINE = True


@pytest.fixture(autouse=True)
def commits_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run on_commit hooks when the code's own outermost block ends: the test's block never commits."""
    from django.db import connections, transaction
    from django.db.backends.base.base import BaseDatabaseWrapper

    leave, register = transaction.Atomic.__exit__, BaseDatabaseWrapper.on_commit

    def on_commit(self: BaseDatabaseWrapper, func: Callable[[], None], robust: bool = False) -> None:
        register(self, func, robust)
        run_hooks(self)

    def exit_block(self: transaction.Atomic, *error: Any) -> None:
        leave(self, *error)
        run_hooks(connections[self.using or "default"])

    monkeypatch.setattr(BaseDatabaseWrapper, "on_commit", on_commit)
    monkeypatch.setattr(transaction.Atomic, "__exit__", exit_block)


def run_hooks(connection: Any) -> None:
    """Run the waiting hooks where only the test's own block is open."""
    blocks = connection.atomic_blocks
    if not blocks or connection.needs_rollback or not all(block._from_testcase for block in blocks):
        return
    while connection.run_on_commit:
        _, hook, _ = connection.run_on_commit.pop(0)
        hook()


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real data and Shopify's own files, which lies beside the repository."""
    if not SHARED.is_dir():
        pytest.skip(f"needs {SHARED}, which is not part of the repository")
    return SHARED


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Start the machine's Chromium, without a window."""
    program = chromium.program()
    if program is None:
        pytest.skip(f"needs Chromium: {chromium.INSTALL}")
    playwright = pytest.importorskip("playwright.sync_api")
    playwright.expect.set_options(timeout=1000 * waiting.SECONDS)
    # Playwright runs a loop in this thread; Django's rows are still only touched between its steps.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=program, args=chromium.FLAGS)
        yield opened
        opened.close()


@pytest.fixture(autouse=True)
def nobody_is_called(settings: Any) -> None:
    """Keep every test on this machine: Shopify is nowhere until a test says where."""
    settings.SHOPIFY_API_ORIGIN = "http://127.0.0.1:9/{shop}"


@pytest.fixture
def shopify(settings: Any) -> Iterator[Any]:
    """Stand in for Shopify at the network's edge: it answers as a test tells it to."""
    from tests.fake_shopify import running

    with running() as fake:
        settings.DEMO = True  # files may come from loopback
        settings.SHOPIFY_API_ORIGIN = f"{fake.origin}/shops/{{shop}}"
        settings.SHOPIFY_BULK_HOSTS = [fake.host]
        yield fake
