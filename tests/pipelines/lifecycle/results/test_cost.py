"""CPU hours in money, where somebody named a price in the shop's currency."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pipelines.lifecycle.results import cost
from pipelines.models import ComputedDay, TrainingRun
from tests import reporting
from tests.reporting import OCTOBER, USE_CASE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def prices(settings):
    settings.CPU_HOUR_PRICES = {"GBP": Decimal("0.04")}


def trained(shop, seconds, at=OCTOBER.starts_at):
    run = TrainingRun.objects.create(shop=shop, use_case=USE_CASE, trigger="weekly", state="done", cpu_seconds=seconds)
    TrainingRun.objects.filter(pk=run.pk).update(created_at=at)


def test_hours_are_summed_and_priced(shop):
    trained(shop, 7200)
    trained(shop, 1800)
    trained(shop, 3600, at=OCTOBER.ends_at)
    found = cost.of_month(shop, OCTOBER)
    assert (found["hours"], found["runs"], found["minor"], found["price"]) == (2.5, 2, 10, "0.04")
    mine = next(each for each in found["models"] if each["use_case"] == USE_CASE)
    assert (mine["hours"], mine["minor"]) == (2.5, 10)


def test_refreshes_watching_and_answers_cost_too(shop):
    trained(shop, 3600)
    last, after = OCTOBER.days[-1], OCTOBER.after.first
    for what, day, seconds in (("refresh", OCTOBER.first, 1800), ("refresh", last, 1800), ("answer", last, 360),
                               ("watch", after, 9000)):  # fmt: skip
        ComputedDay.objects.create(shop=shop, use_case=USE_CASE, what=what, day=day, seconds=seconds, times=2)
    found = cost.of_month(shop, OCTOBER)
    assert (found["hours"], found["minor"], found["runs"]) == (2.1, 8, 1)
    assert found["parts"] == [
        {"what": "training", "hours": 1.0, "times": 1},
        {"what": "refresh", "hours": 1.0, "times": 4},
        {"what": "answer", "hours": 0.1, "times": 2},
    ]


def test_without_a_price_in_the_shops_currency_only_hours_are_known():
    shop = reporting.a_shop(currency="JPY")
    trained(shop, 3600)
    found = cost.of_month(shop, OCTOBER)
    assert (found["hours"], found["minor"], found["price"]) == (1.0, None, None)


def test_a_month_without_training_costs_nothing(shop):
    found = cost.of_month(shop, OCTOBER)
    assert (found["hours"], found["minor"], found["runs"]) == (0, 0, 0)
