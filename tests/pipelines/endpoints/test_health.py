"""What strangers learn of the process: that it runs, and nothing of the fleet."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import ProgrammingError
from django.utils import timezone

from pipelines.endpoints import health
from pipelines.models import Pulse
from tests.loops import run

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "a-long-token-of-the-prometheus"


def ask(path: str, token: bytes | None = None, method: str = "GET") -> tuple[int, bytes]:
    said: list[Any] = []

    async def send(message: Any) -> None:
        said.append(message)

    headers = [] if token is None else [(b"authorization", token)]
    run(health.door({"path": path, "method": method, "headers": headers}, None, send))
    return said[0]["status"], said[1]["body"]


@pytest.fixture(autouse=True)
def answers_are_asked_anew(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give each test threads of its own, and end their connections."""
    functions = {"READINESS": health.readiness, "COUNTS": health.exposition.text, "OPERATORS": health.tell_operators}
    questions = {name: health.Question(function) for name, function in functions.items()}
    for name, question in questions.items():
        monkeypatch.setattr(health, name, question)
    yield
    for question in questions.values():
        question.thread.submit(lambda: health.connection.close()).result()


@pytest.mark.parametrize(
    "given", ["", "Bearer ", "Bearer wrong", "Bearer é", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN} "]
)
def test_the_fleets_counts_are_for_who_knows_the_token(settings, given):
    settings.METRICS_TOKEN = TOKEN
    assert ask("/metrics", given.encode()) == (404, b"")


def test_without_a_token_nobody_may_see_them(settings):
    settings.METRICS_TOKEN = ""
    assert ask("/metrics", b"Bearer ")[0] == 404
    assert ask("/metrics")[0] == 404


def test_they_are_numbers_and_name_no_shop(settings):
    settings.METRICS_TOKEN = TOKEN
    status, text = ask("/metrics", f"Bearer {TOKEN}".encode())
    assert status == 200
    assert b"shopmlops_shops_installed 0.0" in text
    assert b"myshopify" not in text


def test_readiness_names_its_parts_and_no_address():
    status, text = ask("/readyz")
    assert (status, json.loads(text)) == (200, {"ok": True, "database": True, "redis": True, "monitoring": True})


def test_it_says_when_nobody_watches_any_more_and_writes_to_operators_once(settings):
    settings.ADMINS = [("Ops", "ops@example.com")]
    Pulse.objects.create(name="releases", at=timezone.now() - timedelta(hours=1))
    Pulse.objects.create(name="alerts", at=timezone.now())
    for _ in range(3):
        status, text = ask("/readyz")
        assert status == 200 and json.loads(text)["monitoring"] is False, "webhooks are stored all the same"
        health.OPERATORS.begin().result()
    assert [letter.subject for letter in mail.outbox] == ["[shopmlops] Monitoring has stopped"]
    assert "releases" in mail.outbox[0].body


def test_signs_that_cannot_be_read_are_no_reason_to_be_out_of_service(monkeypatch):
    def no_table(*args):
        raise ProgrammingError("relation does not exist")

    monkeypatch.setattr(health.pulses, "silent", no_table)
    status, text = ask("/readyz")
    assert (status, json.loads(text)) == (200, {"ok": True, "database": True, "redis": True, "monitoring": False})


def test_a_mail_server_that_hangs_does_not_keep_a_probe_waiting(monkeypatch):
    hangs = threading.Event()
    monkeypatch.setattr(health, "OPERATORS", health.Question(hangs.wait))
    Pulse.objects.create(name="alerts", at=timezone.now() - timedelta(hours=1))
    assert [json.loads(ask("/readyz")[1])["database"] for _ in range(3)] == [True] * 3
    hangs.set()


def test_it_reads_only():
    assert ask("/healthz", method="POST")[0] == 405


def test_a_connection_that_was_lost_is_opened_anew():
    assert ask("/readyz")[0] == 200
    health.READINESS.thread.submit(lambda: health.connection.connection.close()).result()
    assert ask("/readyz")[0] == 200


def test_a_database_that_hangs_is_told_while_the_process_lives(monkeypatch):
    monkeypatch.setattr(health, "SECONDS", 0.1)
    hangs = threading.Event()
    monkeypatch.setattr(health, "READINESS", health.Question(hangs.wait))
    assert [ask("/readyz")[0] for _ in range(3)] == [503, 503, 503]
    assert ask("/healthz") == (200, b'{"ok": true}')
    hangs.set()


def test_a_database_that_is_away_is_told(monkeypatch):
    def away() -> Any:
        raise health.DatabaseTrouble

    monkeypatch.setattr(health.connection, "cursor", away, raising=False)
    assert not health.database_answers()
