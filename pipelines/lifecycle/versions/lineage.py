"""Where a version comes from and what became of it: from the data snapshot to the decisions, out of rows and ledger."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from pipelines import words
from pipelines.lifecycle import causes
from pipelines.models import LifecycleEvent, ModelVersion

SYSTEM = "system"
WORDS = {
    "version.validated": "Checked: proven",
    "version.undecided": "Checked: not proven",
    "version.refused": "Checked: refused",
    "version.quarantined": "Barred for good",
    "release.staged": "Release prepared",
    "release.shadow": "Ran alongside",
    "release.asked": "Your decision was asked for",
    "release.scheduled": "Waited for the end of a freeze",
    "freeze.lifted": "Freeze lifted for this version",
    "release.step": "Shown to more shoppers",
    "release.held": "Put on hold",
    "release.paused": "Paused",
    "release.resumed": "Went on",
    "release.live": "Went live",
    "release.restored": "Live again",
    "release.superseded": "Replaced",
    "release.rolled_back": "Rolled back",
    "release.rejected": "Rejected",
    "release.expired": "Expired",
    "approval.given": "Approved",
    "approval.blocked": "Approval blocked",
    "approval.refused": "Approval refused",
    "approval.superseded": "Approval came too late",
}
JUDGED = ("version.validated", "version.undecided", "version.refused")


@dataclass(frozen=True)
class Origin:
    """One link from the data to what runs: when, what, and the digest that pins it."""

    what: str
    at: datetime | None
    digest: str
    text: str = ""
    of: str = ""  # what the digest is of
    release_id: int | None = None

    @property
    def short(self) -> str:
        """Give the digest as pages show it."""
        return f"{self.digest[:4]}{words.NBSP}{self.digest[4:8]}" if self.digest else words.UNKNOWN


def lineage_of(version: ModelVersion) -> list[Origin]:
    """Follow a version from the data that it learned from to what runs or ran, oldest first."""
    mine = LifecycleEvent.objects.for_shop(version.shop_id).filter(
        use_case=version.use_case, version_number=version.number
    )
    events = list(mine.order_by("seq"))
    trained = next((event for event in events if event.kind == "version.trained"), None)
    told = [event for event in events if event.kind in WORDS]
    return [*learned(version, trained), *checked(version, told), *(moved(version, event) for event in told)]


def learned(version: ModelVersion, trained: LifecycleEvent | None) -> Iterator[Origin]:
    """Tell of the data, the training and the files, which are rows of their own."""
    data, run = version.dataset, version.runs.order_by("-pk").first()
    today = timezone.localdate(timezone=version.shop.zone)
    days = f"sales {words.day(data.first_day, today)} to {words.day(data.last_day, today)}"
    yield Origin("Data read", data.created_at, data.digest, f"{words.counted(data.units, 'unit')}, {days}", "data")
    if run:
        cost = f"{words.number(run.cpu_seconds)} s of one processor, {words.number(run.memory_mb)} MB"
        why = causes.named(version.use_case, run.trigger)
        yield Origin("Trained", run.finished_at, trained.digest if trained else "", f"{why}; {cost}", "ledger")
    yield Origin("Files signed", version.created_at, version.artifact_digest, "", "files")


def checked(version: ModelVersion, told: list[LifecycleEvent]) -> Iterator[Origin]:
    """Tell of the checks where the ledger has no entry of them."""
    if version.gates and not any(event.kind in JUDGED for event in told):
        yield Origin("Checked", None, "", passed(version))


def passed(version: ModelVersion) -> str:
    """Count the checks that a version passed."""
    count = sum(gate["verdict"] == "passed" for gate in version.gates)
    return f"{count} of {words.counted(len(version.gates), 'check')} passed"


def moved(version: ModelVersion, event: LifecycleEvent) -> Origin:
    """Tell of one entry of the ledger; a yes is pinned by the evidence that it was given to."""
    evidence = str(event.details.get("evidence_digest") or "") if event.kind.startswith("approval.") else ""
    what = WORDS[event.kind]
    because = passed(version) if event.kind in JUDGED else event.because if event.because != what else ""
    by = "" if event.by == SYSTEM else f"by {event.by}"
    text = ", ".join(part for part in (because, by) if part)
    return Origin(
        what, event.at, evidence or event.digest, text, "evidence" if evidence else "ledger", event.release_id_seen
    )
