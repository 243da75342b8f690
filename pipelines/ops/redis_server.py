"""A private Redis: one append-only file, one unix socket, no network."""

import signal
import time
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from pipelines.ops import binaries
from pipelines.ops.errors import ServiceError
from pipelines.ops.layout import Layout, make_private
from pipelines.ops.processes import Child, rotate, spawn, wait_until

START_SECONDS = 300.0


def start(layout: Layout) -> Child:
    """Start Redis on the state's append-only file."""
    data = layout.state / "redis"
    make_private(data, mode=0o700)
    make_private(layout.sockets / "redis", mode=0o700)
    socket = socket_path(layout)
    stop_leftover(socket)
    flags = "--port 0 --unixsocketperm 700 --appendonly yes --appendfsync everysec --maxmemory-policy noeviction"
    child = spawn(
        "Redis",
        [binaries.redis_server(), *flags.split(), "--unixsocket", socket, "--dir", data, "--save", ""],
        log=rotate(layout.logs / "redis.log"),
        cwd=layout.state,
        stop_signals=((signal.SIGTERM, 10.0),),
    )
    try:
        wait_until(lambda: answers(socket), child, START_SECONDS)
    except BaseException:
        child.stop()
        raise
    return child


def url(layout: Layout) -> str:
    """Return the address of the embedded Redis."""
    return f"unix://{socket_path(layout)}"


def socket_path(layout: Layout) -> Path:
    return layout.sockets / "redis" / "redis.sock"


def answers(socket: Path) -> bool:
    """Tell whether the server takes commands: while it loads its file, it does not."""
    client = redis.Redis(unix_socket_path=str(socket), socket_timeout=5, retry=Retry(NoBackoff(), 0))
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def stop_leftover(socket: Path) -> None:
    """Stop a server that an earlier run left: two on one append-only file would spoil it."""
    if not answers(socket):
        return
    redis.Redis(unix_socket_path=str(socket)).shutdown()
    deadline = time.monotonic() + START_SECONDS
    while answers(socket):
        if time.monotonic() > deadline:
            raise ServiceError(f"Another Redis still answers on {socket}. Stop it first.")
        time.sleep(0.05)
