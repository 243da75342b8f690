"""Every move of a release, killed before its statements and commits: what is left must be whole, every time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from benchmarks.rig import fire, rehearsal
from benchmarks.rig.rehearsal import fresh, pointer
from pipelines.lifecycle.releases import rollback
from pipelines.models import LifecycleEvent, Release, Shop

State = tuple[int | None, int | None, int]  # version that runs, version that some shoppers see, weight of the release


@dataclass(frozen=True)
class Move:
    """One move of a release, and how things stand when it is done."""

    name: str
    release: Release
    work: Callable[[], Any]
    after: State

    def run(self) -> None:
        """Make the move, unless an earlier attempt has made it."""
        if state_of(self.release) != self.after:
            self.work()


@dataclass(frozen=True)
class Tally:
    """How many processes of a move died, and what was broken after one of them."""

    move: str
    kills: int
    violations: list[str]


def moves(shop: Shop) -> Iterator[Move]:
    """Yield approve, both kinds of promotion, roll back and abort, each after the one before was made."""
    old, new, newest = (rehearsal.a_version(shop) for _ in range(3))
    card = rehearsal.a_card(old, "blue_green")
    yield Move("approve", card, lambda: rehearsal.approve(fresh(card)), (old.pk, None, 100))
    Release.objects.filter(pk=card.pk).update(was_healthy_at=timezone.now())
    row = rehearsal.a_card(new, "canary")
    yield Move("approve_into_canary", row, lambda: rehearsal.approve(fresh(row)), (old.pk, new.pk, 25))
    yield Move("promote_in_canary", row, lambda: rehearsal.step(fresh(row)), (old.pk, new.pk, 50))
    yield Move("promote_to_live", row, lambda: rehearsal.step(fresh(row)), (new.pk, None, 100))
    yield Move("roll_back", row, lambda: roll_back(shop), (old.pk, None, 0))
    last = rehearsal.a_card(newest, "canary")
    rehearsal.approve(fresh(last))
    yield Move("abort", last, lambda: abort(fresh(last)), (old.pk, None, 0))


def roll_back(shop: Shop) -> None:
    """Take the live version away, as an operator would."""
    seen = pointer(shop)
    rollback.roll_back(seen, by=rehearsal.OPERATOR, because="Rehearsed", revision=seen.revision)


def abort(row: Release) -> None:
    """Take a canary away, as an operator would."""
    rollback.abort(row, by=rehearsal.OPERATOR, because="Rehearsed")


def killed(move: Move, *, every: int = 1) -> Tally:
    """Make a move in processes that die ever later, look at what each leaves, and see that the last one completes."""
    before, violations = state_of(move.release), list[str]()
    kills = fire.survives(move.run, lambda: violations.extend(breaches(move, before)), every=every)
    if state_of(move.release) != move.after:
        violations.append(f"{move.name}: run again, it ended at {state_of(move.release)}, not at {move.after}")
    return Tally(move.name, kills, violations)


def state_of(row: Release) -> State:
    """Read how things stand."""
    seen = pointer(row.shop)
    return seen.active_id, seen.canary_id, Release.objects.values_list("weight", flat=True).get(pk=row.pk)


def breaches(move: Move, before: State) -> Iterator[str]:
    """Name what is not as it was, nor as it should become."""
    shop, state = move.release.shop, state_of(move.release)
    mine = Release.objects.for_shop(shop).filter(use_case=move.release.use_case)
    live = list(mine.filter(phase=Release.Phase.LIVE).values_list("version", flat=True))
    if state not in (before, move.after):
        yield f"{move.name}: {state} is neither {before} nor {move.after}"
    if live != [version for version in state[:1] if version]:
        yield f"{move.name}: versions {live} are called live while {state[0]} runs"
    if mine.filter(phase__in=Release.OPEN).count() > 1:
        yield f"{move.name}: more than one release is open"
    if LifecycleEvent.broken_at(shop) is not None:
        yield f"{move.name}: the ledger is broken"
