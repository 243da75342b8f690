"""States as a merchant reads them: a word, and the tone that goes with it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Badge:
    """A state: its word, and the tone that goes with it."""

    words: str
    tone: str = ""


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
STEPS = {"preview": "Your approval", "all": "All"}
EVENTS = {
    "release.staged": "Prepared",
    "release.asked": "Your decision was asked for",
    "approval.given": "Approved",
    "approval.blocked": "Approval blocked",
    "release.live": "Went live",
    "release.superseded": "Replaced",
    "release.rolled_back": "Rolled back",
    "release.rejected": "Rejected",
    "release.expired": "Expired",
}
