"""Why the policy decided as it did."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a decision was taken; the codes that pages, ledger and alerts know."""

    # The new version is taken away
    UNSAFE = "unsafe_artifact"
    FILES = "files_cannot_be_read"
    HARM = "harm"
    GUARDRAIL = "guardrail"
    BROKEN = "broken_answers"
    SEVERE = "severe_errors"
    BREACH = "breach"
    LOST = "no_data"
    WORSE = "worse"
    INPUTS = "broken_inputs"
    DRIFT = "drift"
    # Held until something changes
    CLOCK = "clock_went_back"
    RATIO = "ratio"
    MISSING = "figures_missing"
    DOWN = "monitor_down"
    SILENT = "metric_missing"
    CHANGED = "evidence_changed"
    DECAYED = "decayed"
    STALE = "stale_data"
    FROZEN = "frozen"
    TURN = "waits_its_turn"
    # The merchant is asked
    APPROVAL = "approval_needed"
    NOT_PROVEN = "not_proven"
    ASKED_FOR = "asks_before_all"
    UNDECIDED = "undecided_version"
    LIMIT = "promotion_limit"
    # Stay and look again
    CLOSED = "closed"
    PAUSED = "paused"
    RESUMED = "resumed"
    AWAITING = "awaiting_answer"
    COOLDOWN = "cooldown"
    DEPENDENT = "weeks_depend"
    FLAPPING = "flapping"
    PEAK = "harm_at_peak"
    SHORT = "falls_short"
    RECOVERING = "recovering"
    TIME = "time_needed"
    ANSWERS = "answers_needed"
    UNITS = "units_needed"
    PEAK_BLOCK = "peak_needed"
    LOSS_UNKNOWN = "loss_unknown"
    RISK = "over_risk_budget"
    UNPROVEN = "proof_needed"
    PEAK_CLASSES = "peak_classes_needed"
    WELL = "well"
    # On to the next step
    PASSED = "step_passed"
    PROMOTED = "promoted"
    APPROVED = "approved"
