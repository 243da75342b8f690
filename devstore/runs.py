"""A scenario that plays in a shop: since when, how far it is, and the truth of what was injected."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from devstore.habits import DAY, midnight
from devstore.scenarios import Event, Scenario


@dataclass(frozen=True)
class Run:
    """A scenario that plays in a shop: since when, and how far it is."""

    scenario: Scenario
    seed: int
    first_day: date
    played: int
    zone: ZoneInfo

    @property
    def began(self) -> int:
        return midnight(self.first_day, self.zone)

    def day(self, at: float) -> float:
        """Count the days since it began."""
        return (at - self.began) / DAY

    def number(self, day: date) -> int:
        """Count the whole days before a day."""
        return (day - self.first_day).days

    def days(self, to: int) -> list[date]:
        """List the days, in the shop, between what is played and a time."""
        first, last = (datetime.fromtimestamp(at, self.zone).date() for at in (self.played, to))
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def told(run: Run) -> dict[str, Any]:
    """Say what plays, how far it is, and the truth of what was injected and when."""
    day = run.day(run.played)
    return {
        "name": run.scenario.name,
        "title": run.scenario.title,
        "seed": run.seed,
        "days": run.scenario.days,
        "zone": run.zone.key,
        "began": moment(run, 0),
        "day": round(day, 3),
        "now": datetime.fromtimestamp(run.played, run.zone).isoformat(),
        "injected": [truth(run, event, day) for event in run.scenario.events],
    }


def truth(run: Run, event: Event, day: float) -> dict[str, Any]:
    """Say of one event when it begins and ends, and whether it has begun."""
    return {
        "what": event.what.value,
        "of": event.of,
        "name": event.name,
        "size": event.size,
        "sentence": event.sentence,
        "day": event.first,
        "at": moment(run, event.first),
        "until": None if event.last == float("inf") else moment(run, event.last),
        "has_begun": event.first <= day,
    }


def moment(run: Run, day: float) -> str:
    """Return the moment of a day of the scenario."""
    start = run.first_day + timedelta(days=int(day))
    return datetime.fromtimestamp(midnight(start, run.zone) + day % 1 * DAY, run.zone).isoformat()
