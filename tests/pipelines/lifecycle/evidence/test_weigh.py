"""What closed hours say of a release: found when it is there, silent when it is not, and never pooled over a ramp."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pipelines.lifecycle.evidence import blocks, effects, kinds, weigh
from pipelines.lifecycle.evidence.weigh import evidence_of, many
from pipelines.models import EvidenceBlock, Order, Release, ShopSettings
from pipelines.stats.inference import sequential
from pipelines.strategies import Evidence
from tests import exposing, histories
from tests.exposing import MONDAY, SLUG, an_hour

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shown")]
shown = exposing.shown
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = MONDAY + 30 * DAY


@pytest.fixture
def release() -> Release:
    return exposing.a_canary(exposing.a_shop())


def a_block(
    release: Release, hour: int, *, control: tuple[int, int], canary: tuple[int, int], step: int = 0, **changes: Any
) -> None:
    """Close an hour with these (units, orders) at ten pounds each."""
    facts: dict[str, Any] = {"starts_at": MONDAY + hour * HOUR, "closed_at": LATER, "step": step}
    for arm, (units, orders) in (("control", control), ("canary", canary)):
        facts |= {f"{arm}_units": units, f"{arm}_orders": orders}
        facts |= {f"{arm}_revenue": 1000 * orders, f"{arm}_revenue_squared": 1000**2 * orders}
    EvidenceBlock.objects.create(shop_id=release.shop_id, release=release, **facts | changes)


def measured(release: Release) -> Evidence:
    return evidence_of(release, LATER)[0]


def analysed(release: Release) -> dict[str, Any]:
    return evidence_of(release, LATER)[1]


class TestHarm:
    def test_p13_a_canary_that_sells_nothing_is_found_at_the_sixth_hour(self, release: Release) -> None:
        found = []
        for hour in range(6):
            an_hour(release, MONDAY + hour * HOUR, control=(500, 10), canary=(50, 0))
            found.append(evidence_of(release, MONDAY + (hour + 1) * HOUR + DAY)[0].harm)
        assert found == pytest.approx([1.0, 2.2, 5.3, 13.0, 32.5, 82.2], abs=0.05)

    def test_p20_a_ramp_during_which_both_arms_fall_alike_shows_no_harm(self, release: Release) -> None:
        for step, (canary, rate) in enumerate(((250, 0.03), (2500, 0.015))):
            for hour in range(24):
                counts = {"control": (2500, round(2500 * rate)), "canary": (canary, round(canary * rate + 0.01))}
                a_block(release, 24 * step + hour, step=step, **counts)
        exposing.enter(release, 1, MONDAY + DAY)
        found = measured(release)
        assert found.harm < 2
        assert found.interval is not None
        assert found.interval[0] < 0 < found.interval[1]
        pooled = EvidenceBlock.objects.all()
        rates = [
            sum(getattr(row, f"{arm}_orders") for row in pooled) / sum(getattr(row, f"{arm}_units") for row in pooled)
            for arm in ("canary", "control")
        ]
        assert rates[0] / rates[1] < 0.8  # what totals would have said

    def test_steps_multiply_and_estimates_begin_again_with_each(self, release: Release) -> None:
        alone = []
        for step in (0, 1):
            for hour in range(5):
                a_block(release, 24 * step + hour, step=step, control=(500, 12 + step), canary=(50, 0))
            counts = [12 + step] * 5, [500] * 5, [0] * 5, [50] * 5
            alone.append(sequential.harm_log_e(*counts)[-1])
        assert np.log(measured(release).harm) == pytest.approx(sum(alone))

    def test_peak_hours_are_weighed_by_themselves(self, release: Release) -> None:
        for hour in range(20):
            a_block(release, hour, control=(500, 10), canary=(50, 0 if hour >= 14 else 1), is_peak=hour >= 14)
        found = measured(release)
        assert found.harm_at_peak == pytest.approx(82.2, abs=0.05)
        assert found.harm < found.harm_at_peak

    @pytest.mark.parametrize(("bad", "name"), [("errors", "errors"), ("slow", "slow_answers")])
    def test_a_guardrail_that_is_hurt_more_often_speaks(self, release: Release, bad: str, name: str) -> None:
        for hour in range(12):
            a_block(release, hour, control=(500, 10), canary=(50, 1), **{f"canary_{bad}": 10, f"control_{bad}": 10})
        found = measured(release)
        assert found.guardrails.pop(name) > 1000
        assert max(found.guardrails.values()) < 2

    def test_a_guardrail_that_is_hurt_less_often_is_no_harm(self, release: Release) -> None:
        for hour in range(12):
            a_block(release, hour, control=(500, 10), canary=(50, 1), canary_errors=0, control_errors=100)
        assert measured(release).guardrails["errors"] < 2

    def test_refunds_are_counted_among_orders_not_among_units(self, release: Release) -> None:
        for hour in range(12):  # it sells three times as much, and refunds the same share
            a_block(release, hour, control=(500, 20), canary=(500, 60), control_refunds=2, canary_refunds=6)
        assert measured(release).guardrails["refunds"] < 2
        EvidenceBlock.objects.update(canary_refunds=30)
        assert measured(release).guardrails["refunds"] > 1000


class TestRatio:
    def test_p14_a_split_that_is_not_the_planned_one_is_found(self, release: Release) -> None:
        a_block(release, 0, control=(9500, 190), canary=(1150, 23))
        assert measured(release).ratio == pytest.approx(4.1e6, rel=0.02)

    def test_a_planned_split_is_clean_on_every_step(self, release: Release) -> None:
        a_block(release, 0, control=(9500, 190), canary=(950, 19))
        a_block(release, 24, step=1, control=(9500, 190), canary=(9500, 190))
        assert measured(release).ratio <= 1

    def test_a_step_that_was_split_wrongly_spoils_the_release_also_later(self, release: Release) -> None:
        a_block(release, 0, control=(9500, 190), canary=(1150, 23))
        a_block(release, 24, step=1, control=(9500, 190), canary=(9500, 190))
        exposing.enter(release, 1, MONDAY + DAY)
        assert measured(release).ratio > 1000


class TestProof:
    def test_a_version_as_good_is_proven_within_the_margin_of_its_card(self, release: Release) -> None:
        for hour in range(48):
            a_block(release, hour, control=(5000, 400), canary=(5000, 400), step=1)
        strict = measured(release)
        release.evidence = {"plan": {"margin": 0.3}}
        assert measured(release).non_inferior > 20
        assert strict.non_inferior < measured(release).non_inferior

    def test_a_whole_peak_hour_needs_units_in_both_arms(self, release: Release) -> None:
        a_block(release, 10, control=(50, 1), canary=(0, 0), is_peak=True)
        a_block(release, 11, control=(50, 1), canary=(5, 0), is_peak=True)
        a_block(release, 135, control=(50, 1), canary=(5, 0), step=1, is_peak=True, is_weekend=True)
        found = measured(release)
        assert (found.peak_blocks, found.peak_classes) == (1, {"weekday", "weekend"})

    def test_a_class_without_any_peak_is_not_asked_for(self, release: Release) -> None:
        assert measured(release).peak_classes_needed == {"weekday", "weekend"}
        ShopSettings.objects.update(peak_hours={"weekday": [10], "weekend": []})
        assert measured(release).peak_classes_needed == {"weekday"}

    def test_only_units_of_this_step_count_for_it(self, release: Release) -> None:
        a_block(release, 0, control=(50, 1), canary=(5, 0))
        a_block(release, 24, step=1, control=(50, 1), canary=(50, 0))
        exposing.enter(release, 1, MONDAY + DAY)
        found = measured(release)
        assert (found.units, found.kind) == (50, "randomised")

    def test_nothing_is_known_before_the_first_hour_is_closed(self, release: Release) -> None:
        found, told = evidence_of(release, MONDAY)
        assert (found.harm, found.ratio, found.non_inferior, found.units) == (1.0, 1.0, 1.0, 0)
        assert (found.next_loss, found.interval) == (None, None)
        assert "effect" not in told

    def test_p17_a_decision_stays_what_it_was_when_orders_are_cancelled(self, release: Release) -> None:
        an_hour(release, MONDAY, control=(500, 50), canary=(50, 5))
        before = measured(release)
        Order.objects.update(cancelled_at=LATER)
        blocks.restate_blocks(release, LATER)
        assert measured(release) == before


class TestLoss:
    def test_nobody_can_say_before_the_control_has_a_hundred_orders(self, release: Release) -> None:
        a_block(release, 0, control=(5000, 99), canary=(500, 9))
        assert measured(release).next_loss is None

    def test_a_version_of_which_little_is_known_may_lose_all_that_units_bring(self, release: Release) -> None:
        for hour in range(24):
            a_block(release, hour, control=(500, 10), canary=(50, 1))
        all_sales = 24 * 20 * 1000 * 0.5  # the next step shows it to half of the shop for a day
        assert all_sales < measured(release).next_loss < 1.5 * all_sales

    def test_the_more_is_known_the_less_can_be_lost(self, release: Release) -> None:
        losses = []
        for hour in range(7 * 24):
            a_block(release, hour, control=(500, 50), canary=(500, 50))
            if hour in (23, 71, 167):
                losses.append(measured(release).next_loss)
        assert losses == sorted(losses, reverse=True)
        assert losses[-1] < 0.25 * 24 * 100 * 1000 * 0.5


class TestPages:
    def test_the_effect_is_told_by_segment_and_day_by_day(self, release: Release) -> None:
        for hour in range(72):
            counts = {"control": (500, 50), "canary": (50, 6)}
            a_block(release, hour, is_peak=hour % 24 == 10, is_weekend=hour >= 48, **counts)
        told = analysed(release)
        assert told["effect"]["metric"] == "orders per visitor"
        assert told["effect"]["value"] == pytest.approx(0.2)
        assert told["effect"]["low"] < 0.2 < told["effect"]["high"]
        assert told["money"]["value"] == pytest.approx(1000 * 7 * 24 * 1000 * 0.02)
        segments = {part["name"]: part for part in told["segments"]}
        assert list(segments) == ["Peak hours", "Other hours", "Weekdays", "Weekends", "Step: 5 %"]
        assert (segments["Peak hours"]["units"], segments["Peak hours"]["value"]) == (150, None)
        assert [day["canary"] for day in told["over_time"]] == [1200, 2400, 3600]
        assert told["over_time"][-1]["value"] == pytest.approx(told["effect"]["value"])
        assert told["plan"]["smallest_harm"] > 0

    def test_it_can_be_stored_however_strong_it_is(self, release: Release) -> None:
        for hour in range(24):
            a_block(release, hour, control=(90_000, 45_000), canary=(9_000, 0), canary_errors=9_000)
        found, told = evidence_of(release, LATER)
        assert found.harm > 1e200
        json.dumps(told, allow_nan=False)
        Release.objects.filter(pk=release.pk).update(analysis=told)

    def test_days_are_the_shops_own_also_when_the_clock_changes(self) -> None:
        release = exposing.a_canary(exposing.a_shop(timezone="America/Santiago"))
        for day in range(6):  # clocks go forward at midnight of Sunday the sixth
            a_block(release, 24 * (day - 11), control=(500, 50), canary=(50, 6))
        assert len(analysed(release)["over_time"]) == 6


class TestMany:
    def test_many_are_weighed_as_each_is_alone(self) -> None:
        rng = np.random.default_rng(7)
        releases = [exposing.a_canary(exposing.a_shop()) for _ in range(4)]
        for release in (releases[2], releases[0], releases[3]):  # one has nothing, and order does not matter
            for hour in range(30):
                units = rng.integers(200, 900)
                counts = {"control": (units, rng.binomial(units, 0.1)), "canary": (units // 10, rng.binomial(9, 0.3))}
                a_block(release, hour, step=hour // 20, is_peak=hour % 3 == 0, **counts)
        for release, found, told in many(list(reversed(releases)), LATER):
            alone, told_alone = evidence_of(release, LATER)
            for name in ("ratio", "harm", "harm_at_peak", "non_inferior"):
                assert getattr(found, name) == pytest.approx(getattr(alone, name), rel=1e-6), name
            for name in ("units", "interval", "peak_blocks", "next_loss"):
                assert getattr(found, name) == getattr(alone, name), name
            assert (told["segments"], told["over_time"]) == (told_alone["segments"], told_alone["over_time"])

    def test_it_reads_as_often_however_many_there_are(self, monkeypatch: pytest.MonkeyPatch) -> None:
        releases = [exposing.a_canary(exposing.a_shop()) for _ in range(4)]
        for release in releases:
            a_block(release, 0, control=(500, 50), canary=(50, 6))
        with CaptureQueriesContext(connection) as queries:
            assert len(list(many(releases, LATER))) == 4
        assert len(queries) <= 2
        monkeypatch.setattr(weigh, "AT_ONCE", 3)
        assert [release.pk for release, _, _ in many(releases, LATER)] == [release.pk for release in releases]

    def test_a_block_under_another_shops_name_is_not_read(self, release: Release) -> None:
        a_block(release, 0, control=(500, 50), canary=(50, 6))
        assert len(weigh.read([release])) == 1
        EvidenceBlock.objects.update(shop=histories.a_shop())
        assert weigh.read([release]).empty


def test_the_use_case_says_which_evidence_counts() -> None:
    assert exposing.SHOWN.slug == SLUG
    assert exposing.SHOWN.evidence.kind == kinds.Randomised.name


class TestTheErrorOfATest:
    def ten_hours(self, release: Release) -> None:
        for hour in range(10):
            a_block(release, hour, control=(5000, 400), canary=(5000, 380))

    def test_what_ends_it_is_surer_than_what_pages_show(self, release: Release) -> None:
        self.ten_hours(release)
        (low, high), shown = measured(release).interval, analysed(release)["effect"]
        assert low < shown["low"] < shown["value"] < shown["high"] < high

    def test_what_is_said_of_a_step_follows_the_ranges_that_pages_show(self, release: Release) -> None:
        assert measured(release).ranges == {}
        self.ten_hours(release)
        shown = analysed(release)
        assert measured(release).ranges == {
            name: (shown[kept]["low"], shown[kept]["high"]) for name, kept in (("orders", "effect"), ("money", "money"))
        }

    def test_the_smallest_loss_is_the_one_that_its_limit_finds(self, release: Release) -> None:
        self.ten_hours(release)
        before = analysed(release)["plan"]["smallest_harm"]
        release.steps[0]["compares"] = True
        assert analysed(release)["plan"]["smallest_harm"] > before


def test_what_a_unit_brings_at_most_follows_the_step_that_the_canary_was_shown_on(release: Release) -> None:
    for step, (canary, rate) in enumerate(((500, 0.03), (5000, 0.06))):  # sales double while the share grows
        for hour in range(24):
            counts = {"control": (5000, round(5000 * rate)), "canary": (canary, 0)}
            a_block(release, 24 * step + hour, step=step, **counts)
    exposing.enter(release, 1, MONDAY + DAY)
    brings = effects.most_brought(release, weigh.read([release]))
    assert brings > 1000 * (0.03 * 500 + 0.06 * 5000) / 5500
    pooled = 1000 * 0.045
    assert pooled < brings < 1.1 * 1000 * 0.06
