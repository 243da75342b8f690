"""Go back to the version that ran before, else to the simple rule. Never blocked by age, freeze or approval."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from pipelines.lifecycle import registry, release
from pipelines.lifecycle.errors import Refused
from pipelines.models import Deployment, ModelVersion, Release

MOVED_ON = "Another version went live since you opened this page. Nothing was done; look at it again."


def roll_back(deployment: Deployment, *, by: str, because: str, revision: int) -> ModelVersion | None:
    """Take the live version away and bar it; return what runs now, nothing for the simple rule."""
    harmful = deployment.active
    if deployment.revision != revision:
        raise Refused(MOVED_ON)
    if harmful is None:
        raise Refused("The simple rule runs already; there is nothing to roll back.")
    target = target_of(deployment)
    with transaction.atomic():
        moved = Deployment.objects.filter(pk=deployment.pk, revision=revision).update(
            active=target, standby=None, canary=None, active_since=timezone.now(), revision=revision + 1
        )
        if not moved:
            raise Refused(MOVED_ON)
        registry.quarantine(harmful, by=by, because=because[:200])
        close_live(deployment, harmful, by=by, because=because)
        void_open_cards(deployment)
    deployment.refresh_from_db()
    return target


def target_of(deployment: Deployment) -> ModelVersion | None:
    """Return the version that ran before if it may still run."""
    standby = deployment.standby
    return standby if standby and standby.may_be_released else None


def close_live(deployment: Deployment, harmful: ModelVersion, *, by: str, because: str) -> None:
    """End the live release and write down where the shop went."""
    live = Release.objects.for_shop(deployment.shop_id).filter(use_case=deployment.use_case, phase=Release.Phase.LIVE)
    for row in live.filter(version=harmful):
        release.close(row, Release.Phase.ROLLED_BACK, by=by, because=because)


def void_open_cards(deployment: Deployment) -> None:
    """Make a decision that is on its way fail: what it would replace has just changed (rollback beats approval)."""
    waiting = release.open_release(deployment.shop_id, deployment.use_case)
    if waiting:
        waiting.enter(waiting.phase)
