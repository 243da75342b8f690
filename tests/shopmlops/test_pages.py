"""The door to Django: its threads wait for no client, and what cannot be served is said at once."""

import asyncio
import threading
from collections.abc import Iterable
from typing import Any

import pytest

from dashboard.embedding import LARGEST_REQUEST
from pipelines.endpoints import patience
from shopmlops import pages
from shopmlops.doorman import LONGEST_SILENCE, WAITING_PER_ADDRESS, Waiting, too_many
from tests.loops import run

PEER = ("198.51.100.7", 4711)


def scope(path: str = "/", method: str = "GET", client: Any = PEER, **headers: str) -> dict[str, Any]:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": pairs,
        "client": client,
        "server": ("127.0.0.1", 8000),
        "scheme": "http",
    }


async def ask(door: Any, asked: dict[str, Any], parts: Iterable[bytes] = (b"",)) -> tuple[int, bytes]:
    """Ask a door; a client whose parts are used up sends no more, and stays."""
    left, said = list(parts), []

    async def receive() -> dict[str, Any]:
        if not left:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    await door(asked, receive, send)
    return said[0]["status"], b"".join(message.get("body", b"") for message in said[1:])


def echo(environ: dict[str, Any], start: Any) -> list[bytes]:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    start("200 OK", [("Content-Type", "text/plain")])
    return [environ["wsgi.input"].read(length)] * 3


def test_a_body_comes_whole_and_an_answer_larger_than_memory_goes_whole() -> None:
    body = b"x" * 1_000_000
    asked = scope(method="POST", content_length=str(len(body)))
    door = pages.Pages(echo).door
    assert run(ask(door, asked, [body[:10], body[10:500_000], body[500_000:]])) == (200, body * 3)


def test_a_body_that_was_not_announced_is_not_read() -> None:
    assert run(ask(pages.Pages(echo).door, scope(method="POST"), [b"x" * 100])) == (200, b"")


@pytest.mark.parametrize("length", [str(LARGEST_REQUEST + 1), "9" * 5000, "-1", "ten", "²"])
def test_a_body_that_is_too_large_is_refused_unread(length: str) -> None:
    assert run(ask(pages.Pages(echo).door, scope(method="POST", content_length=length), []))[0] == 413


def test_a_body_that_does_not_come_takes_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "FIRST_SECONDS", 0.05)
    door = pages.Pages(echo)

    async def attack() -> list[tuple[int, bytes]]:
        slow = [asyncio.create_task(ask(door.door, scope(method="POST", content_length="100"), [])) for _ in range(50)]
        first = await ask(door.door, scope())
        return [first, *await asyncio.gather(*slow)]

    answers = run(attack())
    assert answers[0] == (200, b"")
    assert {status for status, _ in answers[1:]} == {408}
    assert patience.Held.total == 0 and not door.asking


def test_bodies_may_fill_only_so_much_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "UNREAD", 1000)
    asked = scope(method="POST", content_length="2000")
    assert run(ask(pages.Pages(echo).door, asked, [b"x" * 1001]))[0] == 503
    assert patience.Held.total == 0


def test_where_every_thread_is_busy_the_next_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "WAIT_SECONDS", 0.05)
    release = threading.Event()

    def stuck(environ: dict[str, Any], start: Any) -> list[bytes]:
        release.wait()
        return echo(environ, start)

    async def crowd() -> tuple[tuple[int, bytes], set[int]]:
        door = pages.Pages(stuck).door
        held = [asyncio.create_task(ask(door, scope())) for _ in range(pages.THREADS)]
        await asyncio.sleep(0)
        told = await ask(door, scope())
        release.set()
        return told, {status for status, _ in await asyncio.gather(*held)}

    told, others = run(crowd())
    assert (told[0], others) == (503, {200})


def test_one_address_does_not_take_every_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PER_ADDRESS", 3)

    async def crowd() -> list[int]:
        door = pages.Pages(echo).door
        waiting = [asyncio.create_task(ask(door, scope(method="POST", content_length="9"), [])) for _ in range(3)]
        await asyncio.sleep(0.01)
        told = [(await ask(door, scope()))[0], (await ask(door, scope(client=("198.51.100.8", 1))))[0]]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return [*told, (await ask(door, scope()))[0]]

    assert run(crowd()) == [503, 200, 200]


def test_an_answer_that_nobody_takes_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "STALLED_SECONDS", 0.05)
    taken = []

    async def send(message: dict[str, Any]) -> None:
        taken.append(message)
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def receive() -> dict[str, Any]:
        return await asyncio.Event().wait()

    run(pages.Pages(echo).door(scope(), receive, send))
    assert len(taken) == 2


def test_a_reader_that_left_gets_no_more() -> None:
    sent = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        await asyncio.sleep(0.001)

    def long(environ: dict[str, Any], start: Any) -> list[bytes]:
        start("200 OK", [])
        return [b"x" * 5_000_000]

    run(pages.Pages(long).door(scope(), receive, send))
    assert len(sent) < 5_000_000 / patience.CHUNK


@pytest.mark.parametrize(
    ("client", "forwarded", "address"),
    [
        ("93.184.216.34", "1.1.1.1", "93.184.216.34"),  # nobody chooses an address of his own
        ("10.0.0.3", "8.8.8.8, 93.184.216.34", "93.184.216.34"),  # the last one is what our own proxy saw
        ("127.0.0.1", "", "127.0.0.1"),
        ("", "x" * 500, "x" * 45),
    ],
)
def test_whose_request_it_is(client: str, forwarded: str, address: str) -> None:
    headers = {"x_forwarded_for": forwarded} if forwarded else {}
    assert pages.address_of(scope(client=(client, 1), **headers)) == address


def test_the_doorman_ends_the_longest_silent_of_an_address_and_spares_the_others() -> None:
    crowd = [Waiting(float(n) / 100, ("198.51.100.7", n), n) for n in range(WAITING_PER_ADDRESS + 2)]
    others = [Waiting(1.0, ("198.51.100.8", 1), 900), Waiting(LONGEST_SILENCE + 1, ("198.51.100.9", 1), 901)]
    assert {one.file for one in too_many([*others, *crowd])} == {WAITING_PER_ADDRESS, WAITING_PER_ADDRESS + 1, 901}
