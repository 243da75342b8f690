"""The smallest app that Shopify admin can embed: one page, one webhook address, strict about its scripts."""

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAGE = """<!doctype html><html lang="en"><head><title>Tiny</title>
<meta charset="utf-8"><meta name="shopify-api-key" content="client-id-of-the-test">
<script src="{admin}/cdn/app-bridge.js"></script><script src="{admin}/cdn/polaris.js"></script>
<link rel="stylesheet" href="/look.css"></head><body>
<s-app-nav><s-link href="/" rel="home">Home</s-link><s-link href="/forecasts">Forecasts</s-link></s-app-nav>
<main>
<s-page heading="Page {path}">
<s-button slot="primary-action" id="ask" commandfor="sure">Reject</s-button>
<s-section heading="Settings">
<form method="post" action="/save" data-save-bar id="settings">
<s-text-field label="Name" name="name" value="Morag"></s-text-field>
<s-number-field label="Lead time" name="lead" value="14" suffix="days" min="0"></s-number-field>
<s-money-field label="Cost" name="cost" value="4.50" prefix="£"></s-money-field>
<s-date-field label="From" name="from" value="2026-11-23"></s-date-field>
<s-select label="Level" name="level"><s-option value="90">90 %</s-option>
<s-option value="95" selected>95 %</s-option></s-select>
<s-text-area label="Note" name="note" value="first"></s-text-area>
<s-switch label="Mail me" name="mail" value="yes" checked></s-switch>
<s-checkbox label="Weekly" name="weekly" value="1"></s-checkbox>
<s-choice-list label="Plan" name="plan"><s-choice value="a" selected>Plan A</s-choice>
<s-choice value="b">Plan B</s-choice></s-choice-list>
<s-button type="submit" id="send" name="via" value="button" variant="primary">Send</s-button>
</form></s-section>
<s-section heading="Stock"><s-table accessibilitylabel="Stock">
<s-table-header-row><s-table-header>Item</s-table-header><s-table-header>Units</s-table-header></s-table-header-row>
<s-table-body><s-table-row><s-table-cell><s-link href="/forecasts?item=1">Flask</s-link></s-table-cell>
<s-table-cell>3</s-table-cell></s-table-row></s-table-body></s-table>
<s-progress value="40" max="100" accessibilitylabel="Import"></s-progress></s-section>
<s-modal id="sure" heading="Reject version 8?"><s-paragraph>It can be staged again.</s-paragraph>
<s-button slot="primary-action" id="yes" commandfor="sure" command="--hide">Reject</s-button>
<s-button slot="secondary-actions" commandfor="sure" command="--hide">Cancel</s-button></s-modal>
</s-page></main></body></html>"""

BOUNCE = """<!doctype html><title>One moment</title><meta name="shopify-api-key" content="client-id-of-the-test">
<script src="{admin}/cdn/app-bridge.js"></script>"""


@dataclass
class Delivery:
    """A webhook as it came in."""

    at: float
    headers: dict[str, str]
    raw: bytes

    @property
    def topic(self) -> str:
        return self.headers["x-shopify-topic"]

    @property
    def body(self) -> dict[str, Any]:
        return json.loads(self.raw)


@dataclass
class TinyApp:
    """Serve the page and remember what arrives."""

    port: int
    admin: str = ""
    styles: str = ""
    deliveries: list[Delivery] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)
    refuse_deliveries: int = 0
    refuse_fetches: int = 0
    answers: dict[str, str] = field(default_factory=dict)  # what scripts of other origins are told, by path

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        look = Path(__file__).resolve().parents[3] / "shared" / "look" / "look.css"
        self.styles = look.read_text() if look.exists() else ""
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()

    def heard(self, topic: str) -> list[Delivery]:
        return [delivery for delivery in self.deliveries if delivery.topic == topic]

    def _handler(app) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                app._get(self)

            def do_POST(self) -> None:
                app._post(self)

            def do_OPTIONS(self) -> None:
                app.requests.append(("OPTIONS", self.path, dict(self.headers.items()), ""))
                allowed = {"Access_Control_Allow_Headers": "authorization, content-type"}
                app._answer(self, 204, Access_Control_Allow_Origin="*", **allowed)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler

    def _answer(self, handler: Any, status: int, body: str = "", **headers: str) -> None:
        raw = body.encode()
        handler.send_response(status)
        for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw)

    def _policy(self) -> str:
        return (
            f"default-src 'self'; script-src 'self' {self.admin}; style-src 'self'; connect-src 'self'; "
            f"form-action 'self'; base-uri 'none'; frame-ancestors {self.admin}"
        )

    def _get(self, handler: Any) -> None:
        parts = urlsplit(handler.path)
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.requests.append(("GET", handler.path, headers, ""))
        if parts.path == "/look.css":
            return self._answer(handler, 200, self.styles, Content_Type="text/css")
        if parts.path in self.answers:
            return self._answer(handler, 200, self.answers[parts.path], Content_Type="application/json")
        if parts.path == "/data":
            return self._data(handler)
        query = parse_qs(parts.query)
        if parts.path == "/bounce":
            return self._answer(handler, 200, BOUNCE.format(admin=self.admin), Content_Security_Policy=self._policy())
        if parts.path == "/stale" and "id_token" not in query:
            return self._answer(handler, 302, Location=f"/bounce?shopify-reload={self.origin}/stale")
        page = PAGE.format(admin=self.admin, path=parts.path)
        return self._answer(handler, 200, page, Content_Security_Policy=self._policy())

    def _data(self, handler: Any) -> None:
        if self.refuse_fetches:
            self.refuse_fetches -= 1
            return self._answer(handler, 401, X_Shopify_Retry_Invalid_Session_Request="1")
        return self._answer(handler, 200, "fine")

    def _post(self, handler: Any) -> None:
        raw = handler.rfile.read(int(handler.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        if handler.path != "/webhooks/shopify":
            self.requests.append(("POST", handler.path, headers, raw.decode()))
            if handler.path in self.answers:
                return self._answer(handler, 200, self.answers[handler.path], Access_Control_Allow_Origin="*")
            return self._answer(handler, 200, "saved")
        if self.refuse_deliveries:
            self.refuse_deliveries -= 1
            return self._answer(handler, 503)
        self.deliveries.append(Delivery(time.time(), headers, raw))
        return self._answer(handler, 200)
