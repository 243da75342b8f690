"""What operators' Sentry is told of an error: what broke and where, and nothing of anybody."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.transport import Transport

from pipelines import tracing
from shopmlops.operators import errors

SECRET = "shpat_0123456789"


class Kept(Transport):
    """Keeps what would have been sent."""

    def __init__(self) -> None:
        super().__init__({"dsn": "https://key@sentry.example/1"})
        self.sent: list[Any] = []

    def capture_envelope(self, envelope: Any) -> None:
        self.sent += [item.payload.json for item in envelope.items if item.type == "event"]


@pytest.fixture
def kept() -> Iterator[Kept]:
    transport = Kept()
    errors.begin("https://key@sentry.example/1", "r1", transport)
    yield transport
    sentry_sdk.init(dsn="")


def test_an_error_is_told_with_its_place_and_what_it_belongs_to(kept: Kept) -> None:
    token = SECRET  # a variable of the frame that breaks
    with tracing.known(request="0af7651916cd43dd", shop_id=7):
        try:
            raise ValueError(f"ann@example.com {'x' * 999}\nDETAIL: Key (token)=({token})")
        except ValueError:
            logging.getLogger("pipelines.x").exception("it broke for %s", "ann@example.com")
    (event,) = kept.sent
    told = json.dumps(event)
    assert event["exception"]["values"][0]["type"] == "ValueError" and event["release"] == "r1"
    assert event["tags"] == {"request": "0af7651916cd43dd", "shop_id": "7"}
    assert "test_errors.py" in told
    assert SECRET not in json.dumps([value["value"] for value in event["exception"]["values"]])
    assert "ann@" not in told and "DETAIL" not in told and '"vars"' not in told
    assert not {"request", "user", "breadcrumbs", "extra"} & event.keys()


def test_what_is_no_error_is_not_told(kept: Kept) -> None:
    logging.getLogger("pipelines.x").warning("only a warning")
    assert kept.sent == []


def test_without_a_dsn_nothing_is_loaded(settings) -> None:
    assert settings.SENTRY_DSN == ""
