"""Some visitors are shown nothing while lists do help: what the lists add is found, proven and reported."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date

import pytest

from pipelines.jobs import hold_outs
from pipelines.lifecycle import preferences
from pipelines.lifecycle.evidence.hold_out import told
from pipelines.lifecycle.hold_outs import drawn
from pipelines.lifecycle.results.months import Month
from pipelines.lifecycle.results.report import report
from pipelines.models import Exposure, HoldOut, HoldOutSight, ShopSettings
from pipelines.usecases.recommendations import USE_CASE
from tests import histories
from tests.journeys import browsing_store, visiting_store
from tests.journeys.browsing_store import BrowsingStore

pytestmark = pytest.mark.django_db(transaction=True)
A_DAY = 600  # visitors


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[BrowsingStore]:
    monkeypatch.setattr(HoldOut._meta.get_field("seed"), "_get_default", lambda: "of its own")
    monkeypatch.setattr(browsing_store, "BUYS", 0.3)
    monkeypatch.setattr(browsing_store, "LED", 0.75)
    monkeypatch.setattr(browsing_store, "PAIRS", 2)  # few products: what belongs to one is among the best sellers
    with visiting_store.opened(monkeypatch, BrowsingStore, dataclasses.replace(USE_CASE)) as opened:
        yield opened


def test_what_lists_add_is_proven_by_those_who_see_none(store: BrowsingStore) -> None:
    store.sold_before(40, 40)
    store.end_day()
    hold_outs.keep()
    draw = drawn.of(store.shop, store.slug)
    assert draw is not None and draw.percent == 5

    # The merchant wants to know sooner.
    revision = ShopSettings.of(store.shop).revision
    preferences.say(store.shop, drawn.Chosen(store.slug, 20), revision=revision, by=histories.OWNER)
    said = [answer for _ in range(4) for answer in store.day(A_DAY)]
    shown = {arm: [each for each in said if each["arm"] == arm] for arm in ("held_out", "stable")}
    assert len(shown["held_out"]) == pytest.approx(0.2 * len(said), rel=0.15)
    assert len(said) == len(shown["held_out"]) + len(shown["stable"]) == HoldOutSight.objects.count()
    assert all(answer["answer"] == {"products": []} for answer in shown["held_out"])
    listed = [bool(each["answer"]["products"]) for each in shown["stable"]]
    assert sum(listed) > 0.9 * len(listed)  # the first who ask have them loaded for the next
    assert not Exposure.objects.exists()

    # Two days later everybody's first day is over.
    store.days_before(2, 3)
    hold_outs.keep()
    standing = told.standing(store.shop, store.slug)
    assert standing is not None and (standing.percent, standing.mark) == (20, "proven")
    assert standing.orders is not None and 0 < standing.orders.low < standing.orders.value
    month = report(store.shop, Month(date(2026, 9, 1), store.shop.zone), store.now)
    claims = {(claim["key"], claim["mark"], claim["is_counted"]) for claim in month["claims"]}
    assert {("orders", "proven", False), ("revenue", "proven", True)} <= claims
    assert month["proven"]["low"] > 0
