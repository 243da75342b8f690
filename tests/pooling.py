"""Debian's pgbouncer in transaction mode before the tests' PostgreSQL: few connections, and never the same twice."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from pipelines.ops.layout import postgres_account
from pipelines.ops.processes import Child, rotate, spawn, wait_until
from pipelines.ops.supervisor import free_ports

PLACES = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"
INSTALL = "needs pgbouncer: apt-get update && apt-get install -y --no-install-recommends pgbouncer"
SERVERS = 2


@dataclass(frozen=True)
class Pooler:
    """A running pgbouncer."""

    port: int
    child: Child


def configuration(database: dict[str, Any], port: int) -> str:
    """Pass every database of a server on, by turns over few connections."""
    server = " ".join(f"{name}={value}" for name, value in server_of(database).items() if value)
    return f"""
[databases]
* = {server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {SERVERS}
max_client_conn = 200
server_round_robin = 1
"""


def server_of(database: dict[str, Any]) -> dict[str, Any]:
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    return {name: database[key] for name, key in names.items()}


@contextmanager
def running(database: dict[str, Any]) -> Iterator[Pooler]:
    """Run pgbouncer before the server of a database, as the account that may speak to it."""
    program = shutil.which("pgbouncer", path=PLACES)
    if program is None:
        pytest.skip(INSTALL)
    account, (port,) = postgres_account(), free_ports(1)
    with tempfile.TemporaryDirectory(prefix="shopmlops-pgbouncer-") as folder:
        place = Path(folder)
        place.chmod(0o755)
        (place / "pgbouncer.ini").write_text(configuration(database, port))
        (place / "pgbouncer.ini").chmod(0o644)
        child = spawn(
            "pgbouncer", [program, place / "pgbouncer.ini"], log=rotate(place / "log"), cwd=place, account=account
        )
        try:
            wait_until(lambda: answers(database, port), child, 60)
            yield Pooler(port, child)
        finally:
            child.stop()


def answers(database: dict[str, Any], port: int) -> bool:
    try:
        psycopg2.connect(
            dbname=database["NAME"], user="anybody", host="127.0.0.1", port=port, connect_timeout=5
        ).close()
    except psycopg2.OperationalError:
        return False
    return True
