"""The evidence of a release, laid out for the page: headline, where the money comes from, groups on one scale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dashboard.queries.words import Badge
from pipelines.charts import group_intervals

VERDICTS = {
    "better": Badge("Better", "success"),
    "worse": Badge("Worse", "critical"),
    "not_proven": Badge("Too early to say"),
    "not_measured": Badge("Not measured"),
}
PARTS = {"Too little stock: margin of lost sales": "too_little", "Too much stock: holding and markdown": "too_much"}


@dataclass(frozen=True)
class Headline:
    """The one figure that decides: money against the other side, with its range and where it was measured."""

    profit: int | None
    interval: list[int] | None
    against: str
    weeks: int
    variants: int
    first_day: date | None
    is_proven: bool
    reason: str

    @property
    def last_day(self) -> date | None:
        return self.first_day + timedelta(days=7 * self.weeks - 1) if self.first_day else None

    @property
    def includes_zero(self) -> bool:
        return bool(self.interval) and self.interval[0] <= 0 <= self.interval[1]


@dataclass(frozen=True)
class Group:
    """One line of the evidence."""

    name: str
    variants: int
    profit: int
    interval: list[int] | None
    badge: Badge
    drawing: str


@dataclass(frozen=True)
class Part:
    """One row of where the money comes from."""

    name: str
    other: int
    candidate: int

    @property
    def difference(self) -> int:
        return self.other - self.candidate


def rival_of(replay: dict[str, Any]) -> str:
    """Choose what a version is compared with: what is live, else the simple rule."""
    return "champion" if (replay.get("versus") or {}).get("champion") else "naive"


def headline(evidence: dict[str, Any]) -> Headline:
    """Read the headline out of a release's evidence."""
    replay = evidence.get("replay") or {}
    rival = rival_of(replay)
    found = (replay.get("versus") or {}).get(rival) or [{}]
    return Headline(
        profit=found[0].get("profit"),
        interval=found[0].get("interval"),
        against=f"version {evidence.get('compared_with')}" if rival == "champion" else "the simple rule",
        weeks=replay.get("weeks", 0),
        variants=replay.get("variants", 0),
        first_day=date.fromisoformat(replay["first_day"]) if replay.get("first_day") else None,
        is_proven=bool(evidence.get("is_proven")),
        reason=replay.get("reason") or "",
    )


def headline_against_naive(replay: dict[str, Any]) -> Headline:
    """Read what a version is worth against the simple rule, whatever else it was compared with."""
    versus = replay.get("versus") or {}
    return headline({"replay": {**replay, "versus": {"naive": versus.get("naive")}}})


def parts(replay: dict[str, Any]) -> list[Part]:
    """Return the rows whose differences sum to the headline."""
    policies = replay.get("policies") or {}
    rival = rival_of(replay)
    if rival not in policies or "candidate" not in policies:
        return []
    return [Part(words, policies[rival][key], policies["candidate"][key]) for words, key in PARTS.items()]


@dataclass(frozen=True)
class Groups:
    """The evidence group by group on one scale: all variants first, the worst right under it."""

    head: str
    rows: list[Group]

    @property
    def worst(self) -> Group | None:
        return self.rows[1] if len(self.rows) > 1 else None


def groups(replay: dict[str, Any], currency: str) -> Groups:
    """Lay the groups out and draw their ranges."""
    found = (replay.get("versus") or {}).get(rival_of(replay)) or []
    worst = min(found[1:], key=lambda group: group["profit"], default=None)
    ordered = found[:1] + ([worst] if worst else []) + [group for group in found[1:] if group is not worst]
    head, drawings = group_intervals([(group["profit"], group["interval"]) for group in ordered], currency)
    rows = [
        Group(
            name="All variants" if group["group"] == "all" else group["group"].replace("_", " ").capitalize(),
            variants=group["variants"],
            profit=group["profit"],
            interval=group["interval"],
            badge=badge(group, is_worst=group is worst),
            drawing=drawing,
        )
        for group, drawing in zip(ordered, drawings, strict=True)
    ]
    return Groups(head, rows)


def badge(group: dict[str, Any], *, is_worst: bool) -> Badge:
    """Say how a group fares; the worst is named where it may lose."""
    may_lose = group["interval"] and group["interval"][0] < 0
    return Badge("Worst group", "warning") if is_worst and may_lose else VERDICTS[group["verdict"]]
