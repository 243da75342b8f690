"""The kinds of evidence: what the shared machine asks of any, and what each of them knows.

A use case declares which one decides about it (usecases/evidence.py); nothing else asks for the kind. The web process
asks for traffic, so what is heavy is imported when it is asked for.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from django.utils import timezone

from pipelines.lifecycle.evidence import pace
from pipelines.models import Deployment, Release, Shop
from pipelines.strategies import Evidence, Traffic
from pipelines.usecases import USE_CASES, evidence

if TYPE_CHECKING:
    from pipelines.lifecycle.evidence.months.claims import Asked, Claim

Measured = tuple[Evidence, dict[str, Any]]


class Kind(Protocol):
    """What one kind of evidence can tell."""

    name: str

    def traffic(self, pointer: Deployment) -> Traffic:
        """Say how fast evidence can be had."""
        ...

    def order_cap(self, shop: Shop) -> int | None:
        """Say up to what money an order counts, where orders are compared."""
        ...

    def measure(self, shop: Shop, use_case: str, now: datetime) -> int:
        """Measure what has matured since; return how much is new."""
        ...

    def weigh(self, release: Release, now: datetime) -> Measured:
        """Say what is known of a release, as the policy needs it and as the pages show it."""
        ...

    def look_back(self, release: Release, now: datetime) -> dict[str, Any]:
        """Say whether a rollback helped, and what it avoided."""
        ...

    def month(self, asked: Asked) -> list[Claim]:
        """Say what a month brought, in money and in orders."""
        ...


class Paired:
    """Both versions answer for every unit, and are compared week by week."""

    name: str = evidence.PairedWeeks.kind

    def traffic(self, pointer: Deployment) -> Traffic:
        """Tell that no shopper can be split, and why."""
        why = USE_CASES[pointer.use_case].words.not_split
        return Traffic(self.name, has_champion=pointer.active_id is not None, not_split=why)

    def order_cap(self, shop: Shop) -> None:
        """Orders are not compared."""

    def measure(self, shop: Shop, use_case: str, now: datetime) -> int:
        """Price the weeks that have matured."""
        from pipelines.lifecycle.evidence import paired

        return paired.compare_weeks(shop, use_case, now)

    def weigh(self, release: Release, now: datetime) -> Measured:
        """Say what the matured weeks prove."""
        from pipelines.lifecycle.evidence import paired

        return paired.evidence_of(release, now)

    def look_back(self, release: Release, now: datetime) -> dict[str, Any]:
        """Say that errors reach orders only weeks later, so that a rollback is not measured."""
        return {"verdict": "not_measured", "avoided": None}

    def month(self, asked: Asked) -> list[Claim]:
        """Say what errors cost beside the simple rule's."""
        from pipelines.lifecycle.evidence.months import against_rule

        return against_rule.claims(asked)


class Randomised:
    """Units are split between both versions, and their orders are counted."""

    name: str = evidence.Randomised.kind

    def traffic(self, pointer: Deployment) -> Traffic:
        """Count the units of a day, and how many of them order."""
        units_a_day, rate = pace.seen_lately(pointer, timezone.now())
        return Traffic(self.name, units_a_day=units_a_day, rate=rate, has_champion=pointer.active_id is not None)

    def order_cap(self, shop: Shop) -> int | None:
        """Cap an order at what few of the shop's exceed, so that one decides nothing."""
        return pace.order_cap(shop, timezone.now())

    def measure(self, shop: Shop, use_case: str, now: datetime) -> int:
        """Wait for the next look: blocks are closed when a release is weighed."""
        return 0

    def weigh(self, release: Release, now: datetime) -> Measured:
        """Say what the closed blocks prove."""
        from pipelines.lifecycle.evidence import weigh

        return weigh.evidence_of(release, now)

    def look_back(self, release: Release, now: datetime) -> dict[str, Any]:
        """Compare orders after the rollback with the same hours before the version was shown."""
        from pipelines.lifecycle.evidence import recovery

        return recovery.compared(release, now)

    def month(self, asked: Asked) -> list[Claim]:
        """Say what shoppers chosen at random did: between two versions, and beside those who were shown nothing."""
        from pipelines.lifecycle.evidence.months import beside_nothing, experiments

        return [*experiments.claims(asked), *beside_nothing.claims(asked)]


KINDS: dict[str, Kind] = {kind.name: kind for kind in (Paired(), Randomised())}


def of(use_case: str) -> Kind:
    """Return the kind of evidence that decides about a use case."""
    return KINDS[USE_CASES[use_case].evidence.kind]
