"""Work in a process of its own that may be killed before any statement it sends."""

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


def in_a_process(work: Callable[[], Any], *, dies_at: int | None = None, barrier: Any = None) -> Any:
    """Start a process with a connection of its own, which may kill itself before its n-th statement."""

    def body() -> None:
        connections["default"].connection = None  # the parent's; not ours to close
        count = 0

        def watch(execute: Any, *arguments: Any) -> Any:
            nonlocal count
            count += 1
            if count == dies_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(*arguments)

        if barrier:
            barrier.wait()
        with connections["default"].execute_wrapper(watch):
            try:
                work()
            except Refused:
                os._exit(3)
        os._exit(0)

    process = fork.Process(target=body)
    process.start()
    return process


def survives(work: Callable[[], Any], is_whole: Callable[[], None]) -> int:
    """Run the work in processes that die ever later, until one lives; return how many died."""
    died = 0
    while True:
        process = in_a_process(work, dies_at=died + 1)
        process.join(30)
        if process.exitcode != KILLED:
            assert process.exitcode == 0
            return died
        died += 1
        is_whole()
