"""Who sees which version is decided once for every unit, and what was answered is counted by units."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.lifecycle.evidence import exposures, weigh
from pipelines.lifecycle.evidence.blocks import close_blocks
from pipelines.lifecycle.evidence.exposures import assign, heartbeat, record_answer
from pipelines.models import (
    Approval,
    Deployment,
    EvidenceBlock,
    Exposure,
    ModelVersion,
    Release,
    ServedUnit,
    ServingWindow,
)
from pipelines.stats import assignment
from tests import exposing
from tests.exposing import MONDAY, SLUG

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shown")]
shown = exposing.shown
NOON = MONDAY + timedelta(hours=12)
VISITORS = [f"visitor {number}" for number in range(400)]


@pytest.fixture
def release() -> Release:
    return exposing.a_canary(exposing.a_shop())


def arms(release: Release, visitors: list[str] = VISITORS, now: Any = NOON) -> dict[str, str]:
    return {visitor: assign(release.shop, SLUG, visitor, now=now).arm for visitor in visitors}


class TestAssigning:
    def test_half_are_the_control_and_the_canary_has_its_weight(self, release: Release) -> None:
        counts = list(arms(release, [f"unit {number}" for number in range(2000)]).values())
        assert counts.count("control") == pytest.approx(1000, abs=100)
        assert counts.count("canary") == pytest.approx(100, abs=40)
        assert counts.count("stable") == 2000 - counts.count("control") - counts.count("canary")

    def test_the_canary_alone_sees_the_new_version(self, release: Release) -> None:
        old = exposing.active(release)
        seen = {(said.arm, said.version) for said in (assign(release.shop, SLUG, who, now=NOON) for who in VISITORS)}
        assert seen == {("canary", release.version_id), ("control", old.pk), ("stable", old.pk)}

    def test_every_unit_is_written_down_by_digest_only_with_what_it_is_to_the_comparison(
        self, release: Release
    ) -> None:
        wanted = {who: "between" if arm == "stable" else arm for who, arm in arms(release).items()}
        rows = {bytes(unit): arm for unit, arm in Exposure.objects.values_list("unit", "arm")}
        assert rows == {assignment.digest(who): arm for who, arm in wanted.items()}

    def test_the_first_sight_stands_for_ever_also_that_it_was_between(self, release: Release) -> None:
        before = arms(release)
        exposing.enter(release, 1, NOON + timedelta(days=1))
        after = arms(release, now=NOON + timedelta(days=1))
        assert all(after[who] == arm for who, arm in before.items() if arm != "stable")
        assert {after[who] for who, arm in before.items() if arm == "stable"} == {"canary"}
        for who, arm in before.items():
            row = Exposure.objects.get(unit=assignment.digest(who))
            assert (row.arm, row.step, row.first_at) == ("between" if arm == "stable" else arm, 0, NOON)

    def test_who_was_between_sees_the_new_version_later_and_is_never_compared(self, release: Release) -> None:
        before = arms(release)
        exposing.enter(release, 1, NOON + timedelta(days=1))
        new = [f"new {number}" for number in range(100)]
        seen = arms(release, [*VISITORS, *new], now=NOON + timedelta(days=1))
        close_blocks(release, NOON + timedelta(days=3))
        counted = {row.step: (row.canary_units, row.control_units) for row in EvidenceBlock.objects.all()}
        firsts = list(before.values()), [seen[who] for who in new]
        assert counted == {step: (arm.count("canary"), arm.count("control")) for step, arm in enumerate(firsts)}

    def test_errors_of_who_is_not_compared_change_no_row(self, release: Release) -> None:
        between = next(who for who, arm in arms(release).items() if arm == "stable")
        facts: dict[str, Any] = {"version": release.version_id, "arm": "canary", "now": NOON, "failed": True}
        record_answer(release.shop, SLUG, unit=assignment.digest(between), **facts)
        assert not Exposure.objects.filter(had_error=True).exists()
        assert ServingWindow.objects.get(arm="canary").errors == 1  # the version answered, and failed

    def test_who_was_between_is_forgotten_when_the_release_is_over(self, release: Release) -> None:
        shown = arms(release)
        assert exposures.forget_between() == 0
        Release.objects.filter(pk=release.pk).update(phase=Release.Phase.LIVE, weight=100)
        assert exposures.forget_between() == list(shown.values()).count("stable")
        assert exposures.forget_between() == 0
        assert set(Exposure.objects.values_list("arm", flat=True)) == {"canary", "control"}

    def test_a_returning_third_does_not_unbalance_a_ramp(self, release: Release) -> None:
        first = [f"visitor {number}" for number in range(3_000)]
        tomorrow = NOON + timedelta(days=1)
        arms(release, first)
        exposing.enter(release, 1, tomorrow)
        arms(release, [*first[:900], *(f"new {number}" for number in range(2_100))], now=tomorrow)
        (_, analysis) = weigh.evidence_of(release, tomorrow + timedelta(days=2))
        assert analysis["ratio"] < 2  # 7.5 million where who was between is counted as new

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(seed=st.text(max_size=8), who=st.text(max_size=20), weights=st.lists(st.integers(1, 50), min_size=2))
    def test_a_unit_that_is_in_stays_in_while_the_weight_rises(
        self, release: Release, seed: str, who: str, weights: list[int]
    ) -> None:
        Exposure.objects.all().delete()
        Release.objects.filter(pk=release.pk).update(seed=seed.replace("\0", ""))
        seen = []
        for weight in sorted(weights):
            Release.objects.filter(pk=release.pk).update(weight=weight)
            seen.append(assign(release.shop, SLUG, who, now=NOON).arm)
        assert "control" not in seen or set(seen) == {"control"}
        assert "canary" not in seen or set(seen[seen.index("canary") :]) == {"canary"}
        assert Exposure.objects.get().arm == ("between" if seen[0] == "stable" else seen[0])

    def test_nobody_else_than_the_units_of_the_release_is_split(self, release: Release) -> None:
        other = exposing.a_shop()
        assert assign(other, SLUG, "visitor", now=NOON) == exposures.Assignment(
            None, "stable", None, None, assignment.digest("visitor")
        )
        assert {assign(release.shop, "toy", who, now=NOON).arm for who in VISITORS} == {"stable"}

    def test_outside_a_release_the_live_version_answers_and_nothing_is_written(self, release: Release) -> None:
        Release.objects.filter(pk=release.pk).update(phase=Release.Phase.ROLLED_BACK, weight=0)
        assert {assign(release.shop, SLUG, who, now=NOON).version for who in VISITORS} == {exposing.active(release).pk}
        assert not Exposure.objects.exists()

    def test_shoppers_go_on_seeing_both_while_the_merchant_is_asked_half_way(self, release: Release) -> None:
        Release.objects.filter(pk=release.pk).update(phase=Release.Phase.AWAITING_APPROVAL)
        assert set(arms(release).values()) == {"canary", "control", "stable"}

    @pytest.mark.parametrize("state", ["quarantined", "refused"])
    def test_a_version_that_may_not_run_is_shown_to_nobody(self, release: Release, state: str) -> None:
        ModelVersion.objects.filter(pk=release.version_id).update(state=state)
        assert set(arms(release).values()) == {"stable"}
        assert not Exposure.objects.exists()

    def test_a_pointer_that_moved_on_shows_the_release_to_nobody(self, release: Release) -> None:
        Deployment.objects.filter(shop=release.shop).update(canary=None)
        assert set(arms(release).values()) == {"stable"}

    def test_it_takes_two_statements_at_most(self, release: Release) -> None:
        for who in VISITORS[:40]:
            with CaptureQueriesContext(connection) as queries:
                assign(release.shop, SLUG, who, now=NOON)
            assert len(queries) <= 2


class TestApprovals:
    def test_the_first_unit_consumes_the_approval(self, release: Release) -> None:
        arms(release)
        arms(release, ["somebody", "else", "later", "on"], now=NOON + timedelta(days=1))
        assert Approval.objects.get().consumed_at == NOON

    def test_an_approval_that_ran_out_before_anybody_saw_it_shows_nothing(self, release: Release) -> None:
        assert set(arms(release, now=MONDAY + timedelta(days=8)).values()) == {"stable"}
        assert Approval.objects.get().consumed_at is None

    def test_a_consumed_one_holds_for_as_long_as_the_release(self, release: Release) -> None:
        arms(release)
        assert "canary" in arms(release, now=MONDAY + timedelta(days=20)).values()

    def test_a_withdrawn_one_shows_nothing(self, release: Release) -> None:
        Approval.objects.update(voided_because="a rollback came first")
        assert set(arms(release).values()) == {"stable"}


class TestAnswers:
    def window(self, arm: str = "canary") -> tuple[int, ...]:
        row = ServingWindow.objects.get(arm=arm)
        return row.units, row.errors, row.slow, row.heartbeats

    def test_a_unit_with_many_errors_counts_once(self, release: Release) -> None:
        facts: dict[str, Any] = {"version": release.version_id, "arm": "canary", "unit": b"u" * 16}
        for minute in range(5):
            now = NOON + timedelta(minutes=minute)
            record_answer(release.shop, SLUG, **facts, now=now, failed=minute > 1, slow=minute > 3)
        assert self.window() == (1, 1, 1, 0)

    def test_it_counts_again_in_the_next_hour(self, release: Release) -> None:
        for hour in range(3):
            now = NOON + timedelta(hours=hour)
            record_answer(release.shop, SLUG, version=None, arm="stable", now=now, unit=b"u" * 16)
        assert list(ServingWindow.objects.values_list("units", flat=True)) == [1, 1, 1]

    def test_control_and_stable_are_one_arm(self, release: Release) -> None:
        old = exposing.active(release)
        for arm, unit in (("control", b"a" * 16), ("stable", b"b" * 16)):
            record_answer(release.shop, SLUG, version=old, arm=arm, now=NOON, unit=unit)
        assert self.window("stable") == (2, 0, 0, 0)

    def test_answers_without_a_unit_count_each(self, release: Release) -> None:
        for failed in (True, False):
            record_answer(release.shop, SLUG, version=release.version, arm="canary", now=NOON, failed=failed)
        assert self.window() == (2, 1, 0, 0)

    def test_a_heartbeat_is_no_unit(self, release: Release) -> None:
        for _ in range(2):
            heartbeat(release.shop, SLUG, release.version, "canary", NOON)
        assert self.window() == (0, 0, 0, 2)

    def test_errors_and_slow_answers_are_kept_with_the_exposure(self, release: Release) -> None:
        arms(release)
        row = Exposure.objects.filter(arm="canary").first()
        for failed, slow in ((True, False), (False, True), (False, False)):
            unit = bytes(row.unit)
            facts = {"version": release.version_id, "arm": "canary", "now": NOON, "failed": failed, "slow": slow}
            record_answer(release.shop, SLUG, unit=unit, **facts)
        row.refresh_from_db()
        assert (row.had_error, row.was_slow) == (True, True)
        assert Exposure.objects.filter(had_error=True).count() == 1

    def test_another_shops_exposure_of_the_same_visitor_is_left_alone(self, release: Release) -> None:
        other = exposing.a_canary(exposing.a_shop())
        for row in (release, other):
            arms(row)
        unit = assignment.digest(next(who for who, arm in arms(other).items() if arm == "canary"))
        record_answer(release.shop, SLUG, version=None, arm="canary", now=NOON, unit=unit, failed=True)
        assert list(Exposure.objects.filter(had_error=True).values_list("shop", flat=True)) == [release.shop_id]

    @pytest.mark.parametrize(("failed", "most"), [(False, 1), (True, 2)])
    def test_it_takes_two_statements_at_most(self, release: Release, failed: bool, most: int) -> None:
        with CaptureQueriesContext(connection) as queries:
            record_answer(release.shop, SLUG, version=None, arm="canary", now=NOON, unit=b"u" * 16, failed=failed)
        assert len(queries) == most

    def test_who_was_counted_is_forgotten_and_the_counts_stay(self, release: Release) -> None:
        record_answer(release.shop, SLUG, version=None, arm="canary", now=NOON, unit=b"u" * 16)
        assert exposures.forget_served(NOON + timedelta(days=1)) == 0
        assert exposures.forget_served(NOON + timedelta(days=3)) == 1
        assert (ServedUnit.objects.count(), self.window()[0]) == (0, 1)


def test_a_visitor_waits_for_no_model_library() -> None:
    code = "import django; django.setup(); import pipelines.lifecycle.evidence.exposures, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[4], capture_output=True, text=True, check=True
    )
    assert not {"numpy", "pandas", "scipy"} & set(done.stdout.split())
