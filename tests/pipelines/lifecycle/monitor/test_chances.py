"""Chances are held to who ordered, once that is known: each day once, beside the share of the two weeks before."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from pipelines.lifecycle.monitor import chances as stage
from pipelines.models import Measurement, ModelVersion, Order, Shop
from tests import exposing, histories
from tests.exposing import MONDAY, SLUG
from tests.pipelines.lifecycle.monitor import chancing
from tests.pipelines.lifecycle.monitor.chancing import DAY, HOUR, came, drawn, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chances")]
chances = chancing.chances
KNOWN = 3 * DAY  # after a day began: it is over, and its last unit had two days to order in


@pytest.fixture
def shop() -> Shop:
    return exposing.a_shop()


@pytest.fixture
def version(shop: Shop) -> ModelVersion:
    return histories.a_version(shop, use_case=SLUG)


def judge(shop: Shop, day: float) -> int:
    """Read orders and judge, so many days after Monday."""
    now = MONDAY + day * DAY + HOUR
    histories.pulled(shop, now)
    return stage.judge(shop, SLUG, now)


def value(metric: str, version: ModelVersion | None, day: int = 0) -> float | None:
    row = Measurement.objects.get(metric=metric, version=version, starts_at=MONDAY + day * DAY)
    assert row.ends_at == row.starts_at + DAY
    return row.value


def test_a_day_is_judged_once_its_units_had_their_time_to_order(shop: Shop, version: ModelVersion) -> None:
    said, ordered = drawn(300, seed=0)
    came(shop, version, 0, said, ordered)
    assert judge(shop, 2) == 0 and not Measurement.objects.exists()
    assert judge(shop, 3) == 2, "the version and the simple rule"
    assert judge(shop, 4) == 0
    truth = ordered.astype(float)
    loss = -(truth * np.log(np.clip(said, 1e-15, 1)) + (1 - truth) * np.log(1 - said))
    pairs = [(a > b) + 0.5 * (a == b) for a in said[ordered] for b in said[~ordered]]
    assert value("brier_1d", version) == pytest.approx(((said - truth) ** 2).mean())
    assert value("log_loss_1d", version) == pytest.approx(loss.mean(), rel=1e-9)
    assert value("auc_1d", version) == pytest.approx(np.mean(pairs))
    assert value("missed_1d", version) == pytest.approx(((said - truth) ** 2).sum())
    assert value("ordered_share_1d", version) == pytest.approx(truth.mean())
    assert Measurement.objects.get(metric="brier_1d", version=version).n == 300


def test_the_simple_rule_is_the_share_of_the_days_before(shop: Shop, version: ModelVersion) -> None:
    came(shop, version, 0, np.full(98, 0.5), np.arange(98) < 24)
    came(shop, version, 1, np.full(10, 0.9), np.arange(10) < 1)
    judge(shop, 4)
    assert value("missed_by_rule_1d", version) is None, "nobody came before"
    assert value("missed_by_rule_1d", version, 1) == pytest.approx(9 * 0.25**2 + 0.75**2)
    assert value("missed_1d", version, 1) == pytest.approx(9 * 0.81 + 0.01)
    assert value("brier_1d", None, 1) == pytest.approx((9 * 0.25**2 + 0.75**2) / 10)


def test_what_a_unit_was_told_first_counts_and_each_day_anew(shop: Shop, version: ModelVersion) -> None:
    units = came(shop, version, 0, np.array([0.25]), np.array([False]))
    told(shop, version, units, np.array([0.75]), MONDAY + 13 * HOUR)
    told(shop, version, units, np.array([0.5]), MONDAY + DAY)
    judge(shop, 4)
    assert (value("missed_1d", version), value("missed_1d", version, 1)) == (0.0625, 0.25)


@pytest.mark.parametrize(
    ("after", "changes", "is_one"),
    [
        (timedelta(hours=47), {}, True),
        (timedelta(hours=48), {}, False),
        (-HOUR, {}, False),
        (HOUR, {"cancelled_at": MONDAY + DAY}, False),
        (HOUR, {"is_test": True}, False),
        (HOUR, {"deleted_at": MONDAY + DAY}, False),
    ],
)
def test_what_is_an_order_that_came_of_it(
    shop: Shop, version: ModelVersion, after: timedelta, changes: dict[str, object], is_one: bool
) -> None:
    came(shop, version, 0, np.array([0.5]), np.array([True]), after)
    Order.objects.update(**changes) if changes else None
    judge(shop, 3)
    assert value("ordered_share_1d", version) == float(is_one)


def test_each_version_is_judged_by_its_own_answers(shop: Shop, version: ModelVersion) -> None:
    other = histories.a_version(shop, use_case=SLUG)
    came(shop, version, 0, np.array([0.5, 0.5]), np.array([True, False]))
    came(shop, other, 0, np.array([1.0]), np.array([True]))
    judge(shop, 3)
    assert (value("brier_1d", version), value("brier_1d", other)) == (0.25, 0.0)
    assert Measurement.objects.get(metric="ordered_share_1d", version=None).n == 3


def test_where_all_ordered_or_none_did_what_cannot_be_known_has_no_value(shop: Shop, version: ModelVersion) -> None:
    came(shop, version, 0, np.array([0.1, 0.2]), np.array([False, False]))
    judge(shop, 3)
    row = Measurement.objects.get(metric="auc_1d", version=version)
    assert (row.value, row.verdict) == (None, "insufficient") and value("brier_1d", version) == pytest.approx(0.025)


def test_orders_that_were_not_read_since_are_no_orders_that_did_not_come(shop: Shop, version: ModelVersion) -> None:
    came(shop, version, 0, np.array([0.5]), np.array([True]))
    histories.pulled(shop, MONDAY + 2 * DAY)
    assert stage.judge(shop, SLUG, MONDAY + 9 * DAY) == 0
    assert judge(shop, 9) == 2


def test_a_day_that_is_no_more_whole_in_the_log_is_not_judged(shop: Shop, version: ModelVersion) -> None:
    came(shop, version, 0, np.array([0.5]), np.array([True]))
    assert judge(shop, 35) == 0
    assert judge(shop, 34) == 2


def test_who_was_given_the_safe_default_was_told_no_chance(shop: Shop, version: ModelVersion) -> None:
    late = exposing.said(shop, version, "stable", b"1" * 16, MONDAY, outcome="late")
    exposing.append(exposing.answers.LOG, [late])
    assert judge(shop, 3) == 0
