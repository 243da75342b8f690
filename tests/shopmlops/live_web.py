"""The real web process on a test's own rows, and pages that listen to it over a socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from django.conf import settings
from django.db import connection

from tests import waiting
from tests.identities import SHOP, id_token
from tests.shopmlops.conftest import Web, collect, running_web


def these_rows() -> dict[str, str]:
    """Return the environment in which a process sees the test's database and secrets."""
    place = connection.settings_dict
    return {
        "DATABASE_URL": f"postgresql://{place['USER']}@/{place['NAME']}?host={place['HOST']}",
        "SHOPIFY_API_KEY": settings.SHOPIFY_API_KEY,
        "SHOPIFY_API_SECRET": settings.SHOPIFY_API_SECRET,
    }


@contextmanager
def web_on_these_rows(state: Path, port: int = 0, **environment: str) -> Iterator[Web]:
    """Start the web process with the test's database and secrets."""
    collect(state / "static")
    before = dict(os.environ)
    os.environ.update(these_rows() | environment)
    try:
        with running_web(state, port) as web:
            yield web
    finally:
        os.environ.clear()
        os.environ.update(before)


def listen(web: Web, shop: str = SHOP, query: str = "", window: int = 0) -> socket.socket:
    """Open a stream."""
    head = f"GET /live{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {id_token(shop)}\r\n\r\n"
    return web.connect(head.encode(), window)


def heard(client: socket.socket, what: bytes) -> bytes:
    """Read until something is said, or the stream is over."""
    said = b""
    client.settimeout(waiting.SECONDS)
    while what not in said:
        more = client.recv(65536)
        if not more:
            break
        said += more
    return said


def status(client: socket.socket) -> int:
    """Return what a stream was answered with."""
    return int(heard(client, b"\r\n").split(b" ")[1])


def is_well(web: Web) -> bool:
    return requests.get(f"{web.address}/healthz", timeout=60).status_code == 200
