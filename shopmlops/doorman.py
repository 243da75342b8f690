"""Connections that ask for nothing: how many one address may hold, and for how long.

Between a connection's first packet and a whole request the server asks nobody: it waits. Each worker therefore looks
at its own connections a few times a second, and hangs up on those that wait without a request, where one address has
too many. A connection on which an answer is being made is never touched.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

WAITING_PER_ADDRESS = 128  # in each worker; browsers hold 6, proxies some dozens
LONGEST_SILENCE = 120.0  # seconds since a client's last byte, once its answer is made
LOOK_EVERY = 0.25
FEW = WAITING_PER_ADDRESS  # open files below which nobody can be too many
LOOK_AT_FEW_EVERY = 10.0
LAST_DATA_RECEIVED = 8 + 4 * 11  # of struct tcp_info: eight bytes of state, then numbers; this one in milliseconds
Peer = tuple[str, int]


class Waiting(NamedTuple):
    """A connection without a request under way."""

    silent: float  # seconds
    peer: Peer
    file: int


class Doorman:
    """Counts a worker's requests, and hangs up on connections that have none."""

    def __init__(self) -> None:
        self.busy: set[Peer] = set()
        self.port = 0

    def watch_over(self, port: int) -> None:
        """Begin to look at the connections to a port."""
        self.port = port
        threading.Thread(target=self.watch, name="doorman", daemon=True).start()

    def enter(self, peer: Peer) -> None:
        """Note that a request came in on a connection."""
        self.busy.add(peer)

    def leave(self, peer: Peer) -> None:
        """Note that its answer is made."""
        self.busy.discard(peer)

    def watch(self) -> None:
        """Look again and again, for as long as the process lives."""
        looked = 0.0
        while True:
            time.sleep(LOOK_EVERY)
            files = os.listdir("/proc/self/fd")  # noqa: PTH208 (numbers, four times a second)
            if len(files) > FEW or time.monotonic() - looked > LOOK_AT_FEW_EVERY:
                looked = time.monotonic()
                for surplus in too_many(self.waiting(files)):
                    hang_up(surplus)

    def waiting(self, files: Iterable[str]) -> list[Waiting]:
        """List the connections to our port on which no request is under way."""
        return [found for file in files if (found := self.look_at(int(file)))]

    def look_at(self, file: int) -> Waiting | None:
        """Return what is known of a file, if it is a connection of ours that waits."""
        with contextlib.suppress(OSError), borrowed(file) as connection:
            if connection.family not in (socket.AF_INET, socket.AF_INET6) or connection.getsockname()[1] != self.port:
                return None
            peer = connection.getpeername()[:2]
            if peer not in self.busy:
                return Waiting(silence_of(connection), peer, file)
        return None


def peer_of(scope: Mapping[str, Any]) -> Peer:
    """Return the address and port that a request came from."""
    address, port = scope.get("client") or ("", 0)
    return address, int(port)


def too_many(waiting: Iterable[Waiting]) -> list[Waiting]:
    """Return of each address those beyond its number, the longest silent first, and whoever was silent too long."""
    by_address: dict[str, list[Waiting]] = defaultdict(list)
    for one in sorted(waiting):
        by_address[one.peer[0]].append(one)
    return [
        one
        for held in by_address.values()
        for place, one in enumerate(held)
        if place >= WAITING_PER_ADDRESS or one.silent > LONGEST_SILENCE
    ]


@contextlib.contextmanager
def borrowed(file: int) -> Iterator[socket.socket]:
    """Open our own handle on a socket that the server owns; OSError where the file is none, or gone."""
    handle = os.dup(file)
    try:
        connection = socket.socket(fileno=handle)
    except OSError:
        os.close(handle)
        raise
    with connection:
        yield connection


def silence_of(connection: socket.socket) -> float:
    """Return the seconds since the peer's last byte, or since it connected."""
    known = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)
    (milliseconds,) = struct.unpack_from("I", known, LAST_DATA_RECEIVED)
    return float(milliseconds / 1000)


def hang_up(one: Waiting) -> None:
    """End a connection, if the file still is it; the server finds it ended and lets go of it."""
    with contextlib.suppress(OSError), borrowed(one.file) as connection:
        if connection.getpeername()[:2] == one.peer:
            connection.shutdown(socket.SHUT_RDWR)
