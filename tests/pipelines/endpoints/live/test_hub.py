"""So many may listen, one look serves them all, and a stream keeps nothing but what its page has seen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from pipelines.endpoints.live import hub
from tests.loops import run

OLD = {"alerts": "1", "data": "1"}
NEW = {"alerts": "2", "data": "2"}


def on_a_loop(story: Callable[[], object]) -> object:
    """Run what needs an event loop."""

    async def inside() -> object:
        return story()

    return run(inside())


def test_one_shop_has_so_many_streams_and_another_still_finds_room():
    def story():
        own = hub.Hub()
        taken = [own.join("a", {}) for _ in range(1000)]
        return len([one for one in taken if one]), own.join("b", {}) is not None, own.count

    assert on_a_loop(story) == (hub.PER_SHOP, True, hub.PER_SHOP + 1)


def test_all_shops_together_have_so_many():
    def story():
        own = hub.Hub()
        return sum(own.join(f"shop-{number}", {}) is not None for number in range(hub.IN_ALL + 10))

    assert on_a_loop(story) == hub.IN_ALL


def test_who_leaves_makes_room_and_leaves_nothing_behind():
    def story():
        own = hub.Hub()
        for _ in range(3):
            for stream in [own.join("a", {}) for _ in range(hub.PER_SHOP)]:
                own.leave(stream)
        return own.count, dict(own.streams)

    assert on_a_loop(story) == (0, {})


def test_a_thousand_streams_are_one_question(monkeypatch):
    asked: list[list[str]] = []

    async def story():
        own = hub.Hub()
        monkeypatch.setattr(hub.changes, "marks", lambda domains, now: asked.append(domains) or {})
        for number in range(1000):
            own.join(f"shop-{number % 100}", {})
        await asyncio.to_thread(own.look)

    run(story())
    assert [len(domains) for domains in asked] == [100]


def test_nobody_is_asked_for_where_nobody_listens(monkeypatch):
    monkeypatch.setattr(hub.changes, "marks", lambda domains, now: pytest.fail("nobody listens"))
    hub.Hub().look()


def test_what_comes_all_the_time_is_told_now_and_then(monkeypatch):
    now = 1000.0
    monkeypatch.setattr(hub.time, "monotonic", lambda: now)
    stream = on_a_loop(lambda: hub.Stream("a", OLD))
    stream.see(NEW)
    assert stream.take() == ["alerts", "data"]
    stream.see({"alerts": "3", "data": "3"})
    assert stream.take() == ["alerts"], "orders were told of just now"
    now += hub.AT_MOST_EVERY["data"]
    stream.see({"alerts": "3", "data": "4"})
    assert stream.take() == ["data"]


def test_a_stream_that_nobody_reads_holds_one_mark_however_much_changes():
    stream = on_a_loop(lambda: hub.Stream("a", OLD))
    for number in range(10_000):
        stream.see(OLD | {"alerts": str(number)})
    assert (stream.seen, stream.now) == (OLD, OLD | {"alerts": "9999"})
    assert stream.take() == ["alerts"]


def test_a_database_that_is_away_ends_no_thread(monkeypatch):
    own, looks = hub.Hub(), []

    def look() -> None:
        looks.append(1)
        raise RuntimeError("away")

    monkeypatch.setattr(own, "look", look)
    monkeypatch.setattr(hub, "PAUSE", 0.0)
    own.called.set()
    own.look_on(until=lambda: own.called.set() or len(looks) >= 3)
    assert len(looks) >= 3
