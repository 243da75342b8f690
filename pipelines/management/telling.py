"""A release in plain text, for a terminal: where it stands, what it needs, and the evidence on its card."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone

from pipelines import words
from pipelines.lifecycle.releases.standing import standing_of
from pipelines.models import Release

Phase = Release.Phase
SHOWS = {
    Phase.STAGED: "has not begun",
    Phase.SHADOW: "answers beside what runs, and nobody sees it",
    Phase.AWAITING_APPROVAL: "waits for a yes",
    Phase.SCHEDULED: "is approved for later",
    Phase.LIVE: "is live",
    Phase.SUPERSEDED: "gave way to another version",
    Phase.ROLLED_BACK: "was taken back",
    Phase.REJECTED: "was rejected",
    Phase.EXPIRED: "expired",
}


def standing(row: Release) -> str:
    """Say in one line where a release stands and what it needs."""
    where = f"is shown to {row.weight} % of shoppers" if row.phase == Phase.CANARY else SHOWS[Phase(row.phase)]
    step = f"step {row.step + 1} of {len(row.steps)}"
    line = f"{row.use_case} version {row.version.number} {where} ({row.strategy}, {step}). {needs(row)}"
    return line.rstrip()


def needs(row: Release) -> str:
    """Say what a release waits for, or why it is over."""
    if not row.is_open:
        return row.closed_because
    if row.held:
        return f"Held: {row.held}."
    if row.is_waiting_for_merchant and row.expires_at:
        return f"{whose_yes(row)}, until {at(row, row.expires_at)}."
    if row.phase == Phase.SCHEDULED:
        return standing_of(row, timezone.now()).sentence
    return str(row.analysis.get("sentence", ""))


def whose_yes(row: Release) -> str:
    """Say who may approve."""
    return "The merchant or an operator decides" if row.is_proven else "Not proven: only the merchant can approve it"


def at(row: Release, moment: datetime) -> str:
    """Write a moment on the shop's own clock."""
    return f"{moment.astimezone(row.shop.zone):%Y-%m-%d %H:%M} ({row.shop.timezone})"


def told(row: Release) -> Iterator[str]:
    """Yield the lines of a release's card: what would change, on which evidence, under which terms."""
    card = row.evidence
    before = card.get("compared_with")
    yield standing(row)
    yield f"Compared with: {f'version {before}' if before else 'the simple rule'}"
    yield f"Proven: {'yes' if row.is_proven else 'no'}"
    yield from terms(row, card.get("plan", {}))
    for gate in card.get("gates", []):
        yield f"[{gate['verdict']}] {gate['name']}: {gate['text']}"
    yield from measured(row)
    yield f"Artifact {row.version.artifact_digest}"
    yield f"Evidence {row.evidence_digest}, revision {row.revision}"


def terms(row: Release, plan: dict[str, Any]) -> Iterator[str]:
    """Yield how the version would be released, and what it may cost."""
    steps = ", ".join(f"{step['name']} ({step['weight']} %)" for step in row.steps)
    yield f"Steps: {steps}; at most {row.evidence.get('maximum_days', '?')} days. {plan.get('reason', '')}".rstrip()
    budget = plan.get("risk_budget_minor")
    if budget is not None:
        yield f"A step may cost at most {words.money(budget, row.shop.currency)}"
    yield f"Approvals needed: {plan.get('approvals_needed', 1)}"


def measured(row: Release) -> Iterator[str]:
    """Yield what the newest look saw."""
    seen = row.analysis
    if seen.get("sentence"):
        yield f"Newest look ({seen.get('at', '')}): {seen['sentence']}"
    for what in ("units", "orders"):
        if what in seen:
            yield f"{what.capitalize()}: {', '.join(f'{arm} {count:,}' for arm, count in sorted(seen[what].items()))}"
    for name in ("ratio", "harm", "harm_at_peak", "non_inferior"):
        if seen.get(name) is not None:
            yield f"e-value of {name.replace('_', ' ')}: {seen[name]:.3g}"
    effect = seen.get("effect") or {}
    if None not in [effect.get(name) for name in ("low", "value", "high")]:
        low, value, high = (f"{100 * effect[name]:+.1f} %" for name in ("low", "value", "high"))
        yield f"{effect['metric'].capitalize()}: {value} ({low} to {high})"
