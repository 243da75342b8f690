"""What leaves this machine leaves by one of two doors: to Shopify, or to public addresses of merchants."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CALLS = {"requests", "httpx", "aiohttp", "urllib3", "urllib.request", "http.client", "ftplib", "smtplib", "telnetlib"}
DOORS = {
    "pipelines/shopify/transport.py": "Shopify: its hosts by pattern, no redirects, no proxy of the machine",
    "pipelines/shopify/bulk.py": "reads what transport got: its errors alone",
    "pipelines/shopify/admin_api.py": "reads what transport got: its types alone",
    "pipelines/shopify/token_exchange.py": "reads what transport got: its types alone",
    "pipelines/lifecycle/alerts/channels.py": "knows what the operators' mail server may answer",
    "pipelines/lifecycle/alerts/pulses.py": "knows what the operators' mail server may answer",
    "pipelines/lifecycle/alerts/outside.py": "addresses of merchants: resolved once, public ones alone (decision 95)",
    "pipelines/cluster.py": "the cluster that it runs in, by the account that the cluster gave it",
    "shopmlops/alive.py": "the process beside it, on this machine, asked whether it lives",
    "shopmlops/doorman.py": "looks at connections that others opened",
}
TOOLS = ("pipelines/ops/", "pipelines/management/")  # started by hand, beside a demo on this machine


def modules() -> Iterator[Path]:
    for package in ("shopmlops", "dashboard", "pipelines"):
        yield from sorted((ROOT / package).rglob("*.py"))


def imported(tree: ast.AST) -> set[str]:
    """Return the names of what a module imports, and of what it imports from."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{name.name}" for name in node.names}
    return found


def calls_out(source: str) -> bool:
    """Tell whether a module could call a server: by a library that does, or by a socket of its own."""
    tree = ast.parse(source)
    names = imported(tree)
    opens = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & {"create_connection", "urlopen"}
    return bool(opens) or any(name == known or name.startswith(f"{known}.") for name in names for known in CALLS)


def test_nothing_calls_out_but_the_doors() -> None:
    found = {path.relative_to(ROOT).as_posix() for path in modules() if calls_out(path.read_text())}
    assert {name for name in found if not name.startswith(TOOLS)} <= DOORS.keys()
    assert {"pipelines/shopify/transport.py", "pipelines/lifecycle/alerts/outside.py"} <= found


def test_a_call_from_elsewhere_would_be_found() -> None:
    assert calls_out("import requests\nrequests.get('http://169.254.169.254/')")
    assert calls_out("from urllib.request import urlopen")
    assert calls_out("import socket\nsocket.create_connection(('10.0.0.1', 80))")
    assert not calls_out("import socket\nfrom urllib.parse import urlsplit")
