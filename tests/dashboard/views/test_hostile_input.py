"""What strangers, shoppers and staff may type or name things: it is shown as text, and breaks no page."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.utils import timezone

from pipelines.lifecycle.alerts import channels
from pipelines.models import (
    Alert,
    AlertChannel,
    AlertDelivery,
    LedgerNote,
    Location,
    Product,
    Release,
    Shop,
    ShopSettings,
    SyncRun,
    TrainingRun,
    Variant,
    WebhookDelivery,
)
from pipelines.models.usecases.demand_forecast import ForecastOverride, StockAdvice
from pipelines.models.usecases.recommendations import PickRule
from tests.dashboard import picking

EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7|add:7 }}"
PAGES = [
    "/",
    "/forecasts",
    "/recommendations",
    "/recommendations?product=100000&cart=100000,100001",
    "/conversion",
    "/versions",
    "/experiments",
    "/alerts",
    "/alerts/channels",
    "/data",
    "/data?state=failed",
    "/settings",
    "/settings/rules",
    "/start",
]
HUGE = "9" * 30


@pytest.fixture
def named(shop: Shop) -> Shop:
    """Return a shop in which everything that somebody can name has a hostile name."""
    Shop.objects.filter(pk=shop.pk).update(name=EVIL, access_ended_reason=EVIL)
    Product.objects.for_shop(shop).update(title=EVIL, vendor=EVIL, product_type=EVIL)
    Variant.objects.for_shop(shop).update(title=EVIL, sku=EVIL)
    Location.objects.create(shop=shop, shopify_id=2, name=EVIL, updated_at=timezone.now())
    Location.objects.for_shop(shop).update(name=EVIL)
    StockAdvice.objects.for_shop(shop).update(title=EVIL, subtitle=EVIL, sku=EVIL, vendor=EVIL, search=EVIL.lower())
    tell = {"key": "k", "title": EVIL[:120], "text": EVIL, "next_step": EVIL}
    for number, wish in enumerate(
        ({}, {"snoozed_until": timezone.now() + timedelta(days=1)}, {"closed_at": timezone.now()})
    ):
        at = {"opened_at": timezone.now(), "last_at": timezone.now(), "key": f"k{number}"}
        told = Alert.objects.create(shop=shop, **tell | at | wish)
        AlertDelivery.objects.create(
            shop=shop, alert=told, kind="slack", occasion="opened:1", state="failed", problem=EVIL
        )
    AlertChannel.objects.create(shop=shop, kind="slack", **channels.sealed("slack", EVIL, shop))
    today = timezone.now().date()
    period = {"first_day": today, "last_day": today + timedelta(days=9)}
    ForecastOverride.objects.create(shop=shop, variant_id=200_000, units=5, note=EVIL, sub="1", **period)
    SyncRun.objects.create(shop=shop, kind="stock", trigger="daily", state="failed", error=EVIL)
    TrainingRun.objects.create(shop=shop, use_case="demand_forecast", trigger="weekly", state="failed", error=EVIL)
    picking.live(shop)
    picking.on_its_way(shop)
    PickRule.objects.create(shop=shop, rule="pin", product_id=100_000, pick_id=100_003, sub="1")
    for number, state in enumerate(("applied", "dead")):
        facts = {
            "shop_domain": shop.domain,
            "webhook_id": str(number),
            "topic": "products/update",
            "payload": {"id": 1},
        }
        told = {"subject": EVIL[:80], "error": EVIL, "triggered_at": timezone.now(), "state": state}
        WebhookDelivery.objects.create(**facts, **told, body_digest=bytes([number]) * 32)
    return shop


def shows_only_text(page: bytes) -> None:
    assert b"<script>alert" not in page
    assert b"<img src=x" not in page
    assert b"{{ 7" not in page.replace(b"{{ 7|add:7 }}", b"")


@pytest.mark.parametrize("path", PAGES)
def test_names_are_shown_as_text(named, see, path):
    answer = see(path)
    assert answer.status_code == 200
    shows_only_text(answer.content)


def test_names_are_shown_as_text_where_one_thing_is_told(named, see):
    card = Release.objects.for_shop(named).filter(phase="awaiting_approval").latest("pk")
    compared = "/versions/demand_forecast/compare?a=1&b=2"
    for path in ("/forecasts/200000", f"/releases/{card.pk}", "/versions/demand_forecast/1", compared):
        answer = see(path)
        assert answer.status_code == 200, path
        shows_only_text(answer.content)
    assert "<script>" not in json.dumps(see("/forecasts/200000/figure.json").json())


@pytest.mark.parametrize(
    "name", ["q", "show", "sort", "location", "page", "state", "mark", "said", "a", "b", "product", "cart"]
)
def test_an_address_is_shown_as_text(named, see, name):
    for path in (*PAGES, "/progress"):
        answer = see(f"{path.partition('?')[0]}?{name}={quote(EVIL)}")
        assert answer.status_code == 200
        shows_only_text(answer.content)


def test_what_is_typed_wrongly_is_shown_as_text(named, send):
    forms = {
        "/forecasts/200000/override": {"units": EVIL, "first_day": EVIL, "last_day": EVIL, "note": EVIL},
        "/forecasts/200000/rule": {"lead_time_days": EVIL, "unit_cost": EVIL},
        "/settings": {"revision": 0, "approvers": EVIL, "pull_at": EVIL, "lead_time_days": EVIL},
        "/alerts/channels": {"kind": EVIL, "target": EVIL, "least": EVIL, "quiet_from": EVIL},
        "/recommendations/rules": {"rule": "block", "pick": EVIL, "product": EVIL, "here": EVIL},
        "/settings/rules": {"vendor-0": EVIL, "lead_time_days-0": EVIL},
        f"/releases/{Release.objects.latest('pk').pk}/reject": {"revision": 0, "reason": EVIL},
    }
    for path, fields in forms.items():
        answer = send(path, fields)
        assert answer.status_code in (200, 422), path
        shows_only_text(answer.content)


@pytest.mark.parametrize("odd", ["-1", "0", HUGE, "1e9", "NaN", "", "a\x00b", "9" * 5_000, "²", "😀" * 99, " a" * 60])
def test_odd_wishes_fall_back_to_something(shop, see, odd):
    for path in (
        "/forecasts",
        "/forecasts.csv",
        "/order-list.csv",
        "/data",
        "/progress",
        "/versions",
        "/recommendations",
    ):
        for name in ("q", "page", "location", "sort", "show", "state", "mark", "said", "product", "cart"):
            assert see(path, **{name: odd}).status_code == 200, (path, name)


@pytest.mark.parametrize(
    "path",
    [
        f"/forecasts/{HUGE}",
        f"/forecasts/{HUGE}/figure.json",
        f"/releases/{HUGE}",
        f"/versions/demand_forecast/{HUGE}",
        f"/versions/demand_forecast/compare?a={HUGE}&b=1",
        "/versions/demand_forecast/compare?a=-1&b=x",
        "/versions/no-such/1",
        f"/versions/{'a' * 500}/1",
        "/forecasts/-1",
        "/recommendations?product=5",
        "/recommendations?cart=5",
        "/forecasts/" + "9" * 5_000,
    ],
)
def test_what_does_not_exist_is_not_found(shop, see, path):
    assert see(path).status_code == 404


def test_odd_forms_change_nothing(shop, send):
    card = Release.objects.filter(phase="awaiting_approval").latest("pk")
    odd = {"revision": HUGE, "artifact_digest": "\x00", "evidence_digest": "f" * 64, "reason": "a\x00b", "units": HUGE}
    for path in (
        f"/releases/{card.pk}/approve",
        f"/releases/{card.pk}/reject",
        "/roll-back/demand_forecast",
        "/forecasts/200000/override",
        "/settings",
    ):
        assert send(path, odd).status_code in (200, 422), path
    for path in (f"/data/deliveries/{HUGE}/replay", f"/releases/{HUGE}/approve", "/versions/no-such/train"):
        assert send(path, odd).status_code == 404, path
    card.refresh_from_db()
    assert card.is_waiting_for_merchant
    assert ShopSettings.objects.get(shop=shop).revision == 0
    assert not ForecastOverride.objects.exists()


def test_settings_that_somebody_else_changed_meanwhile_keep_their_approvers(shop, send):
    """A colleague who guesses the next revision must not slip past the check of who may name approvers."""
    from dashboard.forms.pages import SettingsForm
    from tests.identities import COLLEAGUE

    fields = SettingsForm.shown(shop.settings) | {"revision": 1, "approvers": []}
    assert "changed since you opened" in send("/settings", fields, sub=COLLEAGUE).content.decode()
    assert ShopSettings.objects.get(shop=shop).revision == 0


def test_a_note_keeps_no_e_mail_address(shop, send):
    today = timezone.now().date()
    typed = {"units": 5, "first_day": today, "last_day": today, "note": "asked by ann@example.com " + "a@b.cc " * 39}
    send("/forecasts/200000/override", typed)
    card = Release.objects.filter(phase="awaiting_approval").latest("pk")
    send(f"/releases/{card.pk}/reject", {"revision": card.revision, "reason": "ann@example.com says no"})
    assert ForecastOverride.objects.get().note.startswith("asked by [e-mail removed]")
    assert "[e-mail removed] says no" in LedgerNote.objects.values_list("text", flat=True)
    assert not [note for note in LedgerNote.objects.values_list("text", flat=True) if "@" in note]
