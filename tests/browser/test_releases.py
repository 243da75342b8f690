"""A merchant watches a release, stops it, takes it back, and freezes the shop, in a real browser inside the admin."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

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
    freezes = app.get_by_role("region", name="When nothing new goes live")
    freezes.get_by_role("textbox", name="Name").fill("Summer sale")
    first = (timezone.now() + timedelta(days=200)).date()
    freezes.get_by_label("First day").fill(first.isoformat())
    freezes.get_by_label("Last day").fill((first + timedelta(days=2)).isoformat())
    freezes.get_by_role("button", name="Add a freeze").click()
    admin.toast("Freeze added")
    freezes.get_by_role("button", name="Dismiss").click()
    admin.toast("Dismissed")
    expect(app.locator("s-badge", has_text="Dismissed")).to_be_visible()
    assert FreezeWindow.objects.get().state == "dismissed"


def test_is_kept_at_the_field_by_a_rejection_without_a_reason(admin, shop):
    card = Release.objects.latest("pk")
    app = admin.open(f"/releases/{card.pk}")
    app.get_by_role("button", name="Reject", exact=True).first.click()
    dialog = app.get_by_role("dialog", name="Reject version 2?")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    for nothing in ("", "  "):
        dialog.get_by_role("textbox").fill(nothing)
        dialog.get_by_role("button", name="Reject", exact=True).click()
        expect(dialog.get_by_text("Say in a few words why.")).to_be_visible()
    assert Release.objects.get(pk=card.pk).is_open
    dialog.get_by_role("textbox").fill("Too low")
    dialog.get_by_role("button", name="Reject", exact=True).click()
    admin.toast("Version 2 was rejected")


def test_begins_in_a_dialog_at_what_does_no_harm(admin, shop):
    app = admin.open("/versions")
    app.get_by_role("button", name="Roll back to the simple rule").click()
    expect(app.get_by_role("button", name="Keep version 1 running")).to_be_focused()
    admin.page.keyboard.press("Enter")
    expect(app.get_by_role("dialog")).to_have_count(0)
    assert Deployment.objects.get().active.number == 1


def test_lifts_a_proposed_freeze_for_one_version_and_goes_live(admin, shop):
    now, card = timezone.now(), Release.objects.latest("pk")
    FreezeWindow.objects.create(
        shop=shop,
        key="weekend",
        name="Long weekend",
        source="calendar",
        state="proposed",
        starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=2),
    )
    app = admin.open(f"/releases/{card.pk}")
    expect(app.get_by_text("Long weekend holds it: approved now, it goes live on")).to_be_visible()
    app.get_by_role("button", name="Lift the freeze for version").click()
    expect(app.get_by_role("button", name="Keep the freeze")).to_be_focused()
    app.get_by_role("button", name="Lift it for version 2").click()
    admin.toast("Long weekend does not hold version 2 any more")
    app.get_by_role("button", name="Approve for all variants").click()
    admin.toast("Version 2 is live")


def test_reads_what_is_wrong_with_a_freeze_at_its_field(admin, shop):
    app = admin.open("/settings")
    freezes = app.get_by_role("region", name="When nothing new goes live")
    freezes.get_by_role("textbox", name="Name").fill("W" * 80)
    freezes.get_by_label("First day").fill("2020-07-01")
    freezes.get_by_label("Last day").fill("2020-07-03")
    freezes.get_by_role("button", name="Add a freeze").click()
    expect(app.get_by_text("This day is over.")).to_be_in_viewport()
    expect(freezes.get_by_label("Last day")).to_be_focused()
    admin.problems.clear()  # the browser tells of every refused form
    day = (timezone.now() + timedelta(days=30)).date().isoformat()
    freezes.get_by_label("First day").fill(day)
    freezes.get_by_label("Last day").fill(day)
    freezes.get_by_role("button", name="Add a freeze").click()
    admin.toast("Freeze added")
    dismiss = freezes.get_by_role("button", name="Dismiss").bounding_box()
    assert dismiss["x"] + dismiss["width"] <= admin.page.viewport_size["width"]
