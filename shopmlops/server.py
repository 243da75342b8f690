"""Start the web process: granian, with every option that it needs against slow and silent clients, in one place.

`make run`, the Procfile, the demo, the benchmarks and the tests start it: python -m shopmlops.server --port 8000
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import resource
import signal
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings

from pipelines.lifeline import die_with
from pipelines.own_folder import own_folder
from shopmlops import env, logs

APPLICATION = "shopmlops.asgi:application"
WORKERS = 2
HEADER_SECONDS = 5  # until a request's headers are complete; also the life of an idle connection
CONNECTIONS = 4096  # open at once in each worker; beyond them the kernel lets clients wait
STOP_SECONDS = 5  # for answers under way, then a worker is killed
MOST_FILES = 65_536
MADE = 20_000  # objects between two walks of the collector: a large page makes as many, Python walks at 700
TURN = 0.0005  # seconds that a thread works while another waits for its turn; Python's own are ten times as long
COUNTS = "PROMETHEUS_MULTIPROC_DIR"  # read by the library when it is first imported
COUNTED_IN = "shopmlops-metrics-"


def main() -> None:
    """Serve until stopped."""
    options = parser().parse_args()
    allow_open_files()
    server = Granian(
        APPLICATION,
        address=options.host,
        port=options.port,
        workers=options.workers,
        interface=Interfaces.ASGINL,
        loop=Loops.uvloop,
        # A guess of the version would wait for the first bytes without a deadline: HTTP/1 is all that proxies speak.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000),
        websockets=False,
        backlog=CONNECTIONS,
        backpressure=CONNECTIONS,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        log_dictconfig=logs.configuration(env.text("LOG_LEVEL", "INFO"), env.text("LOG_FORMAT", "line")),
    )
    with own_folder(COUNTED_IN) as counts:
        os.environ.setdefault(COUNTS, str(counts))  # the workers inherit it: whichever is asked adds up what all count
        server.serve(target_loader=partial(load, os.getpid(), options.port), wrap_loader=False)


def parser() -> argparse.ArgumentParser:
    known = argparse.ArgumentParser(prog="python -m shopmlops.server", description="The web process of shopmlops.")
    known.add_argument("--host", default="127.0.0.1")
    known.add_argument("--port", type=int, default=8000)
    known.add_argument("--workers", type=int, default=WORKERS)
    return known


def load(server: int, port: int) -> Callable[..., Any]:
    """Import the application in a worker, which ends with the server's main process however that ends."""
    die_with(server, signal.SIGKILL)
    name, _, application = APPLICATION.partition(":")
    module = importlib.import_module(name)
    spare_the_collector()
    take_short_turns()
    module.begin(port)
    loaded: Callable[..., Any] = getattr(module, application)
    return loaded


def spare_the_collector() -> None:
    """Let the collector of garbage look at what a request made once it is over, and never at what was loaded.

    What loading left behind goes first: a megabyte that would stay for ever.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(MADE)


def take_short_turns() -> None:
    """Let who is answered from memory not wait for a page that another thread draws."""
    sys.setswitchinterval(TURN)


def allow_open_files() -> None:
    """Raise the limit of open files as far as we may: each connection is one."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if most == resource.RLIM_INFINITY else min(MOST_FILES, most)
    if now != resource.RLIM_INFINITY and now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


if __name__ == "__main__":
    main()
