"""A merchant is asked about a second policy of offers, shows it to half of the shoppers, and goes back to the first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines.lifecycle.data import dataset
from pipelines.lifecycle.releases import propose
from pipelines.lifecycle.versions import train, validate
from pipelines.models import Deployment, ModelVersion, Order, Release, ServingWindow, Shop
from pipelines.models.usecases.offers import Offer
from pipelines.usecases.contract import Frames
from tests import histories
from tests.browser.test_merchant import expect
from tests.dashboard import offering_now, story
from tests.pipelines.usecases.offers import shop as past
from tests.pipelines.usecases.offers.shop import Market

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OFFERS = "offers"
HOUR = timedelta(hours=1)
ROWS = 3_000  # decisions: enough that gates judge, few enough for a test
RATES = ((0.25, 0.05, 0.02), (0.1, 0.25, 0.05))  # of acceptance: free delivery first, then the beanie
MARGINS = (600.0, 900.0, 500.0)


@pytest.fixture
def second(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Release:
    """Return the release of a second policy, learned from what shoppers did since the first one runs."""
    offering_now.several(shop)
    offers = list(Offer.objects.filter(state="live").order_by("pk").values_list("pk", flat=True))
    first = a_version(shop, offers, RATES[0], monkeypatch)
    story.go_live(shop, first)
    Order.objects.for_shop(shop).update(unit=b"\x01" * 16)  # by those of shoppers alone a comparison is planned
    answered_for_weeks(shop, first)
    newer = a_version(shop, offers, RATES[1], monkeypatch)
    opened = propose.propose(newer)
    assert opened is not None and opened.strategy == "canary"
    return histories.answered(opened)


def a_version(shop: Shop, offers: list[int], rates: tuple[float, ...], monkeypatch: pytest.MonkeyPatch) -> ModelVersion:
    """Train and judge a version on decisions of which it is known how they were drawn."""
    market = Market(offers=dict(zip(offers, zip(rates, MARGINS, strict=True), strict=True)), explore=0.8)
    yesterday = timezone.now().date() - timedelta(days=1)
    made = past.frames(ROWS, days=40, market=market, last_day=yesterday)
    monkeypatch.setattr(dataset, "read", lambda source, use_case: Frames(made.tables, yesterday, "GB"))
    trained = train.train_version(shop_id=shop.pk, use_case=OFFERS, trigger="first")
    return validate.validate_version(trained)


def answered_for_weeks(shop: Shop, version: ModelVersion) -> None:
    """Let a version have answered shoppers every hour of four weeks."""
    first = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(weeks=4)
    facts: dict[str, Any] = {"shop": shop, "use_case": OFFERS, "version": version, "arm": "stable", "heartbeats": 1}
    hours = (first + hour * HOUR for hour in range(4 * 7 * 24))
    ServingWindow.objects.bulk_create(
        ServingWindow(starts_at=at, ends_at=at + HOUR, units=1_000, errors=0, **facts) for at in hours
    )


def test_is_approved_shown_to_half_and_taken_back(admin: Any, second: Release) -> None:
    app = admin.open(f"/releases/{second.pk}")
    expect(app.get_by_text("profit of 1,000 shoppers, than with no offer")).to_be_visible()
    expect(app.get_by_text("runs now", exact=False).first).to_be_visible()
    expect(app.get_by_text("Offers only what is open and earns")).to_be_visible()
    app.get_by_role("button", name="Approve from 50 % on").click()
    expect(app.get_by_text("50 % of shoppers see it.")).to_be_visible()
    assert Deployment.of(second.shop, OFFERS).canary == second.version
    app.get_by_role("button", name="Roll back to version 1").click()
    dialog = app.get_by_role("dialog", name="Roll back to version 1?")
    dialog.get_by_role("button", name="Roll back", exact=True).click()
    admin.toast("Version 2 was taken away")
    there = Deployment.of(second.shop, OFFERS)
    assert (there.active and there.active.number, there.canary) == (1, None)
