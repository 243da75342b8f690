"""Child processes that never outlive their parent."""

import contextlib
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from pipelines.lifeline import die_with
from pipelines.ops.errors import ServiceError

KEPT_LOGS = 3


@dataclass(frozen=True)
class Account:
    """The user a child runs as, by name and number."""

    name: str
    uid: int
    gid: int

    @classmethod
    def named(cls, name: str) -> "Account":
        entry = pwd.getpwnam(name)
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)


@dataclass
class Child:
    """One running process, the leader of a process group of its own."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path
    stop_signals: Sequence[tuple[int, float]] = field(default=((signal.SIGTERM, 10.0),))

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def last_words(self, count: int = 12) -> str:
        """Return the end of what the process wrote, or where that would be."""
        try:
            lines = self.log.read_text(errors="replace").splitlines()
        except OSError:
            lines = []
        return "Its last words:\n" + "\n".join(lines[-count:]) if lines else f"It left no word in {self.log}."

    def stop(self) -> None:
        """Send each stop signal and wait its time; kill what is left of the group."""
        for number, seconds in self.stop_signals:
            if self.is_running:
                self.process.send_signal(number)
                self._wait(seconds)
        self._kill_group()

    def _wait(self, seconds: float) -> None:
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def spawn(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    cwd: Path,
    env: dict[str, str] | None = None,
    account: Account | None = None,
    death_signal: int = signal.SIGTERM,
    stop_signals: Sequence[tuple[int, float]] = ((signal.SIGTERM, 10.0),),
) -> Child:
    """Start a process in its own group, writing to its log, bound to the life of this one."""
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603  our own programs, no shell
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=env,
            process_group=0,
            preexec_fn=partial(die_with, os.getpid(), death_signal),
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    return Child(name, process, log, stop_signals)


def wait_until(ready: Callable[[], bool], child: Child, seconds: float) -> None:
    """Wait until the check holds; name the child and show its last words when it does not."""
    deadline = time.monotonic() + seconds
    while not ready():
        if not child.is_running:
            raise ServiceError(f"{child.name} stopped while starting. {child.last_words()}")
        if time.monotonic() > deadline:
            raise ServiceError(f"{child.name} was not ready after {seconds:.0f} seconds. {child.last_words()}")
        time.sleep(0.02)


def rotate(log: Path) -> Path:
    """Move the log of the last start aside and return the path for the new one."""
    for number in range(KEPT_LOGS - 1, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number + 1}"))
    if log.exists():
        log.replace(log.with_name(f"{log.name}.1"))
    return log
