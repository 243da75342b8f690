"""Money against the simple rule: usual days of what ran, whole range or nothing."""

from __future__ import annotations

import pytest

from pipelines.lifecycle.evidence.months import against_rule
from pipelines.lifecycle.results import report
from pipelines.usecases import USE_CASES
from tests import reporting
from tests.reporting import OCTOBER, USE_CASE

pytestmark = pytest.mark.django_db
DAILY = "loss_against_simple_rule"


def claims(shop, apart=frozenset()):
    return against_rule.claims(report.asked_of(shop, USE_CASE, OCTOBER, frozenset(apart)))


@pytest.fixture
def version():
    return reporting.live(reporting.a_shop())


def test_money_saved_day_after_day_is_proven_with_its_range(version):
    reporting.a_good_month(version)
    money, _ = claims(version.shop)
    assert money.mark == "proven" and money.is_counted
    assert money.value == pytest.approx(31 * 16_000) and 0 < money.low < money.value < money.high
    assert len(money.details["daily"]) == 31


def test_what_costs_more_is_proven_to_cost_more(version):
    reporting.a_good_month(version, mean=-16_000)
    money, _ = claims(version.shop)
    assert money.mark == "proven" and money.high < 0


def test_what_wavers_is_not_proven(version):
    reporting.a_good_month(version, mean=1_000, spread=90_000)
    assert claims(version.shop)[0].mark == "not_proven"


def test_freeze_days_are_told_beside_the_total_and_stand_in_none(version):
    reporting.each_day(version, DAILY, [-1_000_000.0] * 5 + list(-reporting.saved(26, 16_000, 9_000)))
    money, _ = claims(version.shop, OCTOBER.days[:5])
    assert money.value == pytest.approx(26 * 16_000) and money.n == 26
    assert money.details["apart"] == pytest.approx(5_000_000) and "5 days of freezes or events" in money.how


def test_without_a_version_there_is_nothing_to_claim():
    money, _ = claims(reporting.a_shop())
    assert (money.mark, money.value, money.how) == ("not_measured", None, "No version of ours was live this month.")


def test_a_few_days_have_no_range(version):
    reporting.a_good_month(version, days=13)
    money, _ = claims(version.shop)
    assert (money.mark, money.value, money.n) == ("not_measured", None, 13)


def test_another_shops_days_count_there_alone(version):
    reporting.a_good_month(version)
    assert claims(reporting.live(reporting.a_shop()).shop)[0].mark == "not_measured"


def test_where_nobody_is_split_what_shoppers_do_is_not_measured_in_the_use_cases_words(version):
    _, orders = claims(version.shop)
    assert (orders.mark, orders.how) == ("not_measured", USE_CASES[USE_CASE].words.not_split)
