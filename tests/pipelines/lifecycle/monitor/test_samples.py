"""What is watched for drift: questions, scores, features of units, and what was said of them, by day."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta

import numpy as np
import pandas as pd
import pytest

from pipelines.lifecycle.monitor import samples
from pipelines.models import FreezeWindow, OwnEvent, PredictionLog, Shop
from pipelines.stats.clock import midnight
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Frames, Monitored
from tests import exposing, histories
from tests.exposing import SLUG

pytestmark = pytest.mark.django_db
LAST = date(2026, 9, 13)  # a Sunday
DAYS = [LAST - timedelta(days=ago) for ago in range(83, -1, -1)]
MONITORED = Monitored(("size", "colour"), "score", "bought", timedelta(days=7), "here:accuracy")
Change = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]


@pytest.fixture(autouse=True)
def use_case() -> Iterator[None]:
    with USE_CASES.also(dataclasses.replace(exposing.SHOWN, monitored=MONITORED)):
        yield


@pytest.fixture
def shop() -> Shop:
    return exposing.a_shop()


def asked(shop: Shop, day: date, **changes: object) -> None:
    at = datetime.combine(day, time(12), tzinfo=shop.zone)
    facts = {"arm": "stable", "unit": b"u", "outcome": "answered", "version_id": 7, "score": 0.5, "use_case": SLUG}
    PredictionLog.objects.create(shop=shop, at=at, **facts | {"features": {"size": 2, "colour": "red"}} | changes)


def test_questions_are_features_and_scores_are_what_each_version_says(shop: Shop) -> None:
    one, other = (histories.a_version(shop, use_case=SLUG).pk for _ in range(2))
    asked(shop, LAST, version_id=one)
    asked(shop, LAST, version_id=other, score=0.75, features={"size": [1], "colour": None, "other": 1})
    told, *said = samples.samples_of(shop, SLUG, None, LAST)
    assert told.version is None and told.names == ["size", "colour"]
    assert told.rows.astype(object).where(told.rows.notna(), None).to_numpy().tolist() == [
        [LAST, 2, "red"],
        [LAST, None, None],
    ]
    assert {each.version: each.rows["prediction"].tolist() for each in said} == {one: [0.5], other: [0.75]}


def test_a_version_that_is_gone_has_no_sample_and_its_questions_stay(shop: Shop) -> None:
    asked(shop, LAST, version_id=10**9)
    (told,) = samples.samples_of(shop, SLUG, None, LAST)
    assert len(told.rows) == 1


def test_only_what_was_kept_of_this_shop_and_these_days_is_read(shop: Shop) -> None:
    asked(exposing.a_shop(), LAST)
    asked(shop, LAST + timedelta(days=1))
    asked(shop, DAYS[0] - timedelta(days=1))
    asked(shop, LAST, features=None)
    asked(shop, LAST, outcome="alive", features={})
    (told,) = samples.samples_of(shop, SLUG, None, LAST)
    assert told.rows.empty


def test_a_batchs_features_are_in_the_frame_that_holds_them_all() -> None:
    ds = pd.to_datetime([LAST, LAST + timedelta(days=1)])
    sales = pd.DataFrame({"ds": ds, "size": [1.0, 2.0], "colour": ["red", "blue"], "else": [0, 0]})
    rows = samples.rows_of(USE_CASES[SLUG], Frames({"other": sales[["ds"]], "sales": sales}, LAST))
    found = samples.told(rows, MONITORED, DAYS[0], LAST)
    assert found.rows.to_dict("records") == [{"size": 1.0, "colour": "red", "day": LAST}]


def test_features_that_no_frame_holds_are_a_mistake_that_is_said() -> None:
    with pytest.raises(LookupError, match="size, colour"):
        samples.rows_of(USE_CASES[SLUG], Frames({}, LAST))


def test_freezes_and_own_events_are_no_part_of_what_is_usual(shop: Shop) -> None:
    opens, closes = midnight(date(2026, 11, 26), shop.zone), midnight(date(2026, 11, 28), shop.zone)
    FreezeWindow.objects.create(shop=shop, name="Rush", starts_at=opens, ends_at=closes)
    OwnEvent.objects.create(shop=shop, name="Drop", first_day=date(2026, 10, 31), last_day=date(2026, 11, 1))
    OwnEvent.objects.create(shop=exposing.a_shop(), name="Drop", first_day=LAST, last_day=LAST)
    frozen, dropped = {date(2026, 11, 26), date(2026, 11, 27)}, {date(2026, 10, 31), date(2026, 11, 1)}
    assert samples.days_apart(shop) == frozen | dropped
