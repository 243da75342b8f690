"""Streams under the real server: told across processes, bounded, and in nobody's way."""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack

import pytest
from django.utils import timezone

from pipelines.endpoints.live.hub import PER_SHOP
from pipelines.lifecycle.alerts import board
from shopmlops.server import WORKERS
from tests import waiting
from tests.factories import a_shop
from tests.identities import SHOP
from tests.shopmlops.live_web import heard, is_well, listen, status, web_on_these_rows

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop():
    return a_shop(domain=SHOP)


@pytest.fixture
def web(tmp_path, shop):
    """Serve the test's rows; two workers, as in production."""
    with web_on_these_rows(tmp_path) as started:
        yield started


def an_alert(shop, key: str = "slow") -> None:
    board.tell(shop, key, title="Answers are slow", next_step="Wait.", now=timezone.now())


def workers_of(process) -> list[int]:
    """List the processes that answer for a server."""
    children = f"/proc/{process.pid}/task/{process.pid}/children"
    with open(children) as file:
        return [int(pid) for pid in file.read().split()]


def test_streams_are_told_ended_and_bounded_and_stop_nobody(web, shop):
    with listen(web) as client:
        said = heard(client, b"event: changed")
        assert said.startswith(b"HTTP/1.1 200") and b"text/event-stream" in said.lower()
        an_alert(shop)
        assert b"data: alerts" in heard(client, b"data: alerts")
    with ExitStack() as stack:
        clients = [stack.enter_context(listen(web, window=4096)) for _ in range(1000)]  # which read nothing but a line
        answers = [status(client) for client in clients]
        assert set(answers) == {200, 503}
        assert answers.count(200) <= WORKERS * PER_SHOP
        assert is_well(web)
        an_alert(shop, "also")
        kept = clients[answers.index(200)]
        assert b"data: alerts" in heard(kept, b"data: alerts")
        shop.uninstalled_at = timezone.now()
        shop.save()
        assert heard(kept, b"never said").endswith(b"0\r\n\r\n"), "the stream ended, and did not break off"
    with listen(web) as late:
        assert status(late) == 403


def test_a_worker_that_is_killed_takes_its_streams_with_it_and_others_serve_those_who_come_back(web, shop):
    with ExitStack() as stack:
        clients = [stack.enter_context(listen(web)) for _ in range(8)]
        assert {status(client) for client in clients} == {200}
        for pid in workers_of(web.process):
            os.kill(pid, signal.SIGKILL)
        for client in clients:
            assert ended(client)
    waiting.until(lambda: comes_back(web), "a worker that streams again")


def ended(client) -> bool:
    """Wait until a connection is gone."""
    try:
        return heard(client, b"never said") is not None
    except ConnectionError:
        return True


def comes_back(web) -> bool:
    """Tell whether a stream is opened again."""
    time.sleep(0.1)
    try:
        with listen(web) as client:
            return status(client) == 200
    except (ConnectionError, IndexError):
        return False
