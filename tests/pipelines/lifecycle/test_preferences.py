"""What the merchant decides about the shop: taken in turn, written down, and never another shop's."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from pipelines.lifecycle import preferences
from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.preferences import Rule
from pipelines.models import LifecycleEvent, ShopSettings, StockRule
from pipelines.models.usecases.demand_forecast import (
    ForecastOverride,
    NoOwnNumber,
    OddDay,
    OddOrder,
    OwnNumber,
    standing,
)
from tests import histories
from tests.histories import COLLEAGUE, OWNER

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)


@pytest.fixture
def shop():
    return histories.a_shop()


def at(shop) -> int:
    return ShopSettings.objects.get(shop=shop).revision


def told(shop) -> list[str]:
    return list(LifecycleEvent.objects.for_shop(shop).order_by("seq").values_list("kind", flat=True))


def rule(vendor="", variant_id=None, **values):
    return Rule(vendor, variant_id, dict.fromkeys(StockRule.FIELDS) | values)


def own(units=50, variant_id=7):
    return OwnNumber(variant_id, units, TODAY, TODAY + timedelta(days=27), "Fair")


CHANGES = {
    "settings": lambda shop, revision: preferences.change_settings(shop, {"review_days": 3}, revision=revision, by="1"),
    "rules": lambda shop, revision: preferences.set_rules(
        shop, [rule("A", lead_time_days=3)], revision=revision, by="1"
    ),
    "own number": lambda shop, revision: preferences.say(shop, own(), revision=revision, by="1"),
    "end of it": lambda shop, revision: preferences.say(shop, NoOwnNumber(7), revision=revision, by="1"),
    "odd order": lambda shop, revision: preferences.say(shop, OddDay(7, TODAY, True), revision=revision, by="1"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_each_change_takes_the_next_revision_and_none_a_stale_one(shop, change):
    seen = at(shop)
    change(shop, seen)
    assert at(shop) == seen + 1
    before = told(shop)
    with pytest.raises(Refused, match="changed since you opened the page"):
        change(shop, seen)
    assert (at(shop), told(shop)) == (seen + 1, before)
    assert StockRule.objects.count() <= 1 and ForecastOverride.objects.count() <= 1


def test_another_shops_revision_is_its_own(shop):
    other = histories.a_shop()
    CHANGES["settings"](shop, at(shop))
    assert at(other) == 0 or at(other) == at(shop) - 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [({"canary_weights": [10, 5]}, "larger than the one before"), ({"approvers": ["999"]}, "can be named")],
)
def test_what_cannot_be_is_refused_noted_and_changes_nothing(shop, changes, sentence):
    seen = at(shop)
    with pytest.raises(Refused, match=sentence):
        preferences.change_settings(shop, changes | {"review_days": 3}, revision=seen, by="1")
    assert at(shop) == seen and told(shop) == ["settings.refused"]


def test_people_who_opened_the_app_here_may_be_named_and_stay_named(shop):
    assert preferences.may_be_named(shop) == {COLLEAGUE}, "the owner always may"
    ShopSettings.objects.filter(shop=shop).update(approvers=["77"])
    assert preferences.may_be_named(shop) == {COLLEAGUE, "77"}
    with pytest.raises(Refused):
        preferences.check_approvers(shop, [OWNER])


def test_rules_replace_what_was_known_of_the_same_and_leave_the_rest(shop):
    other = histories.a_shop()
    StockRule.objects.create(shop=other, vendor="A", lead_time_days=1)
    first = [rule("A", lead_time_days=3), rule("B", lead_time_days=4), rule(variant_id=7, pack_size=6)]
    assert preferences.set_rules(shop, first, revision=at(shop), by="1") == 3
    second = [rule("A", lead_time_days=9), rule(variant_id=7)]
    preferences.set_rules(shop, second, revision=at(shop), by="1")
    rows = StockRule.objects.for_shop(shop).order_by("vendor").values_list("vendor", "variant_id", "lead_time_days")
    assert list(rows) == [("A", None, 9), ("B", None, 4)], "an empty rule is none"
    assert StockRule.objects.for_shop(other).get().lead_time_days == 1


def test_a_vendors_rule_leaves_its_variants_own(shop):
    preferences.set_rules(shop, [rule("A", variant_id=7, pack_size=6)], revision=at(shop), by="1")
    preferences.set_rules(shop, [rule("A", pack_size=2)], revision=at(shop), by="1")
    assert StockRule.objects.count() == 2


def test_a_newer_own_number_ends_the_one_before(shop):
    preferences.say(shop, own(50), revision=at(shop), by="1")
    preferences.say(shop, own(9, variant_id=8), revision=at(shop), by="1")
    preferences.say(shop, own(60), revision=at(shop), by="1")
    assert [row.units for row in standing(shop, 7)] == [60]
    assert [row.units for row in standing(shop, 8)] == [9]
    preferences.say(shop, NoOwnNumber(7), revision=at(shop), by="1")
    assert not standing(shop, 7).exists() and ForecastOverride.objects.count() == 3
    assert told(shop) == ["forecast.overridden"] * 3 + ["forecast.restored"]


def test_the_merchants_words_are_kept_where_they_can_be_erased(shop):
    preferences.say(shop, own(), revision=at(shop), by="1")
    event = LifecycleEvent.objects.for_shop(shop).get()
    assert event.note.text == "Fair" and "note" not in event.details and event.details["units"] == "50"


def test_returning_to_a_forecast_that_stands_tells_nothing(shop):
    preferences.say(shop, NoOwnNumber(7), revision=at(shop), by="1")
    assert told(shop) == []


@pytest.mark.parametrize(
    ("counts", "because"), [(True, "An order counts in full"), (False, "An order is left out"), (None, "weighed again")]
)
def test_what_is_said_of_an_odd_day_stands_alone(shop, counts, because):
    preferences.say(shop, OddDay(7, TODAY, not counts), revision=at(shop), by="1")
    preferences.say(shop, OddDay(7, TODAY, counts), revision=at(shop), by="2")
    assert list(OddOrder.objects.values_list("counts", "sub")) == ([] if counts is None else [(counts, "2")])
    assert because in LifecycleEvent.objects.order_by("-seq").first().because
