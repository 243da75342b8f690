"""States as a merchant reads them: a word, and the tone that goes with it."""

from dataclasses import dataclass
from typing import Any

from pipelines.lifecycle.versions import lineage


@dataclass(frozen=True)
class Badge:
    """A state: its word, and the tone that goes with it."""

    words: str
    tone: str = ""


@dataclass(frozen=True)
class Chip:
    """One filter with its count."""

    words: str
    count: int
    query: str
    is_current: bool


PHASES = {
    "staged": Badge("Prepared"),
    "shadow": Badge("Runs alongside", "info"),
    "awaiting_approval": Badge("Decision waiting", "info"),
    "scheduled": Badge("Scheduled", "info"),
    "canary": Badge("Being rolled out", "info"),
    "live": Badge("Live", "success"),
    "superseded": Badge("Replaced"),
    "rolled_back": Badge("Rolled back", "critical"),
    "rejected": Badge("Rejected"),
    "expired": Badge("Expired"),
}
STEPS = {
    "preview": "Your approval",
    "approval": "Your approval",
    "alongside": "Alongside",
    "test_store": "Test store",
    "all": "All",
}
STRATEGIES = {
    "shadow": "Both answer unseen, then everything",
    "canary": "Growing shares of shoppers",
    "blue_green": "Everything at once",
    "ab": "A/B test on a fixed share",
}
EVENTS = lineage.WORDS | {
    "alert.opened": "Alert",
    "alert.worse": "Alert became worse",
    "alert.closed": "Alert is over",
    "alert.reopened": "Alert came back",
    "alert.unanswered": "Alert was not answered",
    "alert.acknowledged": "Alert acknowledged",
    "alert.snoozed": "Alert snoozed",
    "alert.woken": "Alert woken",
    "alert.false": "Alert marked as false",
}
REASONS = {
    "unsafe_artifact": Badge("Files changed", "critical"),
    "harm": Badge("Harm", "critical"),
    "guardrail": Badge("Harm", "critical"),
    "broken_answers": Badge("Broken answers", "critical"),
    "severe_errors": Badge("Too many errors", "critical"),
    "breach": Badge("Over a limit", "critical"),
    "no_data": Badge("Not heard of", "critical"),
    "worse": Badge("Worse", "critical"),
    "broken_inputs": Badge("Broken data", "critical"),
    "drift": Badge("Drifted", "critical"),
    "clock_went_back": Badge("On hold", "critical"),
    "ratio": Badge("Split not as planned", "warning"),
    "figures_missing": Badge("Figures missing", "warning"),
    "monitor_down": Badge("We cannot see it", "critical"),
    "metric_missing": Badge("Nothing heard", "warning"),
    "evidence_changed": Badge("Evidence changed", "critical"),
    "decayed": Badge("Became worse", "warning"),
    "stale_data": Badge("Data is old", "warning"),
    "frozen": Badge("Frozen"),
    "waits_its_turn": Badge("Waits its turn"),
    "approval_needed": Badge("Ready for you", "info"),
    "not_proven": Badge("Not proven"),
    "asks_before_all": Badge("Proven no worse", "success"),
    "undecided_version": Badge("Not proven"),
    "promotion_limit": Badge("Proven no worse", "success"),
    "closed": Badge("Over"),
    "paused": Badge("Paused"),
    "resumed": Badge("Goes on", "info"),
    "awaiting_answer": Badge("Waits for you", "info"),
    "cooldown": Badge("Look at this", "critical"),
    "weeks_depend": Badge("Look at this", "warning"),
    "flapping": Badge("Unsteady", "warning"),
    "falls_short": Badge("Worse so far", "critical"),
    "harm_at_peak": Badge("Worse at peak hours", "warning"),
    "recovering": Badge("Recovering", "info"),
    "time_needed": Badge("Counting", "info"),
    "answers_needed": Badge("Waits for answers", "info"),
    "units_needed": Badge("Counting", "info"),
    "peak_needed": Badge("Waits for peak hours", "info"),
    "loss_unknown": Badge("Too few orders yet"),
    "over_risk_budget": Badge("Over your risk budget", "warning"),
    "proof_needed": Badge("Not proven yet"),
    "peak_classes_needed": Badge("Waits for peak hours", "info"),
    "well": Badge("All well", "success"),
    "step_passed": Badge("Goes on", "info"),
    "promoted": Badge("Proven no worse", "success"),
    "approved": Badge("Approved", "success"),
}


def step_name(step: dict[str, Any]) -> str:
    """Name a step of a release."""
    known = STEPS.get(step["name"])
    return known or (f"{step['weight']}\u00a0%" if step.get("weight") else step["name"].replace("_", " ").capitalize())


def event_name(kind: str) -> str:
    """Name what a row of the ledger tells; a kind that has no words yet is shown in its own."""
    return EVENTS.get(kind) or kind.replace(".", ": ").replace("_", " ").capitalize()
