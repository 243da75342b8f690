"""The plan of a release and the card that a merchant decides on: what is shown is stored, and a yes binds to that."""

from __future__ import annotations

from typing import Any

from pipelines import strategies
from pipelines.lifecycle import causes
from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.evidence.pace import WINDOW
from pipelines.lifecycle.releases import advice
from pipelines.lifecycle.releases.traffic import Known
from pipelines.models import Deployment, ModelVersion, Release, ShopSettings
from pipelines.stats.inference import power
from pipelines.strategies import Step, Traffic, claims


def planned(version: ModelVersion, deployment: Deployment, known: Known, *, strategy: str) -> Release:
    """Plan a release, with its strategy and steps as data, and the card that it would be decided on."""
    settings = ShopSettings.of(version.shop_id)
    plan = plan_for(known.beside(deployment), settings, strategy)
    release = Release(
        shop_id=version.shop_id,
        use_case=version.use_case,
        version=version,
        strategy=plan.strategy,
        steps=[step.as_dict() for step in plan.steps],
        is_proven=version.state == ModelVersion.State.VALIDATED,
        cause=cause_of(version),
    )
    release.show(evidence_of(release, deployment, settings, known, plan))
    return release


def cause_of(version: ModelVersion) -> str:
    """Return what was found that made a version be trained outside of the schedule, or nothing."""
    trigger = version.runs.order_by("-pk").values_list("trigger", flat=True).first() or ""
    return trigger if causes.is_found(trigger) else ""


def plan_for(known: Traffic, settings: ShopSettings, strategy: str) -> strategies.Plan:
    """Choose strategy and steps by traffic; what somebody asked for by name must fit, a standing wish gives way.

    The merchant's shares of shoppers are for strategies that take them; others go by their own.
    """
    wanted, refusal = strategy or settings.strategy, ""
    for weights in dict.fromkeys((tuple(settings.canary_weights), ())):
        try:
            return strategies.plan(known, wanted=wanted, weights=weights, alongside_days=settings.alongside_days)
        except ValueError as error:
            refusal = str(error)
    if strategy:
        raise Refused(refusal)
    return strategies.plan(known, alongside_days=settings.alongside_days)


def evidence_of(
    release: Release, deployment: Deployment, settings: ShopSettings, known: Known, plan: strategies.Plan
) -> dict[str, Any]:
    """Collect what the merchant decides on before anybody sees the version."""
    version, dataset = release.version, release.version.dataset
    days = plan.maximum.days
    shows = expected_of(release, known.traffic, float(settings.margin), days)
    return {
        "version": version.number,
        "artifact_digest": version.artifact_digest,
        "is_proven": release.is_proven,
        "cause": causes.sentence(release.use_case, release.cause),
        "advice": "" if release.is_proven else advice.of(release, deployment.active),
        "compared_with": deployment.active.number if deployment.active else None,
        "page": version.page,
        "gates": version.gates,
        "replay": version.replay,
        "data": {"digest": dataset.digest, "last_day": dataset.last_day.isoformat() if dataset.last_day else None},
        "strategy": release.strategy,
        "steps": release.steps,
        "maximum_days": days,
        "plan": plan_of(settings, known) | {"reason": plan.reason} | shows,
    }


def expected_of(release: Release, known: Traffic, margin: float, days: int) -> dict[str, Any]:
    """Say before the start what this traffic can show on the largest share of shoppers; nothing without a split."""
    shares = [step["weight"] / 100 for step in release.steps if 0 < step["weight"] < 100]
    if not shares or not 0 < known.rate < 1 or known.units_a_day <= 0:
        return {}
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
        "risk_budget_minor": settings.risk_budget(known.sold / WINDOW.days),
        "cap_minor": known.cap_minor,
    }


def add_measurements(evidence: dict[str, Any], analysis: dict[str, Any], *, is_proven: bool) -> dict[str, Any]:
    """Put what the release showed so far on the card, for a merchant who is asked again."""
    return evidence | {"is_proven": is_proven, "analysis": analysis}
