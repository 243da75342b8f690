"""A port of this machine that leads to a unix socket: containers reach the embedded services by it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PIECE = 65_536


@contextmanager
def forwarded(path: Path) -> Iterator[int]:
    """Listen on a free port of 127.0.0.1 for as long as the block works, and give its number."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=let_in, args=(door, path), daemon=True).start()
        yield int(door.getsockname()[1])


def let_in(door: socket.socket, path: Path) -> None:
    """Connect whoever comes, until the door is closed."""
    with suppress(OSError):
        while True:
            caller, _ = door.accept()
            inside = socket.socket(socket.AF_UNIX)
            inside.connect(str(path))
            for one, other in ((caller, inside), (inside, caller)):
                threading.Thread(target=carry, args=(one, other), daemon=True).start()


def carry(one: socket.socket, other: socket.socket) -> None:
    """Pass on what one says until it says no more."""
    with suppress(OSError):
        while piece := one.recv(PIECE):
            other.sendall(piece)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)
