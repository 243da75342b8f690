"""Alerts in the browser: answered with a click, also where words are long and the screen is small."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle.alerts import answers, board, channels
from pipelines.lifecycle.alerts.lives import Wish
from pipelines.models import Alert, AlertChannel, AlertDelivery

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WORD = "Supercalifragilistic" * 4


@pytest.fixture
def alerts(shop):
    """Give a shop alerts in every state, channels of every kind and a log."""
    now = timezone.now()
    hour = timedelta(hours=1)
    for kind, target in (("email", "ann@example.com"), ("webhook", "https://hooks.example.com/a"), ("flow", "")):
        AlertChannel.objects.create(shop=shop, kind=kind, **channels.sealed(kind, target, shop))

    def tell(key, title, next_step, at, **more):
        return board.tell(shop, key, title=title, next_step=next_step, now=at, **more)

    text = "95 of 100 answers took 210 ms between 18:00 and 20:00; the limit is 50 ms."
    tell("slow", "Answers are slow at peak hours", "Nothing to do: we look again at 21:00.", now - 3 * hour,
         text=text, minor_per_hour=3100, severity="critical")  # fmt: skip
    tell("news", f"Visits of a kind that is new {WORD}"[:120], f"See {WORD}.", now - 70 * hour, minor_per_hour=1200)
    seen = tell("data", "Two deliveries from Shopify failed", "The daily check repairs both tonight.", now - 20 * hour)
    later = tell("cost", "18 variants have no purchase cost", "Add the cost in Shopify.", now - 90 * hour)
    answers.answer(shop, seen.pk, Wish.ACKNOWLEDGE, by="902541635", now=now - 10 * hour)
    answers.answer(shop, later.pk, Wish.SNOOZE, by="902541635", now=now - hour, snooze="day")
    tell("late", "Orders arrived three hours late", "Nothing to do.", now - 200 * hour)
    board.close(shop, "late", now - 197 * hour)
    told = {0: ("sent", 1, ""), 1: ("failed", 6, "The server answered 500."), 2: ("waiting", 2, "Not reached.")}
    for row in AlertDelivery.objects.all():
        state, attempts, problem = told[row.pk % 3]
        facts = {"state": state, "attempts": attempts, "problem": problem}
        AlertDelivery.objects.filter(pk=row.pk).update(**facts, settled_at=row.made_at + timedelta(seconds=3))
    return shop


@pytest.mark.parametrize("admin", [{"size": "desktop"}, {"size": "small"}, {"size": "phone"}], indirect=True)
def test_both_pages_fit_and_shut_nobody_out(admin, alerts):
    axe = pytest.importorskip("axe_playwright_python.base").AXE_SCRIPT
    for path in ("/alerts", "/alerts/channels"):
        page = admin.open(path)
        for details in page.locator("details").all():
            details.evaluate("each => { each.open = true }")
        wide = admin.inside.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} sticks out by {wide} px"
        admin.inside.evaluate(axe)
        found = admin.inside.evaluate("axe.run()")["violations"]
        assert [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")] == [], path


def test_an_alert_is_acknowledged_and_another_snoozed(admin, alerts):
    page = admin.open("/alerts")
    page.get_by_role("button", name="Acknowledge: Answers are slow").click()
    admin.toast("Acknowledged")
    page.get_by_role("button", name="Snooze 1 day: Visits").click()
    admin.toast("Snoozed")
    page.get_by_text("Nothing is open; 4 alerts were seen").wait_for()
    assert not Alert.objects.filter(closed_at=None, acknowledged_at=None, snoozed_until=None).exists()


def test_a_channel_is_added_tried_and_removed(admin, shop, queued):
    page = admin.open("/alerts/channels")
    page.locator('[name="target"]').locator("input").fill("ann@example.com")
    page.locator("s-button", has_text="Add").click()
    admin.toast("Added")
    page.get_by_role("button", name="Send a test by E-mail").click()
    admin.toast("A test is on its way")
    page.get_by_role("button", name="Remove E-mail").click()
    admin.toast("Removed, with its address")
    assert not AlertChannel.objects.exists()
