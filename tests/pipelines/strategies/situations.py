"""Situations on a fake clock: a canary that may go on, a release that asks, a version that is live."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines.strategies import (
    Action,
    Decision,
    Evidence,
    Health,
    Situation,
    Step,
    Traffic,
    Window,
    policy,
    strategy,
)

NOW = datetime(2026, 11, 18, 15, tzinfo=UTC)
TRAFFIC = Traffic("randomised", units_a_day=5_000, rate=0.03)
OK, BREACH, NO_DATA, QUIET, DOWN = Health.OK, Health.BREACH, Health.NO_DATA, Health.QUIET, Health.DOWN
BOTH = frozenset({"weekday", "weekend"})
GOOD = Evidence(
    "randomised",
    units=5_000,
    peak_blocks=3,
    next_loss=80.0,
    non_inferior=25.0,
    peak_classes=BOTH,
    peak_classes_needed=BOTH,
)


def windows(*healths: Health, **flags: bool) -> tuple[Window, ...]:
    """Lay windows hour by hour, the last one over now."""
    begin = NOW - timedelta(hours=len(healths))
    hours = [begin + timedelta(hours=hour) for hour in range(len(healths))]
    return tuple(
        Window(at, at + timedelta(hours=1), health, **flags) for at, health in zip(hours, healths, strict=True)
    )


def situation(steps: tuple[Step, ...], at: str, **changes: Any) -> Situation:
    """Stand on a step for three days, with everything well."""
    well: dict[str, Any] = {
        "now": NOW,
        "phase": "canary",
        "steps": steps,
        "step": [step.name for step in steps].index(at),
        "stepped_at": NOW - timedelta(days=3),
        "exposed_at": NOW - timedelta(days=6),
        "maximum": timedelta(days=28),
        "windows": windows(OK, OK, OK, OK, OK),
        "evidence": GOOD,
        "is_proven": True,
        "data_age": timedelta(hours=1),
        "risk_budget": 100.0,
    }
    return Situation(**well | changes)


def canary(at: str = "10", **changes: Any) -> Situation:
    """Show the new version to a share of shoppers, long enough and with good evidence."""
    return situation(strategy("canary").steps(TRAFFIC), at, **changes)


def alongside(at: str = "alongside", **changes: Any) -> Situation:
    """Let the new version run unseen."""
    unseen = {"phase": "shadow", "exposed_at": None, "evidence": Evidence("randomised")}
    return canary(at, **unseen | changes)


def approval(**changes: Any) -> Situation:
    """Wait for the merchant before the first shopper sees it."""
    return alongside("approval", **{"phase": "awaiting_approval"} | changes)


def live(**changes: Any) -> Situation:
    """Run for everybody."""
    return canary("all", **{"phase": "live", "evidence": Evidence()} | changes)


def paired(weeks: int = 10, correlation: float | None = 0.1, **figures: Any) -> Evidence:
    """Compare two versions over matured weeks."""
    return Evidence("paired", weeks=weeks, correlation=correlation, **figures)


def with_evidence(of: Situation, **figures: Any) -> Situation:
    """Change figures of the evidence."""
    return replace(of, evidence=replace(of.evidence, **figures))


def compared(**figures: Any) -> Situation:
    """Stand in an A/B test, well on its way."""
    one = situation(strategy("ab").steps(TRAFFIC), "50", stepped_at=NOW - timedelta(days=8))
    return with_evidence(one, units=5_000, **figures)


def decide(one: Situation) -> Decision:
    return policy.decide(strategy("canary"), one)


def told(one: Situation) -> tuple[Action, str]:
    """Return what is done, and why."""
    return decide(one).action, decide(one).reason
