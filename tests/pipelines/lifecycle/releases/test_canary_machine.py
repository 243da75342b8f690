"""Whatever happens in whatever order while shoppers see two versions: one pointer, one way back, nothing unapproved."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.lifecycle.errors import StageError
from pipelines.lifecycle.releases import approval, card, freezes, move, propose, rollback, traffic
from pipelines.lifecycle.versions import registry
from pipelines.models import Approval, Deployment, LifecycleEvent, ModelVersion, Release, ShopSettings
from pipelines.strategies import Traffic
from tests import exposing, histories
from tests.exposing import SLUG

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shown", "busy")]
shown = exposing.shown
Phase = Release.Phase


@pytest.fixture
def busy(monkeypatch):
    """Let the shop have shoppers enough for a canary."""
    known = {"evidence": "randomised", "units_a_day": 5_000.0, "rate": 0.03}
    monkeypatch.setattr(
        traffic, "traffic_of", lambda pointer: Traffic(**known, has_champion=pointer.active_id is not None)
    )


class House:
    """A shop whose visitors may see two versions, and everything that can be done to its releases."""

    def __init__(self) -> None:
        self.shop = exposing.a_shop()
        histories.pulled(self.shop)
        self.now = timezone.now()
        Deployment.of(self.shop, SLUG)

    @property
    def card(self) -> Release | None:
        return Release.under_way(self.shop, SLUG)

    @property
    def deployment(self) -> Deployment:
        return Deployment.of(self.shop, SLUG)

    def propose(self, proven: bool, routine: bool) -> None:
        state = ModelVersion.State.VALIDATED if proven else ModelVersion.State.UNDECIDED
        version = histories.a_version(self.shop, use_case=SLUG, state=state)
        propose.propose(version, routine=routine, now=self.now)

    def step(self, *_: bool) -> None:
        if self.card:
            number = move.next_step(self.card)
            move.enter_step(self.card, number, self.now, by="system", because="Well")

    def approve(self, by_owner: bool, stale: bool) -> None:
        if self.card:
            sub = histories.OWNER if by_owner else histories.COLLEAGUE
            histories.approved(self.card, sub=sub, revision=self.card.revision - stale, now=self.now)

    def two_people(self, wants: bool, _: bool) -> None:
        approvers = [histories.COLLEAGUE] if wants else []
        ShopSettings.objects.filter(shop=self.shop).update(approvals_needed=1 + wants, approvers=approvers)

    def ask_half_way(self, proven: bool, _: bool) -> None:
        if self.card and self.card.phase == Phase.CANARY:
            shown_now = card.add_measurements(self.card.evidence, {"harm": 1.0}, is_proven=proven)
            move.ask_merchant(self.card, self.now, evidence=shown_now)

    def pause(self, pauses: bool, _: bool) -> None:
        if self.card:
            move.pause(self.card, by=histories.OWNER, revision=self.card.revision, pauses=pauses)

    def hold(self, holds: bool, _: bool) -> None:
        if self.card:
            move.hold(self.card, "Metric missing") if holds else move.let_go(self.card)

    def freeze(self, *_: bool) -> None:
        until = self.now + timedelta(days=3)
        freezes.add(self.shop, name="Sale", starts_at=self.now, ends_at=until, by=histories.OWNER)

    def take_away(self, quarantines: bool, _: bool) -> None:
        if self.card:
            rollback.abort(self.card, by="system", because="Harm", quarantines=quarantines, now=self.now)

    def roll_back(self, stale: bool, healthy: bool) -> None:
        if healthy:
            ran = Release.objects.for_shop(self.shop).filter(phase=Phase.SUPERSEDED).exclude(healthy_since=None)
            ran.update(was_healthy_at=self.now)
        seen = self.deployment
        rollback.roll_back(
            seen, by="system", because="Harm", quarantines=True, revision=seen.revision - stale, now=self.now
        )

    def reject(self, stale: bool, _: bool) -> None:
        if self.card:
            revision = self.card.revision - stale
            approval.reject(self.card, by=histories.OWNER, reason="No", revision=revision)

    def bar_the_candidate(self, *_: bool) -> None:
        if self.card:
            registry.quarantine(self.card.version, by="system", because="Its files were changed")

    def days_pass(self, week: bool, _: bool) -> None:
        self.now += timedelta(days=8 if week else 1)
        histories.pulled(self.shop, self.now)
        approval.expire(self.now)

    def check(self) -> None:
        """State what must be true at all times."""
        pointer, mine = self.deployment, Release.objects.for_shop(self.shop)
        seen = mine.filter(phase__in=Release.OPEN, weight__gt=0).first()
        assert mine.filter(phase__in=Release.OPEN).count() <= 1
        live = list(mine.filter(phase=Phase.LIVE))
        assert [row.version for row in live] == ([pointer.active] if pointer.active else [])
        assert pointer.canary == (seen.version if seen else None)
        if seen:
            assert 0 < seen.weight <= 50 and seen.phase in (Phase.CANARY, Phase.AWAITING_APPROVAL, Phase.SCHEDULED)
        for version in filter(None, (pointer.active, pointer.canary)):
            assert version.may_be_released and Approval.objects.filter(release__version=version).exists()
        assert not mine.exclude(phase__in=[*Release.OPEN, Phase.LIVE]).exclude(weight=0).exists()
        assert len({pointer.active_id, pointer.canary_id, pointer.standby_id} - {None}) == len(
            [pk for pk in (pointer.active_id, pointer.canary_id, pointer.standby_id) if pk]
        )
        assert LifecycleEvent.broken_at(self.shop) is None


ACTIONS = [name for name in vars(House) if not name.startswith("_") and name not in ("card", "deployment", "check")]
TO_A_CANARY = [(name, True, False) for name in ("propose", "approve", "propose", "step", "approve")]
LIKELY = ["propose", "step", "approve", "step", "step"]
steps = st.lists(st.tuples(st.sampled_from(ACTIONS + LIKELY), st.booleans(), st.booleans()), min_size=4, max_size=16)


@given(steps)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_order_of_events_breaks_the_rules(done: list[tuple[str, bool, bool]]) -> None:
    house = House()
    for action, first, second in TO_A_CANARY:
        getattr(house, action)(first, second)
        house.check()
    assert house.deployment.active and house.deployment.canary
    for action, first, second in done:
        try:
            getattr(house, action)(first, second)
        except StageError as refused:
            assert refused.sentence
        house.check()
