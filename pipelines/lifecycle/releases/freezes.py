"""Times in which nothing moves forward, set by the merchant or proposed from the calendar. A rollback goes through.

A freeze protects what runs: where only the simple rule runs and no shopper sees the use case, it holds nothing. Who may
approve may lift a freeze that the calendar proposed for one release, and any freeze for a version that was trained
because what runs no longer fits: accuracy counts most when most is sold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from pipelines.lifecycle.errors import Refused
from pipelines.models import Deployment, FreezeWindow, LifecycleEvent, Release, Shop, ShopSettings
from pipelines.models.prepared import prepared
from pipelines.stats import calendar
from pipelines.strategies import freezing
from pipelines.strategies.freezing import Effect, Protection
from pipelines.usecases import USE_CASES

State = FreezeWindow.State
HELD = (Effect.WAITS, Effect.OUTLASTS)
GOOD_UNTIL = (Release.Phase.AWAITING_APPROVAL, Release.Phase.SCHEDULED)
NOTHING_TO_LIFT = "No freeze that can be lifted for this version holds it. Nothing was done."


@dataclass(frozen=True)
class Freeze:
    """What the shop's freeze means for one release now."""

    effect: Effect
    name: str = ""
    window_id: int | None = None
    until: datetime | None = None
    may_be_lifted: bool = False

    @property
    def holds(self) -> bool:
        """Tell whether the release waits for the end of the freeze."""
        return self.effect in HELD


def standing(shop: Shop | int) -> QuerySet[FreezeWindow]:
    """Keep the freezes that hold: set by somebody, or proposed and not dismissed."""
    return FreezeWindow.objects.for_shop(shop).exclude(state=State.DISMISSED)


def standing_now(now: datetime) -> QuerySet[FreezeWindow]:
    """Keep the freezes of all shops that hold at this moment."""
    return FreezeWindow.objects.filter(starts_at__lte=now, ends_at__gt=now).exclude(state=State.DISMISSED)


@prepared
def windows_ahead(shop: Shop | int, now: datetime) -> QuerySet[FreezeWindow]:
    """List the freezes that are not over, the first one first."""
    return standing(shop).filter(ends_at__gt=now).order_by("starts_at", "pk")


def windows_on(shop: Shop | int, now: datetime) -> list[FreezeWindow]:
    """List the freezes that hold now, and those that follow without a gap, the first one first."""
    return without_a_gap(windows_ahead(shop, now), now)


def without_a_gap(ahead: list[FreezeWindow], now: datetime) -> list[FreezeWindow]:
    """Keep of freezes in their order what holds now, and what follows it at once."""
    until = calendar.frozen_until([(window.starts_at, window.ends_at) for window in ahead], now)
    return [window for window in ahead if until and window.starts_at < until]


def end_of(windows: list[FreezeWindow], now: datetime) -> datetime | None:
    """Return when a set of freezes that holds now is over; nothing where none of them holds."""
    return calendar.frozen_until([(window.starts_at, window.ends_at) for window in windows], now)


def held_until(row: Release, now: datetime) -> datetime | None:
    """Return when the freezes end that nobody lifted for a release."""
    return end_of(unlifted(windows_on(row.shop_id, now), row.lifted), now)


def unlifted(windows: list[FreezeWindow], lifted: list[str]) -> list[FreezeWindow]:
    """Leave out what was lifted; a proposal that somebody kept since is a proposal no more, and holds again."""
    return [window for window in windows if window.handle not in lifted]


def liftable(row: Release, window: FreezeWindow) -> bool:
    """Tell whether a freeze may be lifted for a release: the calendar's, or any where what runs no longer fits."""
    return window.is_proposal or bool(row.cause)


def protection_of(use_case: str, pointer: Deployment | None) -> Protection:
    """Say what there is to protect: whether shoppers see a change, and whether a version of ours runs."""
    runs = pointer is not None and (pointer.active_id is not None or pointer.canary_id is not None)
    known = USE_CASES.get(use_case)  # of a use case that is no more, nobody knows who sees it
    return Protection(reaches_shoppers=known is None or known.reaches_shoppers, something_runs=runs)


def of(row: Release, now: datetime) -> Freeze:
    """Say what the shop's freeze means for a release."""
    windows = windows_on(row.shop_id, now)
    if not windows:
        return Freeze(Effect.NONE)
    pointer = Deployment.objects.for_shop(row.shop_id).filter(use_case=row.use_case).first()
    is_protected = protection_of(row.use_case, pointer).is_due
    until, held = end_of(windows, now), end_of(unlifted(windows, row.lifted), now)
    effect = freezing.effect(frozen_until=until, held=held, yes_until=yes_until(row, now), is_protected=is_protected)
    holds = effect in HELD
    mine = unlifted(windows, row.lifted) if holds else windows
    stands = end_of([window for window in mine if not liftable(row, window)], now) is not None
    return Freeze(effect, mine[0].name, mine[0].pk, held if holds else until, may_be_lifted=holds and not stands)


def yes_until(row: Release, now: datetime) -> datetime | None:
    """Return until when a yes to a release would be good; nothing where a yes was used up by showing it."""
    if row.phase in GOOD_UNTIL:
        return row.expires_at
    return None if row.exposed_at else now + ShopSettings.of(row.shop_id).approval_lifetime


def last_day(until: datetime, shop: Shop) -> date:
    """Return the last day of a freeze on the shop's clock: its end is the midnight after it."""
    return (until - timedelta(microseconds=1)).astimezone(shop.zone).date()


def lift(row: Release, *, by: str, revision: int, now: datetime) -> Freeze:
    """Let a release move in a freeze, because somebody who may approve said so."""
    with transaction.atomic():
        Shop.objects.lock(row.shop_id)
        freeze = of(row, now)
        if row.revision != revision or not row.is_open or not freeze.may_be_lifted:
            raise Refused(NOTHING_TO_LIFT)
        mine = [window.handle for window in windows_on(row.shop_id, now) if liftable(row, window)]
        if not row.enter(row.phase, entered_at=row.entered_at, lifted=sorted({*row.lifted, *mine})):
            raise Refused(NOTHING_TO_LIFT)
        LifecycleEvent.record(
            row.shop,
            "freeze.lifted",
            by=by,
            because=freeze.name,
            use_case=row.use_case,
            version_number=row.version.number,
            release_id_seen=row.pk,
            lifted=mine,
        )
    return freeze


def propose(shop: Shop, now: datetime) -> int:
    """Write the calendar's next freezes down, each once: it holds until the merchant dismisses it."""
    made = 0
    for proposal in calendar.proposed(now, shop.zone):
        made += FreezeWindow.objects.get_or_create(
            shop=shop,
            key=proposal.key,
            defaults={
                "name": proposal.name,
                "starts_at": proposal.starts_at,
                "ends_at": proposal.ends_at,
                "source": "calendar",
                "state": State.PROPOSED,
            },
        )[1]
    return made


def add(shop: Shop, *, name: str, starts_at: datetime, ends_at: datetime, by: str) -> FreezeWindow:
    """Set a freeze."""
    if ends_at <= starts_at:
        raise Refused("A freeze must end after it begins.")
    if ends_at <= timezone.now():
        raise Refused("This freeze is over already. Nothing was set.")
    with transaction.atomic():
        Shop.objects.lock(shop)
        window = FreezeWindow.objects.create(shop=shop, name=name, starts_at=starts_at, ends_at=ends_at)
        record(window, "freeze.set", by)
    return window


def settle(window: FreezeWindow, *, keeps: bool, by: str) -> bool:
    """Keep or dismiss a freeze; False when that is how it was already."""
    state = State.SET if keeps else State.DISMISSED
    with transaction.atomic():
        Shop.objects.lock(window.shop_id)
        if not FreezeWindow.objects.filter(pk=window.pk).exclude(state=state).update(state=state):
            return False
        record(window, "freeze.set" if keeps else "freeze.dismissed", by)
    return True


def record(window: FreezeWindow, kind: str, by: str) -> None:
    """Write a freeze into the ledger."""
    until = {"starts_at": window.starts_at.isoformat(), "ends_at": window.ends_at.isoformat()}
    LifecycleEvent.record(window.shop, kind, by=by, because=window.name, **until)
