"""What a month brought, read from the demo's rows: alerts, drifts, trainings, releases; and how long each took."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.ops.smoke import Reader

SEEN = """
SELECT opened_at AS at, 'alert' AS kind, 'Alert: ' || title || ' (' || severity || ')' AS text
    FROM pipelines_alert WHERE opened_at >= %(since)s
UNION ALL SELECT made_at, 'drift', 'Drift of ' || segment || ' lasts'
    FROM pipelines_measurement WHERE metric IN ('drift_began', 'drift_of_ours') AND made_at >= %(since)s
UNION ALL SELECT created_at, 'training:' || trigger, 'Training begins: ' || trigger
    FROM pipelines_trainingrun WHERE created_at >= %(since)s AND error_code <> 'NotEnoughHistory'
UNION ALL SELECT at, kind, 'Version ' || coalesce(version_number::text, '?') || ': ' || because || ' (' || kind || ')'
    FROM pipelines_lifecycleevent WHERE at >= %(since)s
        AND (kind LIKE 'release.%%' OR kind IN ('version.refused', 'version.quarantined', 'approval.given'))
ORDER BY 1, 2, 3
"""
CAUSED = ("training:decay", "training:drift of ")
WATCHED = {
    "first_alert": ("alert",),
    "first_drift": ("drift",),
    "retrained": CAUSED,
    "rolled_back": ("release.rolled_back", "release.rejected"),
}


@dataclass(frozen=True)
class Seen:
    """Something that happened in the app."""

    at: datetime
    kind: str
    text: str

    def day(self, began: str) -> float:
        return days_between(began, self.at)


def read(reader: Reader, began: str) -> list[Seen]:
    """List what happened since a scenario began, in order."""
    return [Seen(*row) for row in reader.named(SEEN, since=datetime.fromisoformat(began))]


def figures(run: dict[str, Any], seen: list[Seen]) -> dict[str, Any]:
    """Give what was injected, what came of it, and everything that was told."""
    began = run["began"]
    return {
        "scenario": run["name"],
        "days": round(run["day"], 1),
        "injected": [
            {"what": each["what"], "size": each["size"], "day": each["day"]} | delays(each["at"], seen)
            for each in run["injected"]
        ],
        "alerts": [f"day {each.day(began):.1f}: {each.text}" for each in seen if each.kind == "alert"],
        "drifts": sum(each.kind == "drift" for each in seen),
        "trainings": [each.kind.partition(":")[2] for each in seen if each.kind.startswith("training:")],
        "releases": [f"day {each.day(began):.1f}: {each.text}" for each in seen if each.kind.startswith("release.")],
        "visitors": run["visitors"],
    }


def delays(at: str, seen: list[Seen]) -> dict[str, float | None]:
    """Say how many days after an injection each thing first came; nothing where it did not come."""
    return {f"{name}_after": delay(at, seen, kinds) for name, kinds in WATCHED.items()}


def delay(at: str, seen: list[Seen], kinds: tuple[str, ...]) -> float | None:
    """Count the days from a moment to the first thing of some kinds."""
    after = [days_between(at, each.at) for each in seen if each.kind.startswith(kinds)]
    return next((days for days in after if days >= 0), None)


def days_between(start: str, end: datetime) -> float:
    """Count days, to a hundredth."""
    return round((end - datetime.fromisoformat(start)).total_seconds() / 86_400, 2)
