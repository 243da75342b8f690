"""Copies that can be taken to any moment: the database's files with its log, and every artifact.

A folder of backups holds `wal/`, the log as it is written, and a folder for each copy, named by when it was whole.
The database is copied first: whatever version its rows name has its files in the copy of the artifacts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import connection
from psycopg2.extensions import make_dsn

from pipelines.ops import binaries
from pipelines.ops.errors import ServiceError

NAMED = "%Y%m%dT%H%M%SZ"
SLOT = "shopmlops_backup"
HALF = "half"
TRULY: tuple[str, ...] = ()  # words for pg_basebackup


@dataclass(frozen=True)
class Copy:
    """One copy: from which moment on it can be taken, by the server's clock, and where it lies."""

    at: datetime
    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "database"

    @property
    def artifacts(self) -> Path:
        return self.folder / "artifacts"


def back_up(to: Path, keep: timedelta) -> Copy:
    """Make one copy and check it; end those that had their time, and the log that none of the others needs."""
    half = Copy(servers_clock(), to / HALF)
    shutil.rmtree(half.folder, ignore_errors=True)  # an attempt that broke off
    half.folder.mkdir(parents=True, mode=0o700)
    pg("pg_basebackup", "--pgdata", str(half.database), "--wal-method=stream", "--checkpoint=fast", *TRULY, *server())
    pg("pg_verifybackup", "--no-parse-wal", "--quiet", str(half.database))
    at = servers_clock()
    copy_artifacts(half, next(reversed(copies(to)), None))
    made = Copy(at, half.folder.rename(to / at.strftime(NAMED)))
    prune(to, at - keep)
    return made


def servers_clock() -> datetime:
    """Return the next second of the database's own clock: by it the log is dated."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT date_trunc('second', clock_timestamp()) + interval '1 second'")
        at: datetime = cursor.fetchone()[0]
    return at.astimezone(UTC)


def stream(to: Path) -> None:
    """Become the program that writes down the database's log as it grows; a slot keeps what it has not written yet."""
    log = to / "wal"
    log.mkdir(parents=True, exist_ok=True, mode=0o700)
    pg("pg_receivewal", "--create-slot", "--if-not-exists", "--slot", SLOT, *server())
    command = [program("pg_receivewal"), "--directory", str(log), "--slot", SLOT, "--synchronous", *server()]
    os.execve(command[0], command, environment())  # noqa: S606  our own program, no shell


def copies(of: Path) -> list[Copy]:
    """List the copies that are whole, oldest first."""
    found = []
    for folder in sorted(of.iterdir() if of.exists() else []):
        with suppress(ValueError):
            found.append(Copy(datetime.strptime(folder.name, NAMED).replace(tzinfo=UTC), folder))
    return found


def prune(of: Path, before: datetime) -> None:
    """End what is older, but for the newest copy, and what of the log nobody needs."""
    for copy in copies(of)[:-1]:
        if copy.at < before:
            shutil.rmtree(copy.folder)
    if (of / "wal").exists():
        pg("pg_archivecleanup", str(of / "wal"), first_piece(copies(of)[0]))


def first_piece(copy: Copy) -> str:
    """Return the piece of the log with which a copy begins, as PostgreSQL wrote it down."""
    lines = (copy.database / "backup_label").read_text().splitlines()
    return next(line.split()[-1].rstrip(")") for line in lines if line.startswith("START WAL LOCATION"))


def copy_artifacts(to: Copy, before: Copy | None) -> None:
    """Copy every file that there is; one that lies in the copy before is linked, since none is ever changed."""
    for path in walk(storages["artifacts"], ""):
        here, there = to.artifacts / path, before.artifacts / path if before else None
        here.parent.mkdir(parents=True, exist_ok=True)
        if there and there.exists():
            os.link(there, here)
            continue
        with suppress(FileNotFoundError), storages["artifacts"].open(path, "rb") as file:  # erased while we copy
            here.write_bytes(file.read())
    to.artifacts.mkdir(exist_ok=True)


def walk(storage: Storage, folder: str) -> Iterator[str]:
    """Yield the path of every file in a storage."""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}{name}" for name in files)
    for name in folders:
        yield from walk(storage, f"{folder}{name}/")


# PostgreSQL's own programs


def server() -> tuple[str, str]:
    """Say where the server is; its password goes by the environment, which nobody else can read."""
    known: dict[str, Any] = settings.DATABASES["default"]
    said = {"host": known["HOST"], "port": known["PORT"], "user": known["USER"], "dbname": known["NAME"]}
    options = {name: value for name, value in known["OPTIONS"].items() if name == "sslmode"}
    return "--dbname", make_dsn(**{name: value for name, value in said.items() if value}, **options)


def program(name: str) -> str:
    """Find one of PostgreSQL's programs."""
    return str(binaries.postgres_bin() / name)


def environment() -> dict[str, str]:
    """Return ours, with the password."""
    password = settings.DATABASES["default"]["PASSWORD"]
    return dict(os.environ) | ({"PGPASSWORD": password} if password else {})


def pg(name: str, *words: str) -> None:
    """Run one of PostgreSQL's programs, or say what it said."""
    done = subprocess.run([program(name), *words], env=environment(), capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise ServiceError(f"{name} failed: {done.stderr.strip()}")
