"""Once a day each version that answers follows what came, as far as orders were read, and says so from then on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines.lifecycle.evidence.asked import asking, correcting
from pipelines.models import Correction, Deployment, ModelVersion, PredictionLog, Shop
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import PARAMETERS
from tests import histories
from tests.families.visits import SLUG, following, moments
from tests.identities import OTHER_SHOP
from tests.pipelines.lifecycle.data.test_moments import bought, did, unit

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def family() -> Iterator[None]:
    with USE_CASES.also(following.USE_CASE):
        yield


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let orders have been read just now."""
    monkeypatch.setattr(correcting.freshness, "newest_pull_at", lambda shop: NOW)


@pytest.fixture
def shop() -> Shop:
    return histories.a_shop()


def a_version(shop: Shop) -> ModelVersion:
    learned = {"intercept": -2.0, "pages": 0.0, "is_returning": 0.0}
    return histories.a_version(shop, use_case=SLUG, files={PARAMETERS: json.dumps(learned).encode()})


def runs(shop: Shop, **changes: ModelVersion) -> ModelVersion:
    version = changes.pop("active", None) or a_version(shop)
    Deployment.of(shop, SLUG)
    Deployment.objects.filter(shop=shop, use_case=SLUG).update(active=version, **changes)
    return version


def orders(shop: Shop, days_ago: int, who: str = "ann") -> None:
    did(shop, NOW - days_ago * DAY, who=who)
    bought(shop, NOW - days_ago * DAY + HOUR, unit=unit(who))


def followed(version: ModelVersion) -> list[tuple[date, int]]:
    rows = Correction.objects.filter(version=version).order_by("through")
    return [(row.through, row.state["orders"]) for row in rows]


def test_days_that_are_known_for_good_are_followed_once(shop: Shop) -> None:
    version = runs(shop)
    for days_ago, who in ((4, "ann"), (2, "bob"), (1, "cat"), (0, "dan")):
        orders(shop, days_ago, who)
    assert correcting.correct(shop, SLUG, NOW) == 1 and correcting.correct(shop, SLUG, NOW + HOUR) == 0
    assert followed(version) == [(date(2026, 11, 18), 2)]


def test_the_next_day_goes_on_from_the_last(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    version = runs(shop)
    for days_ago, who in ((4, "ann"), (2, "bob"), (1, "cat")):
        orders(shop, days_ago, who)
    correcting.correct(shop, SLUG, NOW)
    monkeypatch.setattr(correcting.freshness, "newest_pull_at", lambda shop: NOW + DAY)
    assert correcting.correct(shop, SLUG, NOW + DAY) == 1
    assert followed(version) == [(date(2026, 11, 18), 2), (date(2026, 11, 19), 3)]


def test_what_is_said_from_then_on_is_moved(shop: Shop) -> None:
    runs(shop)
    orders(shop, 3, "ann")
    orders(shop, 3, "bob")
    correcting.correct(shop, SLUG, NOW)
    did(shop, NOW - timedelta(minutes=2), who="eve")
    asking.ask(shop, SLUG, NOW)
    assert PredictionLog.objects.get().score == pytest.approx(0.5)  # 1 / (1 + exp(2 - 2))


def test_what_ran_before_follows_too(shop: Shop) -> None:
    before = a_version(shop)
    version = runs(shop, standby=before)
    orders(shop, 3)
    assert correcting.correct(shop, SLUG, NOW) == 2
    assert followed(before) == followed(version) == [(date(2026, 11, 18), 1)]


def test_orders_that_were_not_read_are_none_that_did_not_come(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    version = runs(shop)
    orders(shop, 4)
    orders(shop, 2, "bob")
    monkeypatch.setattr(correcting.freshness, "newest_pull_at", lambda shop: NOW - 2 * DAY)
    assert correcting.correct(shop, SLUG, NOW) == 1 and followed(version) == [(date(2026, 11, 16), 1)]
    monkeypatch.setattr(correcting.freshness, "newest_pull_at", lambda shop: None)
    assert correcting.correct(shop, SLUG, NOW) == 0


def test_only_what_can_be_corrected_and_runs_is_due(shop: Shop) -> None:
    assert list(correcting.due()) == [] and correcting.correct(shop, SLUG, NOW) == 0
    runs(shop)
    assert list(correcting.due()) == [(shop.pk, SLUG)]
    with USE_CASES.also(moments.USE_CASE):
        assert list(correcting.due()) == []


def test_shops_teach_each_other_nothing(shop: Shop) -> None:
    other = histories.a_shop(domain=OTHER_SHOP)
    version, theirs = runs(shop), runs(other)
    orders(other, 3)
    correcting.correct(shop, SLUG, NOW)
    correcting.correct(other, SLUG, NOW)
    assert (followed(version), followed(theirs)) == ([(date(2026, 11, 18), 0)], [(date(2026, 11, 18), 1)])
