"""Who is held out of a use case: by a seed of the shop's own that never changes, and a share that may be changed.

It is drawn before any arm of any release, so what is left is bucketed as if nobody had been held out. Standard library,
and no statement while a visitor waits: the draw comes with the pointers, sights are appended many at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from pipelines.lifecycle.errors import Refused
from pipelines.models import HoldOut, HoldOutShare, LifecycleEvent, Publication, Shop
from pipelines.models.ledger import Noted
from pipelines.records import record
from pipelines.stats import assignment, clock
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import UseCase

PERCENTS = (0, 5, 10, 20)
NOT_ALLOWED = "Nobody can be held out of this model. Nothing was saved."
NO_SHARE = "The hold-out can be {choices} of 100 shoppers. Nothing was saved."

# The first sight stands for as long as it is kept: a unit counts once, under the share that held then.
SEE = """
    INSERT INTO pipelines_holdoutsight (shop_id, hold_out_id, share_id, unit, is_held_out, first_at)
    SELECT DISTINCT ON (t.hold_out, t.unit) t.shop, t.hold_out, t.share, decode(t.unit, 'hex'), t.is_held_out, t.at
    FROM json_to_recordset(%s::json) AS t(
        shop bigint, hold_out bigint, share bigint, unit text, is_held_out boolean, at timestamptz)
    JOIN pipelines_holdoutshare s ON s.id = t.share AND s.hold_out_id = t.hold_out AND s.shop_id = t.shop
    ORDER BY t.hold_out, t.unit, t.at
    ON CONFLICT (hold_out_id, unit) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Draw:
    """By what is known whether a unit is held out."""

    hold_out: int
    seed: str
    share: int  # id of the share that holds
    percent: int

    def takes(self, unit: bytes) -> bool:
        """Tell whether a unit is shown nothing."""
        return self.percent > 0 and assignment.holds_out(self.seed, unit.hex(), self.percent / 100)


@record(frozen=True, slots=True)
class Sight:
    """That a unit was seen where it is shown something, or held out; of several the first stands."""

    shop: int
    hold_out: int
    share: int
    unit: str
    is_held_out: bool
    at: datetime


def sight(shop: int, draw: Draw | None, unit: bytes, *, is_held_out: bool, at: datetime) -> Sight | None:
    """Return what is written down of a unit, where somebody is held out to compare with."""
    if draw is None or not draw.percent:
        return None
    return Sight(shop, draw.hold_out, draw.share, unit.hex(), is_held_out, at)


# The seed and the share


def usual_percent(case: UseCase) -> int:
    """Return the share that holds until the merchant chooses another, of a hundred; 0: nobody may be held out."""
    return round(100 * case.hold_out)


def choices(case: UseCase) -> list[int]:
    """List the shares that a merchant may choose."""
    return sorted({*PERCENTS, usual_percent(case)})


def allowed() -> list[UseCase]:
    """List the use cases of which somebody may be held out."""
    return [case for case in USE_CASES.values() if usual_percent(case)]


def of(shop: Shop, use_case: str) -> Draw | None:
    """Return who is held out, drawn now if nobody ever was; nothing where the use case holds nobody out."""
    case = USE_CASES[use_case]
    if not usual_percent(case):
        return None
    row = row_of(shop, case)
    share = current(row)
    return Draw(row.pk, row.seed, share.pk, share.percent)


def row_of(shop: Shop, case: UseCase) -> HoldOut:
    """Return a shop's hold-out of a use case that has them."""
    return HoldOut.objects.for_shop(shop).filter(use_case=case.slug).first() or begin(shop, case)


def current(row: HoldOut) -> HoldOutShare:
    """Return the share that holds."""
    return row.shares.latest("since", "pk")


def begin(shop: Shop, case: UseCase) -> HoldOut:
    """Draw the seed of a shop, once, with the usual share."""
    now, percent = timezone.now(), usual_percent(case)
    times = {"made_at": now, "counted_until": clock.day_of(now, shop.zone).starts_at}
    with transaction.atomic():
        Shop.objects.lock(shop)
        row, is_new = HoldOut.objects.get_or_create(shop=shop, use_case=case.slug, defaults=times)
        if is_new:
            HoldOutShare.objects.create(shop=shop, hold_out=row, percent=percent, since=now)
            Publication.ask(shop, case.slug)  # a page that says otherwise is believed of nobody
            told: dict[str, Any] = {"use_case": case.slug, "percent": percent}
            because = "Who is shown nothing was drawn, for ever"
            LifecycleEvent.record(shop, "hold_out.drawn", by="system", because=because, **told)
    return row


def begin_where_missing() -> list[tuple[int, str]]:
    """Draw a seed wherever a use case holds somebody out and none was drawn yet; return of which shops and models."""
    begun = []
    for case in allowed():
        drawn = HoldOut.objects.filter(use_case=case.slug).values("shop")
        for shop in Shop.objects.installed().exclude(pk__in=drawn):
            begin(shop, case)
            begun.append((shop.pk, case.slug))
    return begun


@dataclass(frozen=True)
class Chosen:
    """The share that a merchant chose; `preferences.say` writes it down."""

    use_case: str
    percent: int

    def keep(self, shop: Shop, *, by: str) -> Noted | None:
        """Let the share hold from now on; whoever was seen before stays counted as they were."""
        case = USE_CASES.get(self.use_case)
        if case is None or not usual_percent(case):
            raise Refused(NOT_ALLOWED)
        if self.percent not in choices(case):
            raise Refused(NO_SHARE.format(choices=", ".join(map(str, choices(case)))))
        row = HoldOut.objects.select_for_update().get(pk=row_of(shop, case).pk)
        was = current(row)
        if was.percent == self.percent:
            return None
        since = max(timezone.now(), was.since + timedelta(microseconds=1))  # also where a clock stands still
        HoldOutShare.objects.create(shop=shop, hold_out=row, percent=self.percent, since=since)
        Publication.ask(shop, case.slug)
        facts: dict[str, Any] = {"use_case": case.slug, "was": was.percent, "percent": self.percent}
        return Noted("hold_out.changed", "How many shoppers are shown nothing was changed", facts)
