"""Where a release stands and what comes next, in one sentence that every page says the same way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipelines import words
from pipelines.lifecycle.releases import freezes, move
from pipelines.lifecycle.releases.freezes import Freeze
from pipelines.lifecycle.releases.move import Phase
from pipelines.models import Release
from pipelines.strategies.freezing import Effect

UNCHANGED = "Nothing changes until you decide."
AGAIN = "When it ends, we ask you again on fresh figures."


@dataclass(frozen=True)
class Standing:
    """What is to be said of a release now, and what the shop's freeze means for it."""

    sentence: str
    freeze: Freeze


def standing_of(row: Release, now: datetime) -> Standing:
    """Say where an open release stands; `held` of it is told beside this."""
    freeze = freezes.of(row, now)
    if row.phase == Phase.AWAITING_APPROVAL:
        sentence = f"{if_approved(row, freeze, now)} {UNCHANGED}"
    elif row.phase == Phase.SCHEDULED:
        sentence = approved(row, freeze, now)
    else:
        sentence = f"{under_way(row)} {no_further(row, freeze, now)}".rstrip()
    return Standing(sentence, freeze)


def if_approved(row: Release, freeze: Freeze, now: datetime) -> str:
    """Say before the click what a yes leads to."""
    if freeze.effect is Effect.WAITS:
        return f"{freeze.name} holds it: approved now, it {goes(row)} on {start(row, freeze, now)}."
    if freeze.effect is Effect.OUTLASTS:
        return f"{freeze.name} goes on to {last(row, freeze, now)}, {yes_ends(row, now)}. {AGAIN}"
    why = {
        Effect.NONE: "",
        Effect.LIFTED: f" {freeze.name} is lifted for this version.",
        Effect.NOTHING_TO_PROTECT: f" {freeze.name} does not hold it: no version runs, and no shopper sees it.",
    }
    return f"Approved, it {goes(row)} at once.{why[freeze.effect]}"


def approved(row: Release, freeze: Freeze, now: datetime) -> str:
    """Say what an approved release waits for."""
    if freeze.effect is Effect.WAITS:
        return f"Approved: it {goes(row)} on {start(row, freeze, now)}, when {freeze.name} is over."
    if freeze.effect is Effect.OUTLASTS:
        return f"Approved, but {freeze.name} goes on to {last(row, freeze, now)}, {yes_ends(row, now)}. {AGAIN}"
    return f"Approved: it {goes(row)} within minutes."


def under_way(row: Release) -> str:
    """Say who sees a release that nobody is asked about."""
    if row.weight:
        return f"{row.weight}{words.NBSP}% of shoppers see it."
    return "It answers beside what runs; nobody sees it." if row.phase == Phase.SHADOW else "It is being prepared."


def no_further(row: Release, freeze: Freeze, now: datetime) -> str:
    """Say until when a freeze keeps a release where it is, where one does."""
    if not freeze.holds:
        return ""
    if freeze.effect is Effect.OUTLASTS:
        return f"{freeze.name} goes on to {last(row, freeze, now)}. You are asked as soon as a yes would outlive it."
    return f"It {goes(row)} on {start(row, freeze, now)} at the earliest, when {freeze.name} is over."


def goes(row: Release) -> str:
    """Say what a version does on the step that a yes leads to."""
    following = move.following(row)
    weight = following.weight if following else 100
    return "goes live" if weight in (0, 100) else f"is shown to {weight}{words.NBSP}% of shoppers"


def start(row: Release, freeze: Freeze, now: datetime) -> str:
    """Name the first day after a freeze."""
    return day_of(row, freeze.until or now, now)


def last(row: Release, freeze: Freeze, now: datetime) -> str:
    """Name the last day of a freeze."""
    zone = row.shop.zone
    return words.day(freezes.last_day(freeze.until or now, row.shop), now.astimezone(zone).date())


def yes_ends(row: Release, now: datetime) -> str:
    """Say that a yes would not last as long as the freeze."""
    return f"longer than a yes is good for ({day_of(row, row.expires_at or now, now)})"


def day_of(row: Release, moment: datetime, now: datetime) -> str:
    """Name the day of a moment on the shop's clock."""
    zone = row.shop.zone
    return words.day(moment.astimezone(zone).date(), now.astimezone(zone).date())
