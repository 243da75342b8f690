"""Chances that do not hold in the busiest hours are told, also where they look fine over all; luck alone is not."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from pipelines.lifecycle.monitor.watch import busiest
from pipelines.lifecycle.monitor.watch.busiest import Held
from pipelines.models import Alert, Deployment, Measurement, ModelVersion, PredictionLog, Shop
from pipelines.stats import peak_hours
from tests import exposing, histories
from tests.exposing import MONDAY, SLUG
from tests.histories import numbers
from tests.pipelines.lifecycle.monitor import chancing
from tests.pipelines.lifecycle.monitor.chancing import DAY, HOUR, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chances")]
chances = chancing.chances
NOW = MONDAY + 31 * DAY + 3 * HOUR
PEAK, QUIET = 10, 20  # hours of the day: 10 is a busiest hour on weekdays


@pytest.fixture
def shop() -> Shop:
    return exposing.a_shop()


@pytest.fixture
def version(shop: Shop) -> ModelVersion:
    found = histories.a_version(shop, use_case=SLUG)
    Deployment.of(shop, SLUG)
    Deployment.objects.filter(shop=shop, use_case=SLUG).update(active=found)
    return found


WEEKDAYS = [day for day in range(4, 26) if day % 7 < 5]


def came(shop: Shop, version: ModelVersion, hour: int, *, said: float, orders: int, of: int = 208) -> None:
    """Let units be told a chance in one hour of each weekday of three weeks, and some order."""
    for number, day in enumerate(WEEKDAYS):
        at = MONDAY + day * DAY + hour * HOUR
        units = [next(numbers).to_bytes(16) for _ in range(of // len(WEEKDAYS))]
        told(shop, version, units, np.full(len(units), said), at)
        mine = orders // len(WEEKDAYS) + (number < orders % len(WEEKDAYS))
        for unit in units[:mine]:
            histories.an_order(shop, at + timedelta(minutes=5), [], unit=unit, total_minor=2000)


def in_parts(shop: Shop, version: ModelVersion, part: str, *, said: float, orders: int) -> None:
    """Let units of one part be told a chance in a busiest hour, and some order."""
    before = PredictionLog.objects.latest("pk").pk if PredictionLog.objects.exists() else 0
    came(shop, version, PEAK, said=said, orders=orders)
    PredictionLog.objects.filter(pk__gt=before).update(features={"of": part})


def test_visits_and_checkouts_that_are_wrong_in_opposite_ways_do_not_cancel(shop: Shop, version: ModelVersion) -> None:
    in_parts(shop, version, "session", said=0.4, orders=40)
    in_parts(shop, version, "checkout", said=0.4, orders=126)  # together as many as were said
    busiest.look(shop, SLUG, NOW)
    (alert,) = alerts()
    assert alert.title == "Shown: in your busiest hours 52% fewer orders of visits came than it said"
    assert alert.text == (
        "Of 208 answers of visits given in them in four weeks 40 were followed by an order; about 83 were said. "
        "Of 208 answers of checkouts given in them in four weeks 126 were followed by an order; about 83 were said."
    )
    verdicts = dict(Measurement.objects.filter(metric=busiest.METRIC).values_list("segment", "verdict"))
    assert verdicts == {
        "session:peak": "breach",
        "checkout:peak": "breach",
        "session:offpeak": "insufficient",
        "checkout:offpeak": "insufficient",
    }


def test_one_that_is_wrong_is_told_of_where_the_other_holds(shop: Shop, version: ModelVersion) -> None:
    in_parts(shop, version, "session", said=0.4, orders=83)
    in_parts(shop, version, "checkout", said=0.4, orders=140)
    busiest.look(shop, SLUG, NOW)
    (alert,) = alerts()
    assert "orders of checkouts came than it said" in alert.title and "visits" not in alert.text


def test_a_visitor_counts_in_each_part(shop: Shop, version: ModelVersion) -> None:
    at, unit = MONDAY + 4 * DAY + PEAK * HOUR, next(numbers).to_bytes(16)
    for part, hours in (("session", 0), ("session", 1), ("checkout", 1)):
        told(shop, version, [unit], np.array([0.4]), at + hours * HOUR)
        PredictionLog.objects.filter(pk=PredictionLog.objects.latest("pk").pk).update(features={"of": part})
    found = busiest.hours_of(shop, SLUG, version.pk, NOW)
    assert {part: sum(each.units for each in kinds.values()) for part, kinds in found.items()} == {
        "checkout": 1,
        "session": 1,
    }


def alerts() -> list[Alert]:
    return list(Alert.objects.open().filter(key=f"peak:{SLUG}"))


def test_what_is_wrong_in_the_busiest_hours_alone_is_told_in_orders_and_money(
    shop: Shop, version: ModelVersion
) -> None:
    came(shop, version, PEAK, said=0.4, orders=40)
    came(shop, version, QUIET, said=0.4, orders=120)  # over all as many as were said
    busiest.look(shop, SLUG, NOW)
    (alert,) = alerts()
    assert alert.title == "Shown: in your busiest hours 52% fewer orders came than it said"
    assert alert.text == (
        "Of 208 answers given in them in four weeks 40 were followed by an order; about 83 were said. "
        "In the other hours it was 120 of 208, and about 83 were said."
    )
    # Each of 16 weekdays in eight weeks brought 2 or 3 orders of 20.00 at ten; about half of them are at risk.
    hours = 2 * 5 * peak_hours.WEEKS  # two busiest hours a weekday, and one on each day of a weekend
    hours += 2 * peak_hours.WEEKS
    assert alert.minor_per_hour == round((1 - 40 / 83.2) * 40 * 2000 / hours)
    busiest.look(shop, SLUG, NOW + HOUR)
    assert len(alerts()) == 1
    verdicts = dict(Measurement.objects.filter(metric=busiest.METRIC).values_list("segment", "verdict"))
    assert verdicts == {"peak": "breach", "offpeak": "breach"}


def test_what_holds_there_is_not_told_whatever_the_other_hours_do(shop: Shop, version: ModelVersion) -> None:
    came(shop, version, PEAK, said=0.4, orders=80)
    came(shop, version, QUIET, said=0.4, orders=10)
    busiest.look(shop, SLUG, NOW)
    assert alerts() == []


def test_it_is_over_once_chance_explains_what_is_left(shop: Shop, version: ModelVersion) -> None:
    came(shop, version, PEAK, said=0.4, orders=40)
    busiest.look(shop, SLUG, NOW)
    came(shop, version, PEAK, said=0.4, orders=100)
    busiest.look(shop, SLUG, NOW + DAY)
    assert len(alerts()) == 1, "it is better, and not yet good"
    came(shop, version, PEAK, said=0.4, orders=92)
    busiest.look(shop, SLUG, NOW + 2 * DAY)
    assert alerts() == []


def test_few_orders_say_nothing_and_are_never_called_good(shop: Shop, version: ModelVersion) -> None:
    came(shop, version, PEAK, said=0.5, orders=0, of=30)
    busiest.look(shop, SLUG, NOW)
    assert alerts() == []
    verdicts = Measurement.objects.filter(metric=busiest.METRIC).values_list("verdict", "value")
    assert set(verdicts) == {("insufficient", None)}


def test_a_shop_without_a_version_has_none(shop: Shop, version: ModelVersion) -> None:
    came(shop, version, PEAK, said=0.4, orders=10)
    busiest.look(shop, SLUG, NOW)
    Deployment.objects.update(active=None)
    busiest.look(shop, SLUG, NOW)
    assert alerts() == []


def sums(ordered: np.ndarray, said: np.ndarray) -> list[tuple[float, float, float]]:
    days = np.stack([ordered.sum(1), said.sum(1), (said * (1 - said)).sum(1)], axis=1)
    return [(float(a), float(b), float(c)) for a, b, c in days]


def test_good_chances_raise_no_alarm_in_a_month_of_daily_looks() -> None:
    """Sum the last 28 days each day for a month: shops with few and many orders, whose days have luck of their own."""
    rng, shops, alarms = np.random.default_rng(0), 400, 0
    for number in range(shops):
        a_day = (10, 60, 400)[number % 3]
        said = rng.beta(1, 12, (56, a_day))
        ordered = rng.random(said.shape) < said * rng.lognormal(-0.045, 0.3, (56, 1))
        looks = (Held(a_day, tuple(sums(ordered, said)[first : first + 28])) for first in range(28))
        alarms += any(look.is_wrong for look in looks)
    assert alarms <= 0.01 * shops


def test_two_parts_looked_at_together_raise_no_more_alarms_than_one() -> None:
    """Visits are many and seldom order, checkouts few and often; the days of both have the same luck."""
    rng, shops, alarms = np.random.default_rng(2), 400, 0
    for number in range(shops):
        luck = rng.lognormal(-0.045, 0.3, (56, 1))
        parts = []
        for a_day, chances in ((60, (1, 12)), (8 + 10 * (number % 3), (6, 6))):
            said = rng.beta(*chances, (56, a_day))
            parts.append((a_day, sums(rng.random(said.shape) < np.minimum(said * luck, 1), said)))
        alarms += any(
            Held(a_day, tuple(days[first : first + 28]), looks=2).is_wrong
            for first in range(28)
            for a_day, days in parts
        )
    assert alarms <= 0.01 * shops


def test_half_of_the_orders_gone_is_found_in_two_weeks_or_so() -> None:
    rng, found = np.random.default_rng(1), []
    for _ in range(100):
        said = rng.beta(1, 12, (56, 120))
        ordered = rng.random(said.shape) < np.where(np.arange(56)[:, None] < 28, said, said / 2)
        looks = [Held(120, tuple(sums(ordered, said)[last - 28 : last])).is_wrong for last in range(28, 57)]
        found.append(looks.index(True) if any(looks) else 99)
    assert np.median(found) <= 16 and np.quantile(found, 0.9) <= 21
