"""What a model is told and says is compared with the same weekdays of before; what lasts is a verdict of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import time_machine
from django.utils import timezone

from pipelines.lifecycle.monitor import drifts
from pipelines.lifecycle.monitor.samples import Sample
from pipelines.lifecycle.monitor.watch import own_doing
from pipelines.models import DriftBins, LifecycleEvent, Measurement, Shop
from pipelines.stats.clock import midnight
from pipelines.usecases import USE_CASES, recommendations
from pipelines.usecases.contract import Monitored
from tests import exposing, histories
from tests.exposing import SLUG

pytestmark = pytest.mark.django_db
LAST = date(2026, 9, 13)  # a Sunday
DAYS = [LAST - timedelta(days=ago) for ago in range(83, -1, -1)]
MONITORED = Monitored(("size", "colour"), "score", "bought", timedelta(days=7), "here:accuracy")
Change = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]


@pytest.fixture
def shop() -> Shop:
    return exposing.a_shop()


def sample(change: Change | None = None, *, since: date = LAST, rows: int = 200, seed: int = 0) -> Sample:
    """Return rows of every day, changed from a day on."""
    rng = np.random.default_rng(seed)
    days = np.repeat(np.array(DAYS), rows)
    size, colour = rng.normal(size=len(days)), rng.choice(["red", "blue"], size=len(days))
    table = pd.DataFrame({"day": days, "size": size, "colour": colour.astype(object)})
    late = table["day"] >= since
    return Sample(None, pd.concat([table[~late], change(table[late].copy(), rng)]) if change else table)


def look(shop: Shop, watched: Sample, apart: frozenset[date] = frozenset()) -> int:
    return drifts.look_at(drifts.Watch(shop, SLUG, watched, apart), LAST)


def newest(metric: str = "drift") -> dict[str, str]:
    """Return the verdicts of the last window by feature."""
    rows = Measurement.objects.filter(metric=metric).order_by("starts_at")
    return dict(rows.values_list("segment", "verdict"))


def larger(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return rows.assign(size=rows["size"] + 1.5)


def test_what_stays_as_it_was_is_green_with_its_index_and_threshold(shop: Shop) -> None:
    assert look(shop, sample()) == drifts.FIRST_LOOK
    assert newest() == {"size": "ok", "colour": "ok"}
    assert newest("drift_lasting") == {"size": "ok", "colour": "ok", "all": "ok"}
    row = Measurement.objects.filter(metric="drift", segment="size").latest("starts_at")
    assert row.n == 200 and 0 < row.value < row.high and row.starts_at == midnight(LAST, shop.zone)


def test_a_shift_that_lasts_three_windows_is_drift_of_its_feature_and_of_the_data(shop: Shop) -> None:
    look(shop, sample(larger, since=LAST - timedelta(days=2)))
    assert newest() == {"size": "drift", "colour": "ok"}
    assert newest("drift_lasting") == {"size": "drift", "colour": "ok", "all": "drift"}


def test_a_change_is_not_what_it_is_compared_with_before_it_is_clear_that_it_lasts(shop: Shop) -> None:
    """Of windows of a week the second after a change has the first among its eight weeks, and would hide behind it."""

    def a_little_larger(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        return rows.assign(size=rows["size"] + 0.8)

    look(shop, sample(a_little_larger, since=LAST - timedelta(days=27), rows=30))
    found = Measurement.objects.filter(metric="drift", segment="size").order_by("starts_at")
    assert [*found.values_list("verdict", flat=True)] == ["drift"] * 4


def test_what_was_suspected_is_known_to_the_next_pass(shop: Shop) -> None:
    watched = sample(larger, since=LAST - timedelta(days=27), rows=35)
    until = LAST - timedelta(days=10)
    for last in (until, LAST):
        known = Sample(None, watched.rows[watched.rows["day"] <= last])
        drifts.look_at(drifts.Watch(shop, SLUG, known, frozenset()), last)
    told = Measurement.objects.filter(metric="drift_lasting", segment="size").order_by("starts_at")
    assert "drift" in told.values_list("verdict", flat=True)


def test_one_odd_day_does_not_last(shop: Shop) -> None:
    look(shop, sample(larger))
    assert newest()["size"] == "drift" and newest("drift_lasting")["size"] == "ok"


def test_a_weekend_that_is_always_larger_is_no_drift(shop: Shop) -> None:
    def weekends(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        is_weekend = rows["day"].map(lambda day: day.weekday() >= 5)
        return rows.assign(size=rows["size"] + 1.5 * is_weekend)

    look(shop, sample(weekends, since=DAYS[0]))
    assert "drift" not in set(Measurement.objects.filter(metric="drift").values_list("verdict", flat=True))


def test_what_changes_in_a_freeze_is_expected_and_counts_for_nothing(shop: Shop) -> None:
    apart = frozenset(LAST - timedelta(days=ago) for ago in range(3))
    look(shop, sample(larger, since=min(apart)), apart)
    assert newest() == {"size": "expected", "colour": "ok"} and newest("drift_lasting")["size"] == "ok"


def test_an_event_among_usual_days_is_left_out_of_their_window_and_hides_no_drift_of_theirs(shop: Shop) -> None:
    drops = frozenset(day for day in DAYS if day.weekday() == 2)  # one a week

    def at_drops(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        return rows.assign(size=rows["size"] + 5 * rows["day"].isin(drops))

    look(shop, sample(at_drops, since=DAYS[0], rows=40), drops)
    verdicts = Measurement.objects.filter(metric="drift").values_list("verdict", flat=True)
    assert len(verdicts) >= 8 and set(verdicts) == {"ok"}
    Measurement.objects.all().delete()
    look(shop, sample(larger, since=LAST - timedelta(days=6), rows=40), drops)
    assert newest()["size"] == "drift"


def test_looking_again_finds_nothing_new(shop: Shop) -> None:
    look(shop, sample())
    before = list(Measurement.objects.order_by("pk").values())
    assert look(shop, sample(larger)) == 0
    assert list(Measurement.objects.order_by("pk").values()) == before


def test_no_row_is_in_two_windows_and_few_rows_a_day_wait_for_more(shop: Shop) -> None:
    look(shop, sample(rows=70))
    spans = sorted(set(Measurement.objects.filter(metric="drift").values_list("starts_at", "ends_at", "n")))
    assert {n for *_, n in spans} == {210}
    assert all(one[1] == other[0] for one, other in pairwise(spans))


@pytest.mark.parametrize(
    ("change", "feature", "verdict"),
    [
        (lambda rows, rng: rows.assign(size=1.0), "size", "breach"),
        (lambda rows, rng: rows.assign(size=np.nan), "size", "breach"),
        (
            lambda rows, rng: rows.assign(size=np.where(rng.random(len(rows)) < 0.5, np.inf, rows["size"])),
            "size",
            "breach",
        ),
        (lambda rows, rng: rows.assign(colour="green"), "colour", "breach"),
        (lambda rows, rng: rows.drop(columns="colour"), "colour", "breach"),
        (lambda rows, rng: rows.head(1), "size", "insufficient"),
        (lambda rows, rng: rows.head(35), "size", "insufficient"),
        (lambda rows, rng: rows.head(0), "size", "no_data"),
    ],
    ids=["constant", "all missing", "infinite", "unseen", "gone", "one row", "35 rows", "no rows"],
)
def test_what_is_broken_or_too_little_is_said_and_is_no_figure_of_nothing(
    shop: Shop, change: Change, feature: str, verdict: str
) -> None:
    week = LAST - timedelta(days=6)  # a last window of seven days, however few rows they have
    look(shop, sample(lambda rows, rng: change(rows, rng), since=week))
    assert newest()[feature] == verdict
    row = Measurement.objects.filter(metric="drift", segment=feature).latest("starts_at")
    assert row.value is None or np.isfinite(row.value)
    assert (row.value is None) == (verdict in ("insufficient", "no_data")) or verdict == "breach"


def test_the_reference_itself_is_no_drift(shop: Shop) -> None:
    one = sample().rows.query("day == @LAST")
    again = pd.concat([one.assign(day=day) for day in DAYS])
    look(shop, Sample(None, again))
    assert set(newest().values()) == {"ok"}
    assert Measurement.objects.filter(metric="drift", segment="size").latest("starts_at").value < 0.05


def test_shops_are_apart(shop: Shop) -> None:
    look(shop, sample())
    look(histories.a_shop(timezone="UTC"), sample(larger, since=LAST - timedelta(days=4)))
    mine = Measurement.objects.for_shop(shop).filter(metric="drift_lasting").order_by("starts_at")
    assert dict(mine.values_list("segment", "verdict"))["size"] == "ok"


def test_nobody_asking_is_no_data_and_never_ok(shop: Shop) -> None:
    now = datetime.combine(LAST + timedelta(days=1), time(3), tzinfo=shop.zone)
    with USE_CASES.also(dataclasses.replace(exposing.SHOWN, monitored=MONITORED)):
        drifts.look(shop, SLUG, None, now)
    assert set(newest().values()) == set(newest("drift_lasting").values()) == {"no_data"}


def test_a_drift_begins_once_however_long_it_lasts(shop: Shop) -> None:
    look(shop, sample(larger, since=LAST - timedelta(days=6)))
    (began,) = Measurement.objects.filter(metric="drift_began")
    assert (began.segment, began.starts_at) == ("size", midnight(LAST - timedelta(days=4), shop.zone))


def test_what_follows_our_own_doing_asks_for_one_training(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        two_days_on = (rows["day"] >= LAST - timedelta(days=4)) & (rng.random(len(rows)) < 0.8)
        return larger(rows, rng).assign(colour=np.where(two_days_on, "red", rows["colour"]))

    with time_machine.travel(midnight(LAST - timedelta(days=8), shop.zone)):
        LifecycleEvent.record(
            shop, "release.live", by="machine", because="", use_case="recommendations", version_number=1
        )
    with USE_CASES.also(recommendations.USE_CASE):
        monkeypatch.setattr(own_doing, "newest_training", lambda drift: timezone.now())  # it ended at once
        look(shop, sample(change, since=LAST - timedelta(days=6)))
    began = Measurement.objects.filter(metric__startswith="drift_").exclude(metric="drift_lasting")
    assert dict(began.values_list("segment", "metric")) == {"size": "drift_began", "colour": "drift_of_ours"}


def test_how_rows_were_spread_is_kept_with_each_window(shop: Shop) -> None:
    look(shop, sample(larger))
    rows = DriftBins.objects.filter(starts_at=midnight(LAST, shop.zone))
    kept = {row.feature: row.bins for row in rows}
    assert (
        set(kept["size"]) == {"edges", "usual", "now", "middle", "below", "above"} and sum(kept["size"]["now"]) == 200
    )
    assert sorted(kept["colour"]["names"]) == ["blue", "red"]
    assert sum(kept["colour"]["usual"]) == 1600 and DriftBins.objects.count() == 2 * drifts.FIRST_LOOK


def test_of_too_few_rows_nothing_is_kept(shop: Shop) -> None:
    look(shop, sample(lambda rows, rng: rows.head(35), since=LAST - timedelta(days=6)))
    assert not DriftBins.objects.filter(starts_at=midnight(LAST - timedelta(days=6), shop.zone)).exists()
