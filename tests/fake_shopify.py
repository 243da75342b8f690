"""A Shopify on loopback that answers as it is told, and remembers what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class Reply:
    """One answer to give."""

    status: int = 200
    body: bytes | dict[str, Any] = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def raw(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Script = Callable[[Asked], Reply]


class FakeShopify:
    """Answers token requests and GraphQL by two functions that a test may replace."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self.host = f"127.0.0.1:{port}"
        self.asked: list[Asked] = []
        self.on_token: Script = grant_tokens()
        self.on_graphql: Script = lambda asked: Reply(200, {"data": SHOP_DATA, "extensions": cost()})
        self.on_file: Script = lambda asked: Reply(404)

    def answer(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        if asked.path.endswith("/admin/oauth/access_token"):
            return self.on_token(asked)
        if asked.path.endswith("/graphql.json"):
            return self.on_graphql(asked)
        return self.on_file(asked)

    def count(self, ending: str) -> int:
        return sum(asked.path.endswith(ending) for asked in self.asked)


SHOP_DATA = {
    "shop": {
        "id": "gid://shopify/Shop/61",
        "name": "Northbeck Outfitters",
        "myshopifyDomain": "northbeck-outfitters.myshopify.com",
        "ianaTimezone": "Europe/London",
        "currencyCode": "GBP",
        "plan": {"publicDisplayName": "Grow"},
        "shopAddress": {"countryCodeV2": "GB"},
    },
    "currentAppInstallation": {"accessScopes": [{"handle": "read_products"}, {"handle": "read_orders"}]},
}


def cost(requested: int = 10, available: float = 1990, restore: float = 100) -> dict[str, Any]:
    """Return the extensions that every answer carries."""
    status = {"maximumAvailable": 2000, "currentlyAvailable": available, "restoreRate": restore}
    return {"cost": {"requestedQueryCost": requested, "actualQueryCost": requested, "throttleStatus": status}}


def grant_tokens(owner: bool = True, collaborator: bool = False, sub: str = "70001", **changes: Any) -> Script:
    """Give out numbered tokens as Shopify's token endpoint does; a change of None leaves a field out."""
    numbers = iter(range(1, 10_000))

    def answer(asked: Asked) -> Reply:
        number = next(numbers)
        pair = {"access_token": f"shpat_{number}", "scope": "read_orders,read_products", "expires_in": 3600}
        if (
            asked.json.get("requested_token_type", "").endswith("online-access-token")
            and "offline" not in asked.body.decode()
        ):
            user = {"id": int(sub), "email": "x@example.com", "account_owner": owner, "collaborator": collaborator}
            return Reply(200, pair | {"associated_user": user})
        pair |= {"refresh_token": f"shprt_{number}", "refresh_token_expires_in": 7776000} | changes
        return Reply(200, {name: value for name, value in pair.items() if value is not None})

    return answer


def refuse(status: int, **body: Any) -> Script:
    return lambda asked: Reply(status, body)


def in_turn(*replies: Reply) -> Script:
    """Answer with one reply after another; the last one stays."""
    waiting = list(replies)
    return lambda asked: waiting.pop(0) if len(waiting) > 1 else waiting[0]


@contextmanager
def running() -> Iterator[FakeShopify]:
    """Serve a FakeShopify for the time of a block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            reply = fake.answer(Asked(self.command, self.path, dict(self.headers), body))
            self.send_response(reply.status)
            for name, value in ({"Content-Length": str(len(reply.raw))} | reply.headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.raw)

        do_GET = do_POST

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake = FakeShopify(server.server_port)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield fake
    server.shutdown()
    server.server_close()
