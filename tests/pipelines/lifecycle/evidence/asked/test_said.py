"""What no output remembers is read from the log: who said what of which moment, and whether an order came of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines.lifecycle.evidence import paired
from pipelines.lifecycle.evidence.asked import said
from pipelines.models import Deployment, ModelVersion, PairedWeek, PredictionLog, Shop
from pipelines.usecases import USE_CASES
from tests import histories
from tests.families.visits import SLUG, moments
from tests.pipelines.lifecycle.data.test_moments import KEY, bought, did, unit

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)  # a Monday
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FIRST = date(2026, 11, 2)


@pytest.fixture(autouse=True)
def family() -> Iterator[None]:
    with USE_CASES.also(moments.USE_CASE):
        yield


@pytest.fixture
def shop() -> Shop:
    return histories.a_shop()


def told(shop: Shop, version: ModelVersion, at: datetime, score: float, who: bytes | str = "ann") -> None:
    facts = {"arm": "stable", "outcome": "answered", "features": {"value": 4200}}
    known = who if isinstance(who, bytes) else unit(who)
    PredictionLog.objects.create(
        shop=shop, use_case=SLUG, version_id=version.pk, unit=known, at=at, score=score, **facts
    )


def came(shop: Shop, version: ModelVersion) -> list[float]:
    return said.logged(shop, SLUG, version.pk, FIRST, 7)["came"].tolist()


class TestReading:
    def test_a_version_speaks_of_the_days_on_which_it_answered(self, shop: Shop) -> None:
        version = histories.a_version(shop, use_case=SLUG)
        told(shop, version, NOON, 0.5)
        told(shop, version, NOON + 3 * DAY, 0.5)
        assert said.spoken(shop, version) == {FIRST - DAY, FIRST + 2 * DAY}

    def test_an_answer_comes_with_its_moment_what_was_asked_and_what_came_of_it(self, shop: Shop) -> None:
        version = histories.a_version(shop, use_case=SLUG)
        told(shop, version, NOON, 0.25)
        told(shop, version, NOON + HOUR, 0.75, who="bob")
        bought(shop, NOON + 2 * HOUR, unit=unit("bob"))
        rows = said.rows(shop, SLUG, version.pk, {FIRST: FIRST - DAY}, 7)
        assert rows[["score", "came"]].to_numpy().tolist() == [[0.25, 0.0], [0.75, 1.0]]
        assert [json.loads(each) for each in rows["question"]] == [{"value": 4200}] * 2
        assert rows["moment"].tolist() == [NOON.timestamp(), (NOON + HOUR).timestamp()]

    @pytest.mark.parametrize(("late", "is_one"), [(-1, 0), (0, 1), (23, 1), (24, 0)])
    def test_an_order_in_the_day_after_is_one(self, shop: Shop, late: int, is_one: int) -> None:
        version = histories.a_version(shop, use_case=SLUG)
        told(shop, version, NOON, 0.5)
        bought(shop, NOON + late * HOUR, unit=unit("ann"))
        assert came(shop, version) == [is_one]

    def test_a_checkout_is_known_by_its_token_and_a_visitor_by_the_checkout_that_was_begun(self, shop: Shop) -> None:
        version = histories.a_version(shop, use_case=SLUG)
        of_token = bytes.fromhex(f"{KEY:015x}" + "0" * 17)
        told(shop, version, NOON, 0.5, who=of_token)
        told(shop, version, NOON, 0.5, who="ann")
        told(shop, version, NOON, 0.5, who="bob")
        did(shop, NOON, "checkout_started", who="ann", checkout_key=KEY)
        bought(shop, NOON + HOUR, checkout_key=KEY)
        assert sorted(came(shop, version)) == [0, 1, 1]

    def test_what_was_no_answer_is_left_out(self, shop: Shop) -> None:
        version = histories.a_version(shop, use_case=SLUG)
        told(shop, version, NOON, 0.5)
        PredictionLog.objects.update(outcome="late")
        assert came(shop, version) == [] and said.spoken(shop, version) == set()


def test_a_week_of_answers_is_priced_for_both_versions_and_beside_the_simple_rule(shop: Shop) -> None:
    old, new = (histories.a_version(shop, use_case=SLUG) for _ in range(2))
    Deployment.of(shop, SLUG)
    Deployment.objects.filter(shop=shop, use_case=SLUG).update(active=new, standby=old)
    for number in range(7):
        at = NOON + number * DAY
        for who, buys in ((f"a{number}", True), (f"b{number}", False)):
            for version, sure in ((new, 0.9), (old, 0.6)):
                told(shop, version, at, sure if buys else 1 - sure, who=who)
        bought(shop, at + HOUR, unit=unit(f"a{number}"))
    now = NOON + 15 * DAY
    histories.pulled(shop, now)
    assert paired.compare_weeks(shop, SLUG, now) == 1
    week = PairedWeek.objects.get()
    assert (week.version, week.against, week.first_day, week.units) == (new, old, FIRST, 14)
    assert (week.loss_minor, week.against_minor) == pytest.approx((14 * 100 * 0.01, 14 * 100 * 0.16))
    assert paired.compare_weeks(shop, SLUG, now) == 0
