"""A stream is for who proves the shop, as long as it has the app; it says what changed, and ends by itself."""

from __future__ import annotations

import asyncio
import threading

import pytest
from django.utils import timezone

from pipelines.endpoints.live import door, hub
from pipelines.lifecycle.alerts import board
from pipelines.lifecycle.pages import changes
from pipelines.models import Shop
from tests.factories import a_shop
from tests.identities import OTHER_SHOP, SHOP, id_token
from tests.loops import run
from tests.pipelines.endpoints.live.listening import Page, listening

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Look often, and give each test a hub of its own whose thread ends its connection."""
    own = hub.Hub()
    monkeypatch.setattr(hub, "PAUSE", 0.001)
    monkeypatch.setattr(door, "hub", lambda: own)
    return own


@pytest.fixture
def shop():
    return a_shop(domain=SHOP)


def seen(domain: str = SHOP) -> bytes:
    """Return the query of a page that was rendered just now."""
    return b"seen=" + changes.written(changes.mark(domain, timezone.now())).encode()


async def look(own: hub.Hub) -> None:
    """Do what the hub's thread does: one look, on a thread."""

    def once() -> None:
        try:
            own.look()
        finally:
            hub.connection.close()

    await asyncio.to_thread(once)
    await asyncio.sleep(0)


async def opened(own: hub.Hub, **asked) -> tuple[Page, asyncio.Task]:
    """Open a stream and let the first look come."""
    page = Page(**asked)
    task = asyncio.ensure_future(page.ask())
    await asyncio.sleep(0.01)
    await look(own)
    await page.until(lambda: len(page.sent) > 1 or task.done())
    return page, task


async def closed(page: Page, task: asyncio.Task) -> None:
    page.hung_up.set()
    await asyncio.wait_for(task, 60)


class TestWhoMayListen:
    @pytest.mark.parametrize(
        "token",
        ["", "a.b.c", lambda: id_token(exp=1), lambda: id_token(secret="x" * 40), lambda: id_token(aud="other")],
    )
    def test_nobody_without_a_fresh_token_of_ours(self, shop, quick, token):
        given = token if isinstance(token, str) else token()
        page = run(Page(token=given).ask())
        assert page.status == 401
        assert (b"x-shopify-retry-invalid-session-request", b"1") in page.sent[0]["headers"]
        assert quick.count == 0

    def test_a_token_in_the_address_is_none(self, shop):
        assert run(Page(token="", query_string=b"id_token=" + id_token().encode()).ask()).status == 401

    def test_it_is_only_read(self, shop):
        assert run(Page(method="POST").ask()).status == 405

    @pytest.mark.parametrize("known", [False, True])
    def test_no_shop_that_has_not_the_app(self, quick, known):
        if known:
            a_shop(domain=SHOP, uninstalled_at=timezone.now())

        async def story():
            page, task = await opened(quick)
            await asyncio.wait_for(task, 60)
            return page

        assert run(story()).status == 403
        assert quick.count == 0

    def test_where_nobody_can_look_it_is_said_at_once(self, shop, quick, monkeypatch):
        monkeypatch.setattr(door, "FIRST_SECONDS", 0.01)
        assert run(Page().ask()).status == 503
        assert quick.count == 0


class TestWhatIsTold:
    def test_nothing_while_nothing_changes(self, shop, quick):
        rendered = seen()

        async def story():
            page, task = await opened(quick, query_string=rendered)
            await look(quick)
            await closed(page, task)
            return page

        page = run(story())
        assert page.status == 200 and page.events == []

    def test_what_changed_by_topic_and_nothing_of_it(self, shop, quick):
        rendered = seen()

        async def story():
            page, task = await opened(quick, query_string=rendered)
            await asyncio.to_thread(an_alert, shop)
            await look(quick)
            await page.until(lambda: page.events)
            await look(quick)
            await closed(page, task)
            return page

        page = run(story())
        assert page.events == ["alerts"]
        assert "slow" not in page.text

    def test_what_changed_between_page_and_stream(self, shop, quick):
        before = seen()
        an_alert(shop)

        async def story():
            page, task = await opened(quick, query_string=before)
            await page.until(lambda: page.events)
            await closed(page, task)
            return page

        assert run(story()).events == ["alerts"]

    def test_a_stream_that_comes_back_is_told_what_it_missed_and_no_more(self, shop, quick):
        first = seen()
        an_alert(shop)
        told = seen().removeprefix(b"seen=")

        async def story():
            page, task = await opened(quick, query_string=first, headers=[(b"last-event-id", told)])
            await closed(page, task)
            return page

        assert run(story()).events == []

    def test_nothing_of_another_shop(self, shop, quick):
        other = a_shop(domain=OTHER_SHOP)

        rendered = seen()

        async def story():
            page, task = await opened(quick, query_string=rendered)
            await asyncio.to_thread(an_alert, other)
            await look(quick)
            await closed(page, task)
            return page

        assert run(story()).events == []


class TestHowItEnds:
    def test_by_itself_after_a_while(self, shop, quick, monkeypatch):
        monkeypatch.setattr(door, "LIFE", 0.0)
        monkeypatch.setattr(door, "HEARTBEAT", 0.01)

        async def story():
            page, task = await opened(quick)
            await asyncio.wait_for(task, 60)
            return page

        page = run(story())
        assert page.status == 200 and page.is_over
        assert quick.count == 0 and not quick.streams

    def test_when_the_shop_uninstalls(self, shop, quick):
        async def story():
            page, task = await opened(quick)
            await asyncio.to_thread(uninstalled)
            await look(quick)
            await asyncio.wait_for(task, 60)
            return page

        assert run(story()).is_over
        assert quick.count == 0

    def test_when_its_reader_does_not_read(self, shop, quick, monkeypatch):
        monkeypatch.setattr(door, "STALLED_SECONDS", 0.01)
        monkeypatch.setattr(door, "HEARTBEAT", 0.01)

        async def story():
            page, task = await opened(quick)
            page.reads.clear()
            await asyncio.wait_for(task, 60)

        run(story())
        assert quick.count == 0

    def test_when_nobody_can_look_any_more(self, shop, quick, monkeypatch):
        monkeypatch.setattr(door, "HEARTBEAT", 0.01)

        async def story():
            page, task = await opened(quick)
            monkeypatch.setattr(hub, "STALE_AFTER", -1.0)
            await asyncio.wait_for(task, 60)
            return page

        assert run(story()).is_over

    def test_it_is_a_sign_of_life_until_then(self, shop, quick, monkeypatch):
        monkeypatch.setattr(door, "HEARTBEAT", 0.01)

        rendered = seen()

        async def story():
            page, task = await opened(quick, query_string=rendered)
            await page.until(lambda: page.text.count(": still here") > 3)
            await closed(page, task)
            return page

        assert run(story()).events == []


def uninstalled() -> None:
    Shop.objects.update(uninstalled_at=timezone.now())
    hub.connection.close()


def an_alert(shop) -> None:
    """Tell of something, on a thread whose connection is closed after it."""
    board.tell(shop, "slow", title="Answers are slow", next_step="Wait.", now=timezone.now())
    hub.connection.close()


def test_the_hubs_own_thread_looks_for_who_comes(shop, monkeypatch):
    own, is_over = hub.Hub(), threading.Event()
    monkeypatch.setattr(door, "hub", lambda: own)

    def look_on() -> None:
        own.look_on(is_over.is_set)
        hub.connection.close()

    thread = threading.Thread(target=look_on, daemon=True)

    rendered = seen()

    async def story():
        thread.start()
        async with listening(query_string=rendered) as page:
            await asyncio.to_thread(an_alert, shop)
            await page.until(lambda: page.events)
        return page

    try:
        assert run(story()).events == ["alerts"]
    finally:
        is_over.set()
        own.called.set()
        thread.join(60)
