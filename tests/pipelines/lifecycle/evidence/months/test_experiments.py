"""Orders and sales by shoppers chosen at random, as they stood when the month ended; else not measured."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pipelines.lifecycle.evidence import blocks
from pipelines.lifecycle.evidence.months import experiments
from pipelines.lifecycle.evidence.months.claims import Asked
from pipelines.lifecycle.results.months import Month
from tests import exposing
from tests.exposing import MONDAY, SLUG, an_hour

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shown")]
shown = exposing.shown
SEPTEMBER = Month(date(2026, 9, 1), ZoneInfo("UTC"))
LATER = datetime(2026, 10, 9, tzinfo=UTC)


def asked(shop, month=SEPTEMBER):
    return Asked(shop, SLUG, month.starts_at, month.ends_at, frozenset(), {})


def a_day(*, canary: tuple[int, int], control: tuple[int, int] = (500, 25)):
    release = exposing.a_canary(exposing.a_shop(), step=1)
    for hour in range(24):
        an_hour(release, MONDAY + timedelta(hours=hour), control=control, canary=canary)
    blocks.close_blocks(release, MONDAY + timedelta(days=3))
    return release


def test_shoppers_who_order_less_are_proven_to_in_orders_and_in_sales():
    release = a_day(canary=(500, 8))
    orders, sales = experiments.claims(asked(release.shop))
    assert (orders.mark, sales.mark) == ("proven", "proven")
    assert orders.high < 0 and sales.low <= sales.value <= sales.high < 0
    assert sales.details == {"saw_it": 12_000} and sales.value == pytest.approx(12_000 * -17 / 500 * 1000)
    assert sales.is_counted and not orders.is_counted


def test_shoppers_who_order_alike_prove_nothing():
    release = a_day(canary=(500, 25))
    assert {claim.mark for claim in experiments.claims(asked(release.shop))} == {"not_proven"}


def test_too_few_orders_are_not_measured_and_say_how_many_it_takes():
    release = a_day(canary=(500, 1), control=(500, 2))
    (claim,) = experiments.claims(asked(release.shop))
    assert (claim.mark, claim.value, claim.n) == ("not_measured", None, 24_000) and "100 orders" in claim.how


def test_without_an_experiment_nothing_is_measured():
    release = a_day(canary=(500, 8))
    for nobody in (asked(exposing.a_shop()), asked(release.shop, SEPTEMBER.after)):
        (claim,) = experiments.claims(nobody)
        assert (claim.mark, claim.how, claim.value) == ("not_measured", experiments.NOBODY, None)


def test_what_was_seen_after_the_month_is_not_known_in_it():
    release = a_day(canary=(500, 8))
    before = experiments.claims(asked(release.shop))
    for hour in range(24):
        an_hour(release, LATER + timedelta(hours=hour), control=(500, 8), canary=(500, 60))
    blocks.close_blocks(release, LATER + timedelta(days=3))
    assert experiments.claims(asked(release.shop)) == before
    sales = experiments.claims(asked(release.shop, SEPTEMBER.after))[1]
    assert sales.details == {"saw_it": 12_000}
