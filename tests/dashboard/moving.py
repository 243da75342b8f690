"""Releases on their way, for pages: split shoppers with what was measured, weeks side by side, a card half-way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from pipelines.lifecycle.releases import card, traffic
from pipelines.models import Deployment, Release, Shop
from pipelines.strategies import Canary, Plan, Traffic
from tests.dashboard import story

HARM = {"metric": "orders per visitor", "value": -0.18, "low": -0.29, "high": -0.07}
SPLIT = Traffic("randomised", units_a_day=40_000, rate=0.03)


def shares(shop: Shop, *, weight: int = 5, **changes: Any) -> Release:
    """Return a release that a share of the shoppers sees, in place of the card that waited."""
    Release.objects.for_shop(shop).filter(phase__in=Release.OPEN).update(phase=Release.Phase.SUPERSEDED)
    version = story.a_version(shop)
    steps = [step.as_dict() for step in Canary().steps(SPLIT)]
    now = timezone.now()
    row = Release(
        shop=shop,
        use_case=version.use_case,
        version=version,
        strategy="canary",
        steps=steps,
        step=next(place for place, step in enumerate(steps) if step["weight"] == weight),
        weight=weight,
        phase=Release.Phase.CANARY,
        is_proven=True,
        exposed_at=now - timedelta(days=4),
        entered_at=now - timedelta(days=1),
        evaluated_at=now,
    )
    deployment = Deployment.of(shop, version.use_case)
    plan = Plan("canary", tuple(Canary().steps(SPLIT)), "Enough shoppers come", Canary().maximum)
    row.show(card.evidence_of(row, deployment, shop.settings, traffic.known_of(deployment), plan))
    row.analysis = analysis(now)
    for name, value in changes.items():
        setattr(row, name, value)
    row.save()
    Deployment.objects.filter(shop=shop, use_case=version.use_case).update(canary=version)
    return row


def half_way(shop: Shop, said: dict[str, Any] | None = None, **changes: Any) -> Release:
    """Return a release on which the merchant is asked again, since nothing is proven; `said` is what was found."""
    row = shares(shop, weight=50, phase=Release.Phase.AWAITING_APPROVAL, is_proven=False, **changes)
    told = row.analysis | {"reason": "not_proven", "sentence": "Not proven: this step has run as long as planned."}
    told |= said or {}
    row.show(card.add_measurements(row.evidence, told, is_proven=False))
    row.analysis = told
    row.expires_at = timezone.now() + timedelta(days=7)
    row.save()
    return row


def analysis(now: datetime, **changes: Any) -> dict[str, Any]:
    """Return what a look at four days of split shoppers finds."""
    days = [now - timedelta(days=ago) for ago in (3, 2, 1, 0)]
    reach = (0.3, 0.18, 0.12, 0.09)
    found: dict[str, Any] = {
        "at": now.isoformat(), "action": "pause", "reason": "peak_needed",
        "sentence": "Waiting for a whole stretch of peak hours on this step.",
        "kind": "randomised", "speaks": True, "ratio": 0.8, "harm": 0.4, "harm_at_peak": 1.1, "non_inferior": 6.0,
        "guardrails": {"errors": 0.2}, "units": {"canary": 8_120, "control": 81_004},
        "orders": {"canary": 251, "control": 2_463},
        "effect": {"metric": "orders per visitor", "value": 0.017, "low": -0.073, "high": 0.107},
        "money": {"value": 41_200, "low": -180_000, "high": 262_000, "per": "week"},
        "segments": [
            {"name": "Peak hours", "units": 2_400, "value": -0.04, "low": -0.19, "high": 0.11},
            {"name": "Other hours", "units": 5_720, "value": 0.04, "low": -0.06, "high": 0.15},
            {"name": "Weekends", "units": 310, "value": None, "low": None, "high": None},
        ],
        "over_time": [
            {"at": day.isoformat(), "value": 0.017, "low": 0.017 - half, "high": 0.017 + half,
             "canary": 2_030 * (place + 1), "control": 20_251 * (place + 1)}
            for place, (day, half) in enumerate(zip(days, reach, strict=True))
        ],
        "windows": [
            {"at": (now - timedelta(hours=30 - hour)).isoformat(),
             "health": {4: "quiet", 5: "quiet", 11: "breach", 17: "no_data"}.get(hour, "ok")}
            for hour in range(30)
        ],
        "plan": {"smallest_harm": -0.06, "expected_days": 12.3, "planned_units": 120_000},
    }  # fmt: skip
    return found | changes


def paired(now: datetime) -> dict[str, Any]:
    """Return what five final weeks of two forecasts find."""
    first = datetime(now.year, now.month, now.day, tzinfo=UTC) - timedelta(days=49)
    costs = ((590, 610), (560, 655), (600, 596), (548, 640), (571, 628))
    return {
        "at": now.isoformat(), "reason": "well", "sentence": "Over 5 weeks, its errors cost £52 less a week.",
        "kind": "paired", "speaks": False, "harm": 0.3, "correlation": 0.1,
        "weeks": [
            {"first_day": (first + timedelta(weeks=week)).date().isoformat(), "new": 100 * new, "old": 100 * old}
            for week, (new, old) in enumerate(costs)
        ],
        "money": {"value": 5_200, "low": -400, "high": 10_800, "per": "week"},
        "effect": {"metric": "loss per week", "value": 0.083, "low": -0.006, "high": 0.173},
        "windows": [{"at": (now - timedelta(days=5 - day)).isoformat(), "health": "ok"} for day in range(5)],
    }  # fmt: skip
