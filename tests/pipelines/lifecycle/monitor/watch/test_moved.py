"""An alarm says in which direction a feature moved: higher or lower with both middles, or which share grew most."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.lifecycle.alerts import board
from pipelines.lifecycle.monitor import drifts
from pipelines.lifecycle.monitor.samples import Sample
from pipelines.lifecycle.monitor.watch import moved, telling
from pipelines.models import Alert, DriftBins, Shop
from pipelines.stats.drift import table
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Monitored
from tests import exposing
from tests.exposing import SLUG

LAST = date(2026, 9, 13)
NOW = datetime(2026, 9, 14, 3, tzinfo=UTC)
ROWS = 200
MONITORED = Monitored(
    ("price", "device", "sale", "units"),
    "score",
    "bought",
    timedelta(days=7),
    names={"price": "prices", "device": "devices", "sale": "things on sale"},
    read_as={"price": "money"},
)


@pytest.fixture
def shop(db: None) -> Iterator[Shop]:
    with USE_CASES.also(dataclasses.replace(exposing.SHOWN, monitored=MONITORED)):
        yield exposing.a_shop()


def day(number: int, *, is_changed: bool) -> pd.DataFrame:
    """Return the rows of a day: of those that changed, dearer, by phone, more often on sale, with more units."""
    rng = np.random.default_rng(number)
    columns: dict[str, Any] = {
        "day": LAST - timedelta(days=number),
        "price": rng.normal(69_000 if is_changed else 39_000, 1_000, ROWS),
        "device": rng.choice(["phone", "desktop"], ROWS, p=[0.8, 0.2] if is_changed else [0.4, 0.6]),
        "sale": rng.random(ROWS) < (0.5 if is_changed else 0.1),
        "units": rng.poisson(0.3, ROWS) + (rng.random(ROWS) < 0.4) * is_changed,
    }
    return pd.DataFrame(columns).astype({"sale": "int64"})


def looked(shop: Shop, changed_days: int) -> list[str]:
    """Look at windows of which the newest changed, and return the lines that are told of it."""
    rows = pd.concat([day(number, is_changed=number < changed_days) for number in range(84)])
    drifts.look_at(drifts.Watch(shop, SLUG, Sample(None, rows), frozenset()), LAST)
    return [moved.told(shop, SLUG, [feature]).replace("\u00a0", " ") for feature in MONITORED.features]


def test_each_feature_is_told_by_what_a_merchant_reads(shop: Shop) -> None:
    prices, devices, sales, units = looked(shop, changed_days=3)
    assert prices == "Prices: higher than usual, £691 in the middle instead of £390."
    assert devices == "Devices: “phone” grew most, from 41 % to 78 %."
    assert sales == "Things on sale: more often than usual, in 45 % of cases instead of 10 %."
    assert units == "Units: higher than usual, 1 in the middle instead of 0."


def test_the_alert_begins_with_it_and_is_not_cut(shop: Shop) -> None:
    looked(shop, changed_days=3)
    telling.drift(shop, SLUG, NOW)
    alert = Alert.objects.get(key=f"{board.DRIFT}{SLUG}")
    assert alert.text.startswith("Devices: “phone” grew most")
    assert "Monitoring shows the others. In three of the last five windows" in alert.text
    assert alert.text.endswith(telling.ALONE)


def test_what_has_no_room_is_left_to_the_page_and_no_word_is_cut(shop: Shop) -> None:
    looked(shop, changed_days=3)
    features = ["price", "device", "sale"]
    whole = moved.told(shop, SLUG, features)
    assert whole.count(":") == 3 and moved.OTHERS_ARE_SHOWN not in whole
    short = moved.told(shop, SLUG, features, room=len(whole) - 1)
    assert len(short) < len(whole) and short.endswith(f". {moved.OTHERS_ARE_SHOWN}") and short.count(":") < 3


def test_a_long_name_is_shortened() -> None:
    assert f"“{'x' * 30}…” grew most" in said(["a"] * 90 + ["x" * 80] * 10, ["a"] * 10 + ["x" * 80] * 90)


def test_an_hour_is_later_or_earlier_and_a_weekday_in_the_middle_is_nothing() -> None:
    rng = np.random.default_rng(0)
    usual, now = rng.integers(8, 17, 400), rng.integers(12, 21, 400)
    assert said([*usual], [*now], "hour").startswith("later than usual, 16:00 in the middle instead of 12:00")
    assert said([*now], [*usual], "hour").startswith("earlier than usual, 12:00")
    assert said([*usual], [*now], "weekday") == ""


def test_of_what_no_distribution_was_kept_nothing_is_claimed(shop: Shop) -> None:
    looked(shop, changed_days=3)
    DriftBins.objects.all().delete()
    assert moved.told(shop, SLUG, ["price"]) == ""
    assert moved.told(shop, SLUG, ["never_seen"]) == ""


def said(usual: list[Any], now: list[Any], read_as: str = "") -> str:
    """Say how one feature of a window moved beside its reference."""
    found = table.compare(pd.DataFrame({"it": usual}), pd.DataFrame({"it": now}))
    return moved.direction(found.loc["it", "bins"], read_as, "GBP").replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("usual", "now", "words"),
    [
        ([*range(100)], [*range(20, 120)], "higher than usual, 69 in the middle instead of 49"),
        ([*range(100)], [*range(-20, 80)], "lower than usual, 29 in the middle instead of 49"),
        ([0] * 90 + [2] * 10, [0] * 60 + [2] * 40, "higher than usual, over 0 in 40 % of cases instead of 10 %"),
        ([2] * 90 + [1] * 10, [2] * 60 + [1] * 40, "lower than usual, under 2 in 40 % of cases instead of 10 %"),
        ([2, 4] * 10 + [3] * 80, [1, 5] * 10 + [3] * 80, "3 in the middle as usual, with other values around it"),
        ([1] * 90 + [0] * 10, [1] * 60 + [0] * 40, "less often than usual, in 60 % of cases instead of 90 %"),
        ([True] * 10 + [False] * 90, [True] * 100, "more often than usual, in 100 % of cases instead of 10 %"),
        (["a", "b"] * 50, ["a"] * 50 + ["new"] * 50, "what is rare or new grew most, from 0 % to 50 %"),
        ([*range(100)], [*range(60)] + [None] * 40, "missing in 40 % of cases instead of 0 %"),
        (["a", "b"] * 50, ["a", "b"] * 30 + [None] * 40, "missing in 40 % of cases instead of 0 %"),
    ],
)
def test_the_words_say_what_happened(usual: list[Any], now: list[Any], words: str) -> None:
    assert said(usual, now) == words


def test_shares_are_written_as_shares() -> None:
    usual, now = ([each / 100 for each in range(start, start + 60)] for start in (0, 30))
    assert said(usual, now, "share") == "higher than usual, 59 % in the middle instead of 29 %"


def test_figures_of_which_only_edges_are_known_are_not_told() -> None:
    assert moved.direction({"edges": [1.0, 2.0], "usual": [1, 1, 1, 0], "now": [0, 0, 3, 0]}, "", "GBP") == ""
