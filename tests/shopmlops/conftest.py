"""The web process as the demo, `make run` and the Procfile start it, on the tests' services."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.contrib.staticfiles.finders import get_finders

from pipelines.ops.supervisor import answers, free_ports
from tests import times

ROOT = Path(__file__).resolve().parents[2]
HASHED = "large/file.0123456789ab.js"


@dataclass
class Web:
    """A running web process."""

    port: int
    log: Path
    process: "subprocess.Popen[bytes]"

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self, first: bytes = b"", window: int = 0) -> socket.socket:
        """Open a connection, say something on it, and no more."""
        client = socket.socket()
        client.settimeout(60)
        if window:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        client.connect(("127.0.0.1", self.port))
        client.sendall(first)
        return client


@contextmanager
def running_web(state: Path, port: int = 0) -> Iterator[Web]:
    """Start the web process and wait until it answers."""
    (state / "demo-secret").write_text("for this test")
    place = {"SHOPMLOPS_STATE": str(state), "SHOPMLOPS_DEMO": "1", "SHOPMLOPS_DEMO_SECRET": "for this test"}
    place |= {"CLOCK_AHEAD": str(times.AHEAD)}
    port = port or free_ports(1)[0]
    command = [sys.executable, "-m", "shopmlops.server", "--port", str(port)]
    with (state / "web.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **place}, stdout=log, stderr=log)
    web = Web(port, state / "web.log", process)
    try:
        while not answers(f"{web.address}/healthz"):
            assert process.poll() is None, web.log.read_text()
            time.sleep(0.1)
        yield web
    finally:
        process.terminate()
        process.wait(30)


def collect(static: Path) -> None:
    """Do as collectstatic does, in a second instead of a minute: all names, and one large file with its hash."""
    found = [(getattr(held, "prefix", None), name) for finder in get_finders() for name, held in finder.list([])]
    names = {name: name for name in (f"{prefix}/{name}" if prefix else name for prefix, name in found)}
    (static / "large").mkdir(parents=True)
    for name in ("large/file.js", HASHED):
        (static / name).write_bytes(b"/* */\n" * 800_000)
    (static / f"{HASHED}.br").write_bytes(b"packed")
    manifest = {"version": "1.1", "hash": "", "paths": names | {"large/file.js": HASHED}}
    (static / "staticfiles.json").write_text(json.dumps(manifest))


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """Return one web process for the module, with static files."""
    state = tmp_path_factory.mktemp("web")
    collect(state / "static")
    with running_web(state) as started:
        yield started
