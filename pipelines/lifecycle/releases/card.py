"""The card that a merchant decides on: what is shown is stored, and approving binds to exactly that."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import Any

from pipelines import strategies
from pipelines.lifecycle.releases import advice, traffic
from pipelines.lifecycle.releases.traffic import Known
from pipelines.models import Deployment, Release, ShopSettings
from pipelines.stats.inference import power
from pipelines.strategies import Step, Traffic, claims


def evidence_of(release: Release, deployment: Deployment, settings: ShopSettings, known: Known) -> dict[str, Any]:
    """Collect what the merchant decides on before anybody sees the version."""
    version, dataset = release.version, release.version.dataset
    return {
        "version": version.number,
        "artifact_digest": version.artifact_digest,
        "is_proven": release.is_proven,
        "advice": "" if release.is_proven else advice.of(release, deployment.active),
        "compared_with": deployment.active.number if deployment.active else None,
        "page": version.page,
        "gates": version.gates,
        "replay": version.replay,
        "data": {"digest": dataset.digest, "last_day": dataset.last_day.isoformat() if dataset.last_day else None},
        "strategy": release.strategy,
        "steps": release.steps,
        "maximum_days": strategies.strategy(release.strategy).maximum.days,
        "plan": plan_of(settings, known) | expected_of(release, known.traffic, float(settings.margin)),
    }


def expected_of(release: Release, known: Traffic, margin: float) -> dict[str, Any]:
    """Say before the start what this traffic can show on the largest share of shoppers; nothing without a split."""
    shares = [step["weight"] / 100 for step in release.steps if 0 < step["weight"] < 100]
    if not shares or not 0 < known.rate < 1 or known.units_a_day <= 0:
        return {}
    days = strategies.strategy(release.strategy).maximum.days
    seen = (known.units_a_day, max(shares), known.rate)
    limit = claims.harm_limit(map(Step.from_dict, release.steps))
    return {
        "smallest_harm": power.smallest_harm(*seen, days, limit=limit),
        "expected_days": power.expected_days(*seen, margin),
    }


def plan_of(settings: ShopSettings, known: Known) -> dict[str, Any]:
    """Fix before the start what will count: margin, risk budget, the cap on an order's money, asking again."""
    return {
        "margin": float(settings.margin),
        "asks_before_all": settings.asks_before_all,
        "approvals_needed": settings.approvals_needed,
        "risk_budget_minor": traffic.risk_budget(known.sold, settings),
        "cap_minor": known.cap_minor,
    }


def add_measurements(evidence: dict[str, Any], analysis: dict[str, Any], *, is_proven: bool) -> dict[str, Any]:
    """Put what the release showed so far on the card, for a merchant who is asked again."""
    return evidence | {"is_proven": is_proven, "analysis": analysis}


def evidence_digest(evidence: dict[str, Any]) -> str:
    """Return the digest that an approval binds to: the same before the evidence is stored and after."""
    stored = json.loads(json.dumps(evidence), parse_float=as_stored)
    return hashlib.sha256(json.dumps(stored, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def as_stored(number: str) -> float | int:
    """Read a number as PostgreSQL gives it back: one too large for a point has none, and zero has no sign.

    >>> as_stored("1e+16"), as_stored("-0.0"), as_stored("2.0")
    (10000000000000000, 0.0, 2.0)
    """
    return int(Decimal(number)) if "e+" in number else float(number) + 0.0
