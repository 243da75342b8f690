"""A month's report as a whole: for a good month, an empty shop, three orders, and the second family."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

from pipelines.lifecycle.results import report
from pipelines.models import OwnEvent
from pipelines.usecases import USE_CASES
from tests import histories, reporting
from tests.families import visits
from tests.reporting import AFTER, OCTOBER, USE_CASE


def made(shop, now=AFTER):
    found = report.report(shop, OCTOBER, now)
    assert json.loads(json.dumps(found)) == found, "plain data"
    return found


def marks(found, use_case=USE_CASE):
    return {claim["key"]: claim["mark"] for claim in found["claims"] if claim["use_case"] == use_case}


def test_a_good_month_is_proven_in_money_and_in_errors(shop, version):
    reporting.a_good_month(version)
    found = made(shop)
    assert marks(found) == {"accuracy": "proven", "errors": "proven", "orders": "not_measured"}
    assert found["verdict"] == "yes" and 0 < found["proven"]["low"] < found["proven"]["value"]


def test_a_shop_with_three_orders_is_not_measured_and_nothing_is_a_zero(shop):
    for day in (3, 12, 20):
        histories.an_order(shop, OCTOBER.starts_at + timedelta(days=day), [(None, 1)], total_minor=5_00)
    histories.an_order(shop, OCTOBER.ends_at, [(None, 1)], total_minor=9_00)
    found = made(shop)
    assert found["shop"] == {"orders": 3, "sales_minor": 15_00}
    assert set(marks(found).values()) == {"not_measured"}
    assert all(claim["value"] is None for claim in found["claims"])
    assert (found["proven"], found["verdict"]) == (None, "not_measured")


def test_orders_that_were_cancelled_or_given_back_do_not_count(shop):
    at = OCTOBER.starts_at + timedelta(hours=1)
    histories.an_order(shop, at, [(None, 1)], total_minor=5_00, cancelled_at=at)
    histories.an_order(shop, at, [(None, 1)], total_minor=8_00, refunded_minor=3_00)
    assert made(shop)["shop"] == {"orders": 1, "sales_minor": 5_00}


def test_days_apart_are_named_and_left_out(shop, version):
    reporting.a_good_month(version)
    OwnEvent.objects.create(shop=shop, name="Drop", first_day=date(2026, 10, 5), last_day=date(2026, 10, 7))
    found = made(shop)
    assert found["apart"] == [{"name": "Drop", "first": "2026-10-05", "last": "2026-10-07", "days": 3}]
    assert {claim["n"] for claim in found["claims"] if claim["mark"] == "proven"} == {28}


def test_what_ran_is_read_off_the_ledger_day_by_day(shop):
    first = reporting.live(shop)
    second = reporting.live(shop, OCTOBER.starts_at + timedelta(days=10, hours=9))
    live = report.live_on(shop, USE_CASE, OCTOBER)
    assert [live[day] for day in (OCTOBER.days[0], OCTOBER.days[10], OCTOBER.days[11])] == [
        first.pk, first.pk, second.pk,
    ]  # fmt: skip


def test_a_running_month_is_reported_up_to_now(shop, version):
    now = datetime(2026, 10, 18, 9, tzinfo=UTC)
    found = made(shop, now)
    assert found["until"] == now.isoformat() and marks(found)["errors"] == "not_measured"


def test_the_month_of_the_installation_says_since_when(shop):
    shop.installed_at = datetime(2026, 10, 14, 9, tzinfo=UTC)
    assert made(shop)["since"] == "2026-10-14"


def test_a_family_that_answers_visitors_is_reported_by_its_contract(shop):
    with USE_CASES.only(visits.USE_CASE):
        found = made(shop)
    assert marks(found, visits.SLUG) == {"accuracy": "not_measured", "orders": "not_measured"}
    assert [each["use_case"] for each in found["versions"]] == [visits.SLUG]
    assert found["uptime"]["models"][0]["availability"] is None
