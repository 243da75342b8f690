"""Alerts start workflows of Shopify Flow: what we send is what our extension declares, held by a store that checks."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from devstore import flow
from pipelines.lifecycle.alerts import board, channels, send
from pipelines.lifecycle.ingest import install
from pipelines.models import AlertChannel, AlertDelivery
from pipelines.shopify.id_tokens import verify
from tests.devstore.conftest import CLIENT_ID, SECRET, app, world

__all__ = ["app", "world"]
FOLDER = Path(settings.BASE_DIR) / "extensions"
DECLARED = tomllib.loads((FOLDER / "flow-alert" / "shopify.extension.toml").read_text())


@pytest.fixture
def shop(db, world, settings):
    settings.DEMO = True
    settings.SHOPIFY_API_KEY, settings.SHOPIFY_API_SECRET = CLIENT_ID, SECRET
    settings.SHOPIFY_API_ORIGIN = f"http://127.0.0.1:{world.port}/shops/{{shop}}"
    shutil.copytree(FOLDER, world.folder / "extensions", dirs_exist_ok=True)
    token = world.id_token()
    yield install.arrive(verify(token), token).shop
    shutil.rmtree(world.folder / "extensions", ignore_errors=True)


@pytest.fixture
def channel(shop):
    return AlertChannel.objects.create(shop=shop, kind="flow")


def runs(world) -> int:
    return world.state()["shops"][world.shop]["flow_runs"]


def tell(shop):
    return board.tell(shop, "k", title="A", next_step="B", minor_per_hour=1234, now=timezone.now())


def test_an_alert_starts_a_workflow(world, shop, channel):
    before = runs(world)
    tell(shop)
    assert send.send_due(channel.pk) == 1
    assert runs(world) == before + 1


def test_what_shopify_refuses_is_in_the_log_and_is_not_tried_for_ever(world, shop, channel, monkeypatch):
    monkeypatch.setattr(channels, "FLOW_HANDLE", "no-such-trigger")
    tell(shop)
    assert send.send_due(channel.pk) == 0
    row = AlertDelivery.objects.get()
    assert row.state == "failed" and "Invalid handle" in row.problem


def test_a_store_that_is_away_is_tried_again(world, shop, channel, settings):
    settings.SHOPIFY_API_ORIGIN = "http://127.0.0.1:9/{shop}"
    tell(shop)
    send.send_due(channel.pk)
    assert AlertDelivery.objects.get().state == "waiting"


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        ({}, "Missing field Alert"),
        ({"Alert": {}}, "Missing field Alert.title"),
        ({"Alert": {"title": 7}}, "Alert.title is no String!"),
        ({"Alert": {"mood": "x"}}, "Unknown field Alert.mood"),
        ({"Other": 1}, "Unknown field Other"),
        ("text", "has to be an object"),
        ({"Alert": {"title": "x" * 60_000}}, "less than 50,000 bytes"),
    ],
)
def test_the_store_says_what_does_not_fit(payload, problem):
    assert any(problem in each for each in flow.wrong(flow.triggers(FOLDER)["model-alert"], payload))


def test_the_extension_is_one_that_shopifys_command_line_takes():
    (extension,) = DECLARED["extensions"]
    assert extension["handle"] == channels.FLOW_HANDLE and len(extension["handle"]) <= 30
    assert re.fullmatch(r"[A-Za-z0-9-]+", extension["handle"])
    assert (FOLDER / "flow-alert" / extension["schema"]).is_file()
    assert all(re.fullmatch(r"[A-Za-z ]+", field["key"]) for field in DECLARED["settings"]["fields"])
