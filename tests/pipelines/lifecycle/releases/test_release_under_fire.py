"""Two workers, or a killed one: a version moves once or not at all. Real processes, real commits."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.utils import timezone

from benchmarks.rig.fire import fork, in_a_process, survives
from pipelines.lifecycle.alerts import board
from pipelines.lifecycle.releases import rollback
from pipelines.models import Approval, Deployment, LifecycleEvent, ModelVersion, Release
from tests import histories, waiting

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_many_who_approve_at_once_one_moves_it(shop):
    card = histories.a_card(shop)
    barrier = fork.Barrier(6)
    crowd = [in_a_process(lambda: histories.approved(card), barrier=barrier) for _ in range(6)]
    for process in crowd:
        process.join(waiting.SECONDS)
    assert sorted(process.exitcode for process in crowd) == [0, 3, 3, 3, 3, 3]
    assert Deployment.of(shop, "demand_forecast").revision == 1
    assert Approval.objects.count() == 1 and LifecycleEvent.broken_at(shop) is None


def test_p23_an_approval_that_is_killed_at_any_statement_happens_wholly_or_not_at_all(shop):
    card = histories.a_card(shop)

    def untouched() -> None:
        card.refresh_from_db()
        deployment = Deployment.objects.get(shop=shop)
        assert (deployment.active, deployment.revision) == (None, 0)
        assert card.is_waiting_for_merchant and not Approval.objects.exists()

    assert survives(lambda: histories.approved(Release.objects.get(pk=card.pk)), untouched, every=3) >= 5
    card.refresh_from_db()
    assert (card.phase, Deployment.of(shop, "demand_forecast").active) == (Release.Phase.LIVE, card.version)
    assert Approval.objects.count() == 1 and LifecycleEvent.broken_at(shop) is None


def test_p23_a_rollback_that_is_killed_at_any_statement_happens_wholly_or_not_at_all(shop):
    first = histories.healthy(histories.approved(histories.a_card(shop)))
    second = histories.approved(histories.a_card(shop))

    def go_back() -> None:
        deployment = Deployment.objects.get(shop=shop)
        if deployment.active == second.version:
            rollback.roll_back(deployment, by="system", because="Harm", quarantines=True, revision=deployment.revision)

    def untouched() -> None:
        is_there = Deployment.objects.get(shop=shop).active == second.version
        assert ModelVersion.objects.get(pk=second.version_id).may_be_released is is_there

    assert survives(go_back, untouched, every=3) >= 5
    assert Deployment.objects.get(shop=shop).active == first.version
    assert LifecycleEvent.broken_at(shop) is None


def test_approval_and_rollback_at_the_same_moment_leave_no_barred_version_live(shop):
    """Rollback wins a race: either the approval is refused, or what it made live stands and nothing barred runs."""
    histories.approved(histories.a_card(shop))
    card = histories.a_card(shop)
    deployment = Deployment.objects.get(shop=shop)
    barrier = fork.Barrier(2)
    both = [
        in_a_process(lambda: histories.approved(card), barrier=barrier),
        in_a_process(
            lambda: rollback.roll_back(
                deployment, by="system", because="Harm", quarantines=True, revision=deployment.revision
            ),
            barrier=barrier,
        ),
    ]
    for process in both:
        process.join(waiting.SECONDS)
    assert sorted(process.exitcode for process in both) == [0, 3]
    deployment.refresh_from_db()
    assert deployment.revision == 2
    assert deployment.active is None or deployment.active.may_be_released
    assert Release.objects.filter(phase=Release.Phase.LIVE).count() == (deployment.active is not None)


def somebody_waits() -> bool:
    """Tell whether another process stands before a lock: it holds the release and waits for the ledger."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def has_ended(card: Release) -> bool:
    return Release.objects.get(pk=card.pk).phase == Release.Phase.REJECTED


def test_who_tells_of_a_release_does_not_stand_in_the_way_of_a_rollback(shop):
    card = histories.a_card(shop)
    barrier = fork.Barrier(2)

    def tell() -> None:
        with transaction.atomic():
            board.tell(shop, "slow", title="Slow", next_step="Wait.", release=card, now=timezone.now())
            barrier.wait()
            waiting.until(lambda: somebody_waits() or has_ended(card), "the other one")

    def take_away() -> None:
        barrier.wait()
        rollback.abort(Release.objects.get(pk=card.pk), by="system", because="Harm", quarantines=True)

    both = [in_a_process(tell), in_a_process(take_away)]
    for process in both:
        process.join(waiting.SECONDS)
    assert [process.exitcode for process in both] == [0, 0]
    card.refresh_from_db()
    assert card.phase == Release.Phase.REJECTED and LifecycleEvent.broken_at(shop) is None
