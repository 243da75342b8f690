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
from pipelines.lifecycle.evidence.exposures import Assignment
from pipelines.models import (
    Approval,
    Deployment,
    EvidenceBlock,
    Exposure,
    ModelVersion,
    Release,
)
from pipelines.stats import assignment
from pipelines.strategies import Step
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
    seen = exposing.sees(release.shop, SLUG, *visitors, at=now)
    return {visitor: each.arm for visitor, each in zip(visitors, seen, strict=True)}


def sees(shop: Any, who: str, use_case: str = SLUG) -> Assignment:
    return exposing.sees(shop, use_case, who, at=NOON)[0]


class TestAssigning:
    def test_half_are_the_control_and_the_canary_has_its_weight(self, release: Release) -> None:
        counts = list(arms(release, [f"unit {number}" for number in range(2000)]).values())
        assert counts.count("control") == pytest.approx(1000, abs=100)
        assert counts.count("canary") == pytest.approx(100, abs=40)
        assert counts.count("stable") == 2000 - counts.count("control") - counts.count("canary")

    def test_the_canary_alone_sees_the_new_version(self, release: Release) -> None:
        old = exposing.active(release)
        seen = {(said.arm, said.version) for said in (sees(release.shop, who) for who in VISITORS)}
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
            seen.append(sees(release.shop, who).arm)
        assert "control" not in seen or set(seen) == {"control"}
        assert "canary" not in seen or set(seen[seen.index("canary") :]) == {"canary"}
        assert Exposure.objects.get().arm == ("between" if seen[0] == "stable" else seen[0])

    def test_nobody_else_than_the_units_of_the_release_is_split(self, release: Release) -> None:
        other = exposing.a_shop()
        assert sees(other, "visitor") == Assignment(None, "stable", None, None, assignment.digest("visitor"))
        assert {sees(release.shop, who, "toy").arm for who in VISITORS[:40]} == {"stable"}

    def test_outside_a_release_the_live_version_answers_and_nothing_is_written(self, release: Release) -> None:
        Release.objects.filter(pk=release.pk).update(phase=Release.Phase.ROLLED_BACK, weight=0)
        assert {sees(release.shop, who).version for who in VISITORS[:40]} == {exposing.active(release).pk}
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

    def test_nobody_waits_for_a_statement(self, release: Release) -> None:
        there = exposing.pointer(release.shop)
        with CaptureQueriesContext(connection) as queries:
            for who in VISITORS:
                exposures.sight(there, exposures.assign(there, who, at=NOON), NOON)
        assert len(queries) == 0

    def test_one_query_reads_what_runs_in_every_shop(self, release: Release) -> None:
        others = [exposing.a_canary(exposing.a_shop()) for _ in range(3)]
        exposing.a_shop(uninstalled_at=NOON)
        with CaptureQueriesContext(connection) as queries:
            found = {pointer.shop: pointer for _, pointer in exposures.pointers([SLUG])}
        assert len(queries) == 1
        assert {shop: there.candidate for shop, there in found.items()} == {
            each.shop_id: each.version_id for each in (release, *others)
        }

    def test_an_earlier_sight_in_the_same_write_is_the_first(self, release: Release) -> None:
        there = exposing.pointer(release.shop)
        seen = exposures.assign(there, "visitor", at=NOON)
        sights = [exposures.sight(there, seen, NOON + timedelta(minutes=minute)) for minute in (5, 0, 9)]
        exposing.append(exposures.SEE, sights)
        assert Exposure.objects.get().first_at == NOON

    def test_a_release_of_another_shop_or_none_is_not_written_to(self, release: Release) -> None:
        other = exposing.a_shop()
        facts = {"unit": "ab" * 16, "arm": "canary", "step": 0, "at": NOON}
        exposing.append(exposures.SEE, [exposures.Sight(other.pk, release.pk, **facts)])
        exposing.append(exposures.SEE, [exposures.Sight(other.pk, release.pk + 99, **facts)])
        assert not Exposure.objects.exists()


class TestMirroring:
    STEPS = [Step("alongside", mirrors=True).as_dict(), Step("all", weight=100).as_dict()]

    def test_a_version_that_runs_alongside_is_known_and_shown_to_nobody(self, release: Release) -> None:
        Release.objects.update(phase="shadow", steps=self.STEPS, step=0, weight=0)
        Deployment.objects.update(canary=None)
        there = exposing.pointer(release.shop)
        assert (there.mirrored, release.version_id in there.versions) == (release.version_id, True)
        assert set(arms(release).values()) == {"stable"}
        assert not Exposure.objects.exists()

    def test_a_staged_version_is_not_asked(self, release: Release) -> None:
        Release.objects.update(phase="staged", steps=self.STEPS, step=0, weight=0)
        assert exposing.pointer(release.shop).mirrored is None


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


def test_a_visitor_waits_for_no_model_library() -> None:
    code = "import django; django.setup(); import pipelines.lifecycle.evidence.answers, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[4], capture_output=True, text=True, check=True
    )
    assert not {"numpy", "pandas", "scipy"} & set(done.stdout.split())
