"""A month in the development store: a good version is promoted, a bad one is caught, by real clicks in the admin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from pipelines.endpoints import webhooks
from pipelines.jobs import releases as jobs
from pipelines.models import LifecycleEvent, ModelVersion, Release, Staff
from pipelines.strategies import limits
from tests import exposing
from tests.browser.conftest import STAFF, Store, a_store, answered
from tests.dashboard import story
from tests.journeys.month import USUAL_RATE, Month

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("shown")]
shown = exposing.shown
Phase = Release.Phase
GOOD, BAD = USUAL_RATE * 1.5, USUAL_RATE * 0.75  # of visitors who buy; the bad version brings half of the good one


def expect(locator: Any) -> Any:
    from playwright.sync_api import expect as expected

    return expected(locator)


@pytest.fixture
def store(live_server: Any, tmp_path: Path) -> Iterator[Store]:
    """Serve a store whose clock this month turns, and no other test's."""
    with a_store(live_server, tmp_path / "state") as served:
        yield served


@pytest.fixture
def shop(transactional_db: None, settings: Any) -> Iterator[Any]:
    """Return a shop whose deliveries reach the app's door, and whose people are known."""
    settings.ROOT_URLCONF = "tests.journeys.month"
    shop = story.a_shop()
    for name, sub in STAFF.items():
        facts = {"is_owner": name == "owner", "is_collaborator": False, "checked_at": timezone.now()}
        Staff.objects.create(shop=shop, sub=sub, **facts)
    yield shop
    webhooks.outbox().disconnect()
    webhooks.outbox.cache_clear()


@pytest.fixture
def month(shop: Any, admin: Any) -> Iterator[Month]:
    """Give the shop a past of four weeks; its month begins on a Monday."""
    with time_machine.travel(timezone.now(), tick=True) as clock:
        month = Month(clock, admin.store.port, shop)
        month.begin()
        yield month


def approve(admin: Any, card: Release) -> None:
    """Open the card from Home, and click."""
    app = admin.open("/")
    expect(
        app.get_by_text(re.compile(rf"version {card.version.number}", re.I)).filter(visible=True).first
    ).to_be_visible()
    app = admin.open(f"/releases/{card.pk}")
    app.get_by_role("button", name=re.compile("^Approve")).first.click()
    expect(app.get_by_role("button", name=re.compile("^Approve"))).to_have_count(0)
    leave(admin)


def leave(admin: Any) -> None:
    """Close the page: one that stays open asks on its own, with a token of the time before the clock is turned."""
    admin.page.goto("about:blank")
    answered()


def release_of(month: Month, rate: float) -> Release:
    """Propose a new version as the training does when it has made one."""
    version: ModelVersion = month.a_version(rate)
    jobs.propose_release(version.shop_id, version.pk)
    return Release.objects.get(version=version)


def sees(admin: Any, path: str, *words: str) -> None:
    """Open a page of the app and read these words there."""
    app = admin.open(path)
    for word in words:
        expect(app.get_by_text(re.compile(word)).filter(visible=True).first).to_be_visible()
    leave(admin)


@pytest.mark.timeout(400)  # a month in about a minute, where nothing else runs
def test_a_good_version_is_promoted_and_a_bad_one_is_caught(admin, month):
    first = month.deployment.active
    month.days(1)

    good = release_of(month, GOOD)
    assert good.strategy == "canary" and good.phase == Phase.SHADOW
    month.until(Phase.AWAITING_APPROVAL, days=2)
    assert month.deployment.active == first
    approve(admin, month.newest)
    month.until(Phase.CANARY, days=1)
    month.days(2)
    assert month.deployment.active == first and month.deployment.canary == good.version
    sees(admin, f"/releases/{good.pk}", rf"{month.newest.weight}\s*%")
    if month.until(Phase.LIVE, Phase.AWAITING_APPROVAL, days=27).phase != Phase.LIVE:
        approve(admin, month.newest)  # asked half-way: not proven in the time that the card named
    month.until(Phase.LIVE, days=1)
    sees(admin, f"/releases/{good.pk}", "Live|In use since")
    sees(admin, "/versions", "Version 2", "Live")
    sees(admin, "/", "Version 2")
    month.days(max(1, 14 - month.day))
    assert month.deployment.active == good.version

    bad = release_of(month, BAD)
    month.until(Phase.AWAITING_APPROVAL, days=2)
    approve(admin, month.newest)
    month.until(Phase.CANARY, days=1)
    month.until(Phase.ROLLED_BACK, days=14)
    assert month.newest.analysis["harm"] >= limits.HARM and month.weights_of(bad) <= {0, 25, 50}
    assert month.deployment.active == good.version and month.deployment.canary is None
    assert month.newest.version.state == ModelVersion.State.QUARANTINED
    sees(admin, f"/releases/{bad.pk}", "[Rr]olled back", "order less")
    sees(admin, "/", "order less", "taken away")
    sees(admin, "/versions", "Version 3", "Live")

    month.days(28 - month.day)
    assert month.deployment.active == good.version
    assert LifecycleEvent.objects.for_shop(month.shop).filter(kind="release.rolled_back").count() == 1
    assert LifecycleEvent.broken_at(month.shop) is None
