"""An hour of a release is counted once, when it is old enough, from what really was shown and ordered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines.jobs import monitoring
from pipelines.lifecycle.evidence import peaks
from pipelines.lifecycle.evidence.blocks import close_blocks, restate_blocks
from pipelines.lifecycle.ingest import drain
from pipelines.models import EvidenceBlock, Exposure, Order, Release, ShopSettings
from tests import exposing, factories, histories
from tests.exposing import MONDAY, an_hour, exposed, ordered

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shown")]
shown = exposing.shown
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TEN = MONDAY + 10 * HOUR
RIPE = TEN + HOUR + DAY
AT = TEN + timedelta(minutes=10)


@pytest.fixture
def release() -> Release:
    return exposing.a_canary(exposing.a_shop())


def figures(arm: str = "canary", **which: Any) -> tuple[float, ...]:
    row = EvidenceBlock.objects.get(**which)
    return tuple(getattr(row, f"{arm}_{name}") for name in ("units", "orders", "revenue", "revenue_squared"))


class TestClosing:
    def test_units_and_their_first_orders_are_counted_by_arm(self, release: Release) -> None:
        an_hour(release, TEN, control=(40, 3), canary=(5, 2), minor=2000)
        assert close_blocks(release, RIPE) == 1
        assert figures("control") == (40, 3, 6000, 3 * 2000**2)
        assert figures("canary") == (5, 2, 4000, 2 * 2000**2)

    def test_p15_an_hour_is_not_closed_before_its_last_unit_is_a_day_old(self, release: Release) -> None:
        an_hour(release, TEN, control=(40, 3), canary=(5, 2))
        assert close_blocks(release, RIPE - timedelta(minutes=1)) == 0
        assert close_blocks(release, RIPE) == 1

    def test_it_is_closed_once_and_never_revised(self, release: Release) -> None:
        an_hour(release, TEN, control=(40, 3), canary=(5, 2))
        close_blocks(release, RIPE)
        an_hour(release, TEN, control=(10, 10), canary=(10, 10))
        assert close_blocks(release, RIPE + DAY) == 0
        assert figures() == (5, 2, 2000, 2 * 1000**2)

    def test_every_hour_and_step_is_a_block_and_empty_hours_are_none(self, release: Release) -> None:
        an_hour(release, TEN, control=(4, 0), canary=(1, 0))
        exposing.enter(release, 1, TEN + timedelta(minutes=30))
        an_hour(release, TEN + timedelta(minutes=31), control=(4, 0), canary=(4, 0))
        an_hour(release, TEN + 3 * HOUR, control=(4, 0), canary=(0, 0))
        close_blocks(release, RIPE + DAY)
        rows = EvidenceBlock.objects.order_by("starts_at", "step").values_list("step", "starts_at", "canary_units")
        assert list(rows) == [(0, TEN, 1), (1, TEN, 4), (1, TEN + 3 * HOUR, 0)]

    @pytest.mark.parametrize(
        "changes",
        [
            {"cancelled_at": RIPE},
            {"deleted_at": RIPE},
            {"is_test": True},
            {"processed_at": AT + DAY},
            {"processed_at": AT - HOUR},
        ],
    )
    def test_an_order_that_does_not_count_is_no_conversion(self, release: Release, changes: dict[str, Any]) -> None:
        ordered(release, exposed(release, "canary", 3, AT), AT + HOUR, **changes)
        close_blocks(release, RIPE)
        assert figures() == (3, 0, 0, 0)

    def test_a_unit_converts_once_with_its_first_order(self, release: Release) -> None:
        units = exposed(release, "canary", 2, AT)
        for hours, minor in ((3, 9000), (1, 1000), (2, 5000)):
            ordered(release, units, AT + hours * HOUR, minor)
        close_blocks(release, RIPE)
        assert figures() == (2, 2, 2000, 2 * 1000**2)

    def test_an_order_counts_as_much_as_the_plan_allows(self, release: Release) -> None:
        ordered(release, exposed(release, "canary", 1, AT), AT + HOUR, minor=9_000_000)
        close_blocks(release, RIPE)
        assert figures() == (1, 1, 50_000, 50_000**2)

    def test_errors_slow_answers_and_refunds_are_counted_by_unit(self, release: Release) -> None:
        exposed(release, "control", 2, AT, had_error=True)
        exposed(release, "control", 3, AT, was_slow=True)
        ordered(release, exposed(release, "canary", 1, AT), AT + HOUR, refunded_minor=500)
        close_blocks(release, RIPE)
        row = EvidenceBlock.objects.get()
        assert (row.control_errors, row.control_slow, row.control_refunds) == (2, 3, 0)
        assert (row.canary_errors, row.canary_slow, row.canary_refunds) == (0, 0, 1)

    def test_another_shops_units_and_orders_are_never_counted(self, release: Release) -> None:
        other = exposing.a_canary(exposing.a_shop())
        units = exposed(release, "canary", 3, AT)
        Exposure.objects.bulk_create(
            Exposure(shop=other.shop, release=other, unit=unit, arm="control", step=0, first_at=AT) for unit in units
        )
        ordered(other, units, AT + HOUR)
        for each in (release, other):
            close_blocks(each, RIPE)
        assert figures("canary", release=release) == (3, 0, 0, 0)
        assert figures("control", release=other) == (3, 3, 3000, 3 * 1000**2)

    def test_peaks_are_hours_of_the_shops_own_clock(self) -> None:
        release = exposing.a_canary(exposing.a_shop(timezone="Asia/Kolkata"))
        half_past_four = MONDAY + timedelta(hours=4, minutes=30)  # ten in Kolkata
        for start in (half_past_four, half_past_four + 2 * HOUR, half_past_four + 5 * DAY + 5 * HOUR):
            an_hour(release, start, control=(4, 0), canary=(1, 0))
        close_blocks(release, MONDAY + 8 * DAY)
        rows = EvidenceBlock.objects.order_by("starts_at").values_list("starts_at", "is_peak", "is_weekend")
        assert list(rows) == [
            (half_past_four, True, False),
            (half_past_four + 2 * HOUR, False, False),
            (half_past_four + 5 * DAY + 5 * HOUR, True, True),
        ]


class TestRestating:
    def test_p17_what_is_cancelled_next_day_stands_beside_what_decided(self, release: Release) -> None:
        an_hour(release, TEN, control=(500, 40), canary=(60, 40))
        close_blocks(release, RIPE)
        assert restate_blocks(release, RIPE) == 0
        units = Exposure.objects.filter(arm="canary").values_list("unit", flat=True)
        cancelled = Order.objects.filter(unit__in=list(units)).values_list("pk", flat=True)[:30]
        Order.objects.filter(pk__in=list(cancelled)).update(cancelled_at=RIPE + HOUR)
        assert restate_blocks(release, RIPE + DAY) == 1
        row = EvidenceBlock.objects.get()
        assert (row.canary_orders, row.canary_revenue) == (40, 40_000)
        assert (row.restated["canary_orders"], row.restated["canary_revenue"]) == (10, 10_000)
        assert row.restated["control_orders"] == row.control_orders == 40

    def test_restating_again_changes_nothing_and_what_comes_back_is_taken_back(self, release: Release) -> None:
        an_hour(release, TEN, control=(500, 40), canary=(60, 40))
        close_blocks(release, RIPE)
        Order.objects.update(cancelled_at=RIPE + HOUR)
        assert [restate_blocks(release, RIPE + DAY) for _ in range(2)] == [1, 0]
        Order.objects.update(cancelled_at=None)
        assert restate_blocks(release, RIPE + 2 * DAY) == 1
        assert EvidenceBlock.objects.get().restated is None


def test_p22_the_same_order_three_times_out_of_order_is_one_conversion(release: Release) -> None:
    (unit,) = exposed(release, "canary", 1, AT)
    said = [{"name": "_shopmlops_unit", "value": unit.hex()}]
    told = {"created_at": (AT + HOUR).isoformat(), "processed_at": (AT + HOUR).isoformat(), "note_attributes": said}
    for minutes, total in ((5, "20.00"), (9, "30.00"), (1, "10.00")):
        updated = (AT + HOUR + timedelta(minutes=minutes)).isoformat()
        body = factories.order_body(7, **told | {"updated_at": updated, "total_price": total})
        factories.a_delivery(release.shop, "orders/updated", body)
        drain.drain()
    close_blocks(release, RIPE)
    assert figures() == (1, 1, 3000, 3000**2)


def test_a_shop_that_never_learned_its_peak_hours_does_so_before_its_first_block(release: Release) -> None:
    ShopSettings.objects.update(peak_hours={})
    histories.an_order(release.shop, MONDAY - 3 * DAY + 10 * HOUR, [], total_minor=1000)
    an_hour(release, TEN, control=(4, 0), canary=(1, 0))
    close_blocks(release, RIPE)
    assert EvidenceBlock.objects.get().is_peak
    assert peaks.peaks_of(release.shop, RIPE)["weekday"] == [10]


def test_once_a_day_every_shop_and_every_release_that_was_seen_is_kept_up(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_hour(release, TEN, control=(4, 2), canary=(1, 1))
    close_blocks(release, RIPE)
    Order.objects.filter(pk=Order.objects.first().pk).update(cancelled_at=RIPE)
    other, gone = exposing.a_shop(), exposing.a_shop(uninstalled_at=MONDAY)
    ShopSettings.objects.update(peak_hours={})
    monkeypatch.setattr(timezone, "now", lambda: RIPE + DAY)
    monitoring.keep_up()
    assert EvidenceBlock.objects.get().restated is not None
    learned = {row.shop_id: bool(row.peak_hours) for row in ShopSettings.objects.all()}
    assert learned == {release.shop_id: True, other.pk: True, gone.pk: False}
