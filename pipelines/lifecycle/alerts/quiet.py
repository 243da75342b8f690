"""Quiet hours on the shop's own clock, as pure rules."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


def is_quiet(local: time, quiet_from: time | None, quiet_until: time | None) -> bool:
    """Say whether a time of day lies in quiet hours; they may pass midnight, and none are set where one end is missing.

    >>> [is_quiet(time(hour), time(20), time(7)) for hour in (19, 20, 3, 7)]
    [False, True, True, False]
    """
    if quiet_from is None or quiet_until is None or quiet_from == quiet_until:
        return False
    if quiet_from < quiet_until:
        return quiet_from <= local < quiet_until
    return local >= quiet_from or local < quiet_until


def first_moment(
    now: datetime, zone: ZoneInfo, quiet_from: time | None, quiet_until: time | None, *, passes: bool = False
) -> datetime:
    """Return when something may be said: now, or when the quiet hours end; what `passes` does not wait."""
    local = now.astimezone(zone)
    if passes or quiet_until is None or not is_quiet(local.time(), quiet_from, quiet_until):
        return now
    day = local.date() if local.time() < quiet_until else local.date() + timedelta(days=1)
    return datetime.combine(day, quiet_until, tzinfo=zone).replace(
        fold=local.fold
    )  # where clocks go back: the same side
