"""A test in the test store, day by day: what was sold, and what the version and its rival had expected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dashboard.brought import Part
from pipelines.charts.figure import Figure
from pipelines.charts.replayed_days import ReplayedDay, replayed_days, when
from pipelines.models import StagingRun

SAID = "Units that each morning’s forecast was off that day, over all variants."


@dataclass(frozen=True)
class Staged:
    """The days of one test."""

    name: str
    result: dict[str, Any]

    @property
    def against(self) -> str:
        told: str = self.result.get("against", "")
        return told[:1].upper() + told[1:]

    @property
    def days(self) -> list[dict[str, Any]]:
        """Give the days as rows show them: named by how long ago they are, money in whole minor units."""
        found = self.result.get("days", [])
        return [
            day | {"when": when(day["day"]), **{side: in_whole(day[side]) for side in ("new", "old")}} for day in found
        ]

    @property
    def has_money(self) -> bool:
        return any(day["new"]["money"] is not None for day in self.days)

    @property
    def currency(self) -> str:
        told: str = self.result.get("currency", "")
        return told

    @property
    def jumps(self) -> list[dict[str, Any]]:
        return [jump | {"when": when(jump["day"])} for jump in self.result.get("jumps", [])]

    @property
    def figure(self) -> Figure | None:
        """Draw the days, where there are enough of them to see something."""
        days = [ReplayedDay(day["day"], day["new"]["off"], day["old"]["off"]) for day in self.days]
        if len(days) < 3 or not any(day.new or day.old for day in days):
            return None
        new, old = sum(day.new for day in days), sum(day.old for day in days)
        title = f"{self.name} was {new:,.0f} units off in {len(days)} days, {self.result['against']} {old:,.0f}"
        return replayed_days(days, title=title, names=(self.name, self.against), said=SAID)


def staged(run: StagingRun) -> Part | None:
    """Show the days of a test that has any."""
    if not run.result.get("days"):
        return None
    told = Staged(f"Version {run.version.number}", run.result)
    return Part("usecases/demand_forecast/partials/_staged.html", told)


def in_whole(side: dict[str, Any]) -> dict[str, Any]:
    """Round one version's money of a day, where it is known."""
    return side | {"money": None if side["money"] is None else round(side["money"])}
