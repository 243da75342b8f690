"""What a freeze means for a release: it protects what runs from change, and holds nothing where nothing runs (P08)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Effect(StrEnum):
    """What a freeze does to a release."""

    NONE = "none"  # there is no freeze now
    NOTHING_TO_PROTECT = "nothing_to_protect"  # only the simple rule runs, and no shopper sees the use case
    LIFTED = "lifted"  # for this release, by somebody who may approve
    WAITS = "waits"  # goes on at the end of the freeze, by a yes that stands until then
    OUTLASTS = "outlasts"  # ends when a yes does, or later: the merchant is asked again


@dataclass(frozen=True)
class Protection:
    """What decides whether a freeze holds a use case of a shop: who would see a change, and what would be changed."""

    reaches_shoppers: bool = True
    something_runs: bool = True  # a version of ours, for everybody or for some

    @property
    def is_due(self) -> bool:
        """Tell whether there is anything to protect."""
        return self.reaches_shoppers or self.something_runs


def held_until(frozen_until: datetime | None, now: datetime, protection: Protection) -> datetime | None:
    """Give the end of the freeze that holds a release now; nothing where none does."""
    is_on = frozen_until is not None and frozen_until > now
    return frozen_until if is_on and protection.is_due else None


def effect(
    *, frozen_until: datetime | None, held: datetime | None, yes_until: datetime | None, is_protected: bool
) -> Effect:
    """Say what the shop's freeze does to a release whose yes is good until a moment.

    `frozen_until` counts every freeze of the shop, `held` only those that nobody lifted for this release.
    """
    if frozen_until is None:
        return Effect.NONE
    if not is_protected:
        return Effect.NOTHING_TO_PROTECT
    if held is None:
        return Effect.LIFTED
    return Effect.OUTLASTS if yes_until is not None and yes_until <= held else Effect.WAITS
