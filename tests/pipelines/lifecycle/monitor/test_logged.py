"""What units were told is read out of the log by days of the shop, with what came of it where that is known."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from pipelines.lifecycle.monitor.logged import Asked, labels, scores
from pipelines.models import ModelVersion, Shop
from tests import exposing, histories
from tests.exposing import MONDAY, SLUG
from tests.pipelines.lifecycle.monitor import chancing
from tests.pipelines.lifecycle.monitor.chancing import DAY, HOUR, came, told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chances")]
chances = chancing.chances
FIRST = MONDAY.date()


@pytest.fixture
def shop() -> Shop:
    return exposing.a_shop(timezone="Asia/Tokyo")


@pytest.fixture
def version(shop: Shop) -> ModelVersion:
    return histories.a_version(shop, use_case=SLUG)


def asked(shop: Shop, day: int) -> Asked:
    return Asked.of(shop, SLUG, MONDAY + day * DAY)


def test_days_are_the_shops_own_and_the_running_one_is_not_counted(shop: Shop, version: ModelVersion) -> None:
    for hours in (14, 15, 38, 39):  # midnight is at 15:00
        told(shop, version, [bytes([hours]) * 16], np.array([0.5]), MONDAY + hours * HOUR)
    assert dict(asked(shop, 2).units()) == {version.pk: {FIRST: 1, FIRST + DAY: 2}}


def test_what_came_is_unknown_until_its_day(shop: Shop, version: ModelVersion) -> None:
    came(shop, version, 0, np.array([0.25, 0.75]), np.array([False, True]))
    for known, came_of_it in ((FIRST, [np.nan, np.nan]), (FIRST + timedelta(days=1), [0, 1])):
        rows = asked(shop, 5).chances(FIRST, FIRST + DAY, known).sort_values("score")
        assert scores(rows).tolist() == [0.25, 0.75]
        np.testing.assert_array_equal(labels(rows), came_of_it)


def test_a_version_that_is_gone_and_another_shop_say_nothing(shop: Shop, version: ModelVersion) -> None:
    other = exposing.a_shop()
    came(other, histories.a_version(other, use_case=SLUG), 0, np.array([0.5]), np.array([True]))
    came(shop, version, 0, np.array([0.5]), np.array([True]))
    version.delete()
    assert dict(asked(shop, 3).units()) == {}
