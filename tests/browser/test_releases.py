"""A merchant watches a release, stops it, takes it back, and freezes the shop, in a real browser inside the admin."""

from __future__ import annotations

import pytest

from pipelines.models import Deployment, FreezeWindow, ModelVersion, Order, Release
from tests.browser.test_merchant import expect
from tests.dashboard import moving, story

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_pauses_after_one_question_and_lets_it_go_on_with_one_click(admin, shop):
    row = moving.shares(shop)
    app = admin.open(f"/releases/{row.pk}")
    app.get_by_role("button", name="Pause", exact=True).first.click()
    dialog = app.get_by_role("dialog", name="Pause this release?")
    dialog.get_by_role("button", name="Pause", exact=True).click()
    admin.toast("Paused")
    app.get_by_role("button", name="Go on").click()
    admin.toast("Goes on")
    assert not Release.objects.get(pk=row.pk).is_paused


def test_takes_a_version_away_from_the_shoppers_who_see_it(admin, shop):
    row = moving.shares(shop)
    app = admin.open(f"/releases/{row.pk}")
    app.get_by_role("button", name="Roll back to version 1").click()
    dialog = app.get_by_role("dialog", name="Roll back to version 1?")
    dialog.get_by_role("button", name="Roll back", exact=True).click()
    admin.toast("Version 3 was taken away")
    assert Deployment.objects.get().canary is None


def test_types_a_word_where_much_money_depends_on_the_version(admin, shop):
    card = Release.objects.latest("pk")
    Order.objects.update(total_minor=5_000)
    with story.histories.anything_goes():
        ModelVersion.objects.filter(pk=card.version_id).update(replay=story.a_replay(9_000_000_000).as_dict())
    app = admin.open(f"/releases/{card.pk}")
    app.get_by_role("button", name="Approve for all variants").click()
    admin.toast("Version 2 is live")
    app.get_by_role("button", name="Roll back to version 1").click()
    dialog = app.get_by_role("dialog", name="Roll back to version 1?")
    dialog.get_by_role("textbox").fill("roll back")
    dialog.get_by_role("button", name="Roll back", exact=True).click()
    admin.toast("Back on version 1")
    assert Deployment.objects.get().active.number == 1


def test_adds_a_freeze_and_dismisses_it(admin, shop):
    app = admin.open("/settings")
    app.get_by_role("textbox", name="Name").fill("Summer sale")
    app.get_by_label("First day").fill("2027-07-01")
    app.get_by_label("Last day").fill("2027-07-03")
    app.get_by_role("button", name="Add a freeze").click()
    admin.toast("Nothing new goes live in that time")
    app.get_by_role("button", name="Dismiss").click()
    admin.toast("Dismissed")
    expect(app.locator("s-badge", has_text="Dismissed")).to_be_visible()
    assert FreezeWindow.objects.get().state == "dismissed"
