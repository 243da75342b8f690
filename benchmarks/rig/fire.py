"""Work in a process of its own that may be killed before any statement it sends, and before any commit."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from typing import Any

from django.db import connections

from pipelines.lifecycle.errors import Refused

fork = multiprocessing.get_context("fork")
KILLED = -signal.SIGKILL
REFUSED = 3
PATIENCE = 300  # seconds until a process counts as hanging


def in_a_process(work: Callable[[], Any], *, dies_at: int | None = None, barrier: Any = None) -> Any:
    """Start a process with a connection of its own, which may kill itself before its n-th statement or commit."""

    def body() -> None:
        database: Any = connections["default"]  # whose `_commit` is private
        database.connection = None  # the parent's; not ours to close
        points = 0

        def pass_point() -> None:
            nonlocal points
            points += 1
            if points == dies_at:
                os.kill(os.getpid(), signal.SIGKILL)

        def watch(execute: Any, *arguments: Any) -> Any:
            pass_point()
            return execute(*arguments)

        commit = database._commit

        def watched_commit() -> Any:
            pass_point()
            return commit()

        database._commit = watched_commit
        if barrier:
            barrier.wait()
        with database.execute_wrapper(watch):
            try:
                work()
            except Refused:
                os._exit(REFUSED)
        os._exit(0)

    process = fork.Process(target=body)
    process.start()
    return process


def survives(work: Callable[[], Any], is_whole: Callable[[], Any], *, every: int = 1) -> int:
    """Run the work in processes that die ever later, by so many statements, until one lives; return how many died."""
    died = 0
    while True:
        process = in_a_process(work, dies_at=1 + died * every)
        process.join(PATIENCE)
        if process.exitcode == 0:
            return died
        if process.exitcode != KILLED:
            raise RuntimeError(f"after {died} deaths the work ended with {process.exitcode}, not with 0")
        died += 1
        is_whole()
