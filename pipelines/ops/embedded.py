"""Real PostgreSQL and Redis for as long as a block of code needs them."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipelines.ops import layout, postgres, redis_server
from pipelines.ops.errors import ServiceError


@dataclass(frozen=True)
class Services:
    """Where the app finds its database and its queues."""

    database_url: str
    redis_url: str

    def environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}


@contextmanager
def embedded_services(state: Path, *, fsync: bool = True) -> Iterator[Services]:
    """Run PostgreSQL and Redis on unix sockets under the state folder; stop both at the end."""
    places = layout.prepare(state)
    with ExitStack() as stack:
        stack.enter_context(only_one(places.state))
        stack.callback(shutil.rmtree, places.sockets, ignore_errors=True)
        database = postgres.start(places, fsync=fsync)
        stack.callback(database.stop)
        queue = redis_server.start(places)
        stack.callback(queue.stop)
        yield Services(postgres.url(places), redis_server.url(places))


@contextmanager
def only_one(state: Path) -> Iterator[None]:
    """Hold the state folder; the kernel lets go of it when this process dies, however it dies."""
    with (state / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            raise ServiceError(
                f"{state} is in use by another start (process {owner}). Stop it first, or choose another --state."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def holder(state: Path) -> int | None:
    """Return the process that holds the state folder, if one does."""
    try:
        with (state / "lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(lock.read() or 0)
    except OSError:
        return None
    return None
