"""The life of an alert as pure rules: what state it is in, when nobody has answered for too long, when it is over.

`now` is always given. Nothing here reads or writes a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

RANK = {"info": 0, "warning": 1, "critical": 2}
CALM_WINDOWS = 3  # recovery holds 3 of 3 windows before an alert closes
COOLDOWN = timedelta(hours=6)  # what comes back within it is the same trouble, and is not told anew
DOUBLED = 2  # a snooze ends when so many times as much money is at risk
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
UNANSWERED: dict[str, tuple[timedelta, ...]] = {
    "critical": (HOUR, 4 * HOUR, DAY),
    "warning": (DAY, 3 * DAY),
    "info": (),
}
SNOOZES = {"hour": HOUR, "day": DAY}


class State(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class Wish(StrEnum):
    ACKNOWLEDGE = "acknowledge"
    SNOOZE = "snooze"
    WAKE = "wake"
    RESOLVE = "resolve"
    FALSE = "false"  # it was no trouble: the limits were at fault


MAY: dict[State, frozenset[Wish]] = {
    State.OPEN: frozenset({Wish.ACKNOWLEDGE, Wish.SNOOZE, Wish.RESOLVE, Wish.FALSE}),
    State.ACKNOWLEDGED: frozenset({Wish.SNOOZE, Wish.RESOLVE, Wish.FALSE}),
    State.SNOOZED: frozenset({Wish.ACKNOWLEDGE, Wish.WAKE, Wish.RESOLVE, Wish.FALSE}),
    State.RESOLVED: frozenset({Wish.FALSE}),
}


@dataclass(frozen=True)
class Finding:
    """What a look found: how bad, and how much money an hour it puts at risk."""

    severity: str
    minor_per_hour: int | None = None


def state_of(
    now: datetime, *, closed_at: datetime | None, snoozed_until: datetime | None, acknowledged_at: datetime | None
) -> State:
    """Say what state an alert is in; a snooze that ended leaves it open."""
    if closed_at is not None:
        return State.RESOLVED
    if snoozed_until is not None and now < snoozed_until:
        return State.SNOOZED
    return State.ACKNOWLEDGED if acknowledged_at is not None else State.OPEN


def allows(state: State, wish: Wish) -> bool:
    """Say whether a person may ask that of an alert in this state."""
    return wish in MAY[state]


def worse(before: str, found: str) -> str:
    """Return the graver of two severities: an alert never becomes milder while it is open."""
    return max(before, found, key=RANK.__getitem__)


def wakes(severity: str, snoozed_minor: int | None, found: Finding) -> bool:
    """Say whether what is found now ends a snooze early: it is graver, or twice as much money is at risk."""
    if RANK[found.severity] > RANK[severity]:
        return True
    return bool(snoozed_minor and found.minor_per_hour and found.minor_per_hour >= DOUBLED * snoozed_minor)


def level(severity: str, waits_since: datetime, now: datetime) -> int:
    """Count the times that an answer was due and did not come.

    >>> since = datetime(2026, 11, 19, 9)
    >>> [level("critical", since, since + timedelta(hours=hours)) for hours in (0, 1, 5, 30)]
    [0, 1, 2, 3]
    """
    return sum(now - waits_since >= due for due in UNANSWERED[severity])


def has_calmed(last_at: datetime, now: datetime, window: timedelta) -> bool:
    """Say that nothing was found for so long that it is over: it opens at once and closes late."""
    return now - last_at >= CALM_WINDOWS * window


def is_the_same_trouble(closed_at: datetime, now: datetime) -> bool:
    """Say whether what is found so soon after an alert closed is the same alert again."""
    return now - closed_at < COOLDOWN
