"""Whatever happens in whatever order: one pointer, nothing barred runs, nothing runs unapproved."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.lifecycle.errors import StageError
from pipelines.lifecycle.releases import approval, propose, rollback
from pipelines.lifecycle.versions import registry
from pipelines.models import Approval, Deployment, LifecycleEvent, ModelVersion, Release
from tests import histories

pytestmark = pytest.mark.django_db
USE_CASE = "demand_forecast"
State = ModelVersion.State


class House:
    """A shop, and everything that can be done to its releases."""

    def __init__(self) -> None:
        self.shop = histories.a_shop()
        histories.pulled(self.shop)
        self.now = timezone.now()

    @property
    def card(self) -> Release | None:
        return Release.under_way(self.shop, USE_CASE)

    @property
    def deployment(self) -> Deployment:
        return Deployment.of(self.shop, USE_CASE)

    def train(self, proven: bool, routine: bool) -> None:
        state = State.VALIDATED if proven else State.UNDECIDED
        opened = propose.propose(histories.a_version(self.shop, state=state), routine=routine, now=self.now)
        if opened:
            histories.answered(opened)

    def approve(self, by_owner: bool, stale: bool) -> None:
        card = self.card
        if card:
            sub = histories.OWNER if by_owner else histories.COLLEAGUE
            histories.approved(card, sub=sub, revision=card.revision - stale, now=self.now)

    def operator_approves(self, *_: bool) -> None:
        if self.card:
            histories.approved(self.card, sub="operator:ann", now=self.now)

    def reject(self, stale: bool, _: bool) -> None:
        if self.card:
            approval.reject(self.card, by=histories.OWNER, reason="No", revision=self.card.revision - stale)

    def roll_back(self, stale: bool, healthy: bool) -> None:
        if healthy:
            ran = Release.objects.for_shop(self.shop).filter(phase=Release.Phase.SUPERSEDED).exclude(healthy_since=None)
            ran.update(was_healthy_at=self.now)
        seen = self.deployment
        rollback.roll_back(seen, by=histories.OWNER, because="Harm", revision=seen.revision - stale, now=self.now)

    def bar_the_candidate(self, *_: bool) -> None:
        if self.card:
            registry.quarantine(self.card.version, by="system", because="Its files were changed")

    def propose_something_old(self, routine: bool, _: bool) -> None:
        oldest = ModelVersion.objects.for_shop(self.shop).order_by("number").first()
        if oldest:
            propose.propose(oldest, routine=routine, now=self.now)

    def days_pass(self, week: bool, _: bool) -> None:
        self.now += timedelta(days=8 if week else 1)
        histories.pulled(self.shop, self.now)
        approval.expire(self.now)
        if self.card:
            propose.begin(self.card, self.now)

    def check(self) -> None:
        """State what must be true at all times."""
        deployment = Deployment.objects.get(shop=self.shop, use_case=USE_CASE)
        mine = Release.objects.for_shop(self.shop)
        moves = LifecycleEvent.objects.for_shop(self.shop).filter(kind__in=["release.live", "release.rolled_back"])
        assert mine.filter(phase__in=Release.OPEN).count() <= 1
        assert mine.filter(phase=Release.Phase.LIVE).count() <= 1
        assert deployment.revision == moves.count()
        if deployment.active:
            assert deployment.active.may_be_released and deployment.active != deployment.standby
            assert Approval.objects.filter(artifact_digest=deployment.active.artifact_digest).exists()
        for live in mine.filter(phase=Release.Phase.LIVE):
            assert live.version == deployment.active and live.weight == 100
        for row in mine.exclude(phase=Release.Phase.LIVE):
            assert row.weight == 0
        unproven = Approval.objects.filter(shop=self.shop, release__is_proven=False)
        assert not unproven.filter(sub__startswith="operator:").exists()
        assert LifecycleEvent.broken_at(self.shop) is None


ACTIONS = [name for name in vars(House) if not name.startswith("_") and name not in ("card", "deployment", "check")]
TO_LIVE = [("train", True, False), ("approve", True, False)]
LIKELY = ["train", "approve", "train", "approve", "roll_back"]
steps = st.lists(st.tuples(st.sampled_from(ACTIONS + LIKELY), st.booleans(), st.booleans()), min_size=3, max_size=12)


@given(steps)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_order_of_events_breaks_the_rules(done: list[tuple[Any, ...]]) -> None:
    house = House()
    Deployment.of(house.shop, USE_CASE)
    for action, first, second in TO_LIVE:
        getattr(house, action)(first, second)
    assert house.deployment.active
    for action, first, second in done:
        try:
            getattr(house, action)(first, second)
        except StageError as refused:
            assert refused.sentence
        house.check()
