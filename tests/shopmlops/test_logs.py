"""A line of the log is one line, or one object that says what it belongs to."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

from pipelines import tracing
from shopmlops.logs import Json, configuration


def record(text: str, *args: object, error: bool = False) -> logging.LogRecord:
    info = sys.exc_info() if error else None
    return logging.LogRecord("pipelines.x", logging.WARNING, __file__, 1, text, args, info)


def test_an_object_holds_what_was_said_and_what_it_belongs_to() -> None:
    with tracing.known(request="abcdefgh"), tracing.known(shop_id=7):
        told = json.loads(Json().format(record("refused at %s\nFORGED", "/x")))
    assert told["request"] == "abcdefgh" and told["shop_id"] == "7"
    assert told["said"] == "refused at /x\\nFORGED"
    assert (told["level"], told["logger"]) == ("WARNING", "pipelines.x")
    assert told["at"].endswith("+00:00")


def test_a_traceback_stands_in_its_object_and_names_nobody() -> None:
    try:
        raise ValueError("for ann@example.com")
    except ValueError:
        text = Json().format(record("failed", error=True))
    assert "\n" not in text and "ann@" not in text
    assert "ValueError: for [e-mail removed]" in json.loads(text)["traceback"]


def test_nothing_that_was_said_takes_the_place_of_a_field() -> None:
    with tracing.known(said="x", level="x"):
        assert json.loads(Json().format(record("really")))["said"] == "really"


def test_a_setting_says_which() -> None:
    assert configuration("INFO")["handlers"]["stderr"]["formatter"] == "line"
    assert configuration("INFO", "json")["handlers"]["stderr"]["formatter"] == "json"


ASKS = """
import logging, logging.config, requests, threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from shopmlops.logs import configuration

class Quiet(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *said):
        pass

server = HTTPServer(("127.0.0.1", 0), Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()
logging.config.dictConfig(configuration("DEBUG"))
logging.debug("it is heard")
requests.get(f"http://127.0.0.1:{server.server_port}/export?Signature=the-secret", timeout=60)
"""


def test_addresses_with_their_queries_are_told_at_no_level() -> None:
    """An export's address is signed: who reads it in a log can fetch the file."""
    root = Path(__file__).resolve().parents[2]
    told = subprocess.run([sys.executable, "-c", ASKS], cwd=root, capture_output=True, text=True, check=True).stderr
    assert "it is heard" in told and "the-secret" not in told
