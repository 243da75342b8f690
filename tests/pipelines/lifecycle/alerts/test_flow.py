"""Alerts start workflows of Shopify Flow: what we send is what our extension declares, held by a store that checks."""

from __future__ import annotations

import re
import shutil
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from devstore import flow
from pipelines.lifecycle.alerts import board, channels, send
from pipelines.lifecycle.evidence.asked import leaving
from pipelines.lifecycle.ingest import install
from pipelines.models import AlertChannel, AlertDelivery, Checkout, Order, PredictionLog, ShopSettings
from pipelines.shopify.id_tokens import verify
from pipelines.usecases import USE_CASES, conversion
from tests import histories
from tests.devstore.conftest import CLIENT_ID, SECRET, app, world

__all__ = ["app", "world"]
FOLDER = Path(settings.BASE_DIR) / "extensions"
HANDLES = {"flow-alert": channels.FLOW_HANDLE, "flow-checkout": channels.LOST_HANDLE}
NOW = timezone.now()
KEY = 0x123456789ABCDEF


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


class TestCheckoutsLikelyToBeLost:
    @pytest.fixture
    def lost(self, shop):
        """Let a checkout be in progress whose chance is below what the merchant set."""
        ShopSettings.objects.filter(shop=shop).update(lost_below=40)
        facts = {"currency": shop.currency, "subtotal_minor": 9900, "token_digest": b"\x01" * 16, "updated_at": NOW}
        Checkout.objects.create(shop=shop, shopify_id=KEY, created_at=NOW, **facts)
        said = {"arm": "stable", "outcome": "answered", "features": {"of": "checkout"}, "score": 0.25, "at": NOW}
        PredictionLog.objects.create(shop=shop, use_case="conversion", unit=b"\x01" * 16, **said)
        with USE_CASES.also(conversion.USE_CASE):
            assert leaving.tell(shop, "conversion", NOW) == 1
            yield AlertDelivery.objects.get()

    def test_one_starts_a_workflow_once(self, world, shop, lost):
        before = runs(world)
        assert send.send_due(lost.channel_id, NOW) == 1
        assert leaving.tell(shop, "conversion", NOW) == 0 and send.send_due(lost.channel_id, NOW) == 0
        assert runs(world) == before + 1
        lost.refresh_from_db()
        assert (lost.state, lost.attempts) == ("sent", 1)

    def test_one_is_tried_again_where_the_store_is_away(self, world, shop, lost, settings):
        there, settings.SHOPIFY_API_ORIGIN = settings.SHOPIFY_API_ORIGIN, "http://127.0.0.1:9/{shop}"
        assert send.send_due(lost.channel_id, NOW) == 0
        lost.refresh_from_db()
        assert (lost.state, lost.attempts) == ("waiting", 1) and lost.problem
        settings.SHOPIFY_API_ORIGIN = there
        assert send.send_due(lost.channel_id, NOW + timedelta(minutes=3)) == 1

    def test_what_is_over_before_its_turn_is_not_sent(self, world, shop, lost):
        before = runs(world)
        Order.objects.filter(pk=histories.an_order(shop, NOW, []).pk).update(checkout_key=KEY)
        assert send.send_due(lost.channel_id, NOW) == 0 and runs(world) == before
        lost.refresh_from_db()
        assert (lost.state, lost.problem) == ("dropped", "The checkout was finished.")

    def test_an_hour_later_it_is_not_sent(self, world, shop, lost):
        assert send.send_due(lost.channel_id, NOW + timedelta(minutes=61)) == 0
        lost.refresh_from_db()
        assert (lost.state, lost.problem) == ("dropped", "The checkout was over before it could be sent.")

    def test_nor_once_the_merchant_switched_it_off(self, world, shop, lost):
        ShopSettings.objects.filter(shop=shop).update(lost_below=None)
        assert send.send_due(lost.channel_id, NOW) == 0
        lost.refresh_from_db()
        assert (lost.state, lost.problem) == ("dropped", "You had switched this off.")

    def test_no_alert_goes_that_way(self, shop, lost):
        tell(shop)
        assert not AlertDelivery.objects.exclude(alert=None).exists()


@pytest.mark.parametrize("folder", HANDLES)
def test_the_extensions_are_such_as_shopifys_command_line_takes(folder):
    declared = tomllib.loads((FOLDER / folder / "shopify.extension.toml").read_text())
    (extension,) = declared["extensions"]
    assert extension["handle"] == HANDLES[folder] and len(extension["handle"]) <= 30
    assert re.fullmatch(r"[A-Za-z0-9-]+", extension["handle"])
    assert (FOLDER / folder / extension["schema"]).is_file()
    assert all(re.fullmatch(r"[A-Za-z ]+", field["key"]) for field in declared["settings"]["fields"])
