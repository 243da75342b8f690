"""Tell that something which is shown gives more than it can have brought, before its budget is gone.

Looked at once a day, beside those who were shown nothing. Nothing stops by itself: what it costs is the merchant's to
bear or to end, and its budget bounds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import ceil, floor
from typing import Any

from pipelines import words
from pipelines.lifecycle.alerts import board
from pipelines.models import Alert, Measurement, Shop, own
from pipelines.stats import clock
from pipelines.usecases import USE_CASES
from pipelines.usecases.tills import Paying

METRIC, GIVEN = "paying", "paying_given"
COSTS, OPEN = "costs", "open"
NEXT_STEP = (
    "Stop it, or let it give less: from the day after you change its terms it is judged anew. "
    "Nothing else stops it but its budget, where it has one."
)


def look(shop: Shop, use_case: str, now: datetime) -> list[int]:
    """Judge what is shown, keep what was found for pages, and tell what costs; return what does."""
    running = own.till(use_case).names
    found = known(shop, use_case, now) if running(shop) else []
    # What was stopped or changed while this was worked out is told no more.
    names, changed = running(shop), own.till(use_case).since(shop)
    found = [each for each in found if each.id in names and changed.get(each.id, now) <= now]
    for each in found:
        keep(shop, use_case, each, now)
    costly = [each for each in found if each.costs]
    for each in costly:
        tell(shop, use_case, each, names, now)
    close_others(shop, use_case, costly, now)
    return [each.id for each in costly]


def known(shop: Shop, use_case: str, now: datetime) -> list[Paying]:
    """Work out what each takes to pay, and what it can have brought."""
    from pipelines.lifecycle.data import dataset  # pages read what was found, without frames

    case = USE_CASES[use_case]
    assert case.till
    facts = dataset.read(dataset.Source(shop, now), use_case)
    found: list[Paying] = case.function(case.till.paying)(facts)
    return found


def keep(shop: Shop, use_case: str, found: Paying, now: datetime) -> None:
    """Keep what was found on a day of the shop's, as the last look of it saw it."""
    whose: dict[str, Any] = {"shop": shop, "use_case": use_case, "version": None, "release": None}
    whose |= {"segment": str(found.id), "starts_at": clock.midnight(now.astimezone(shop.zone).date(), shop.zone)}
    figures: dict[str, Any] = {
        "value": found.needed,
        "low": found.low,
        "high": found.high,
        "n": found.orders,
        "ends_at": now,
    }
    figures["verdict"] = COSTS if found.costs else OPEN
    Measurement.objects.update_or_create(**whose, metric=METRIC, defaults=figures)
    given = {"value": found.given, "n": found.orders, "ends_at": now}
    Measurement.objects.update_or_create(**whose, metric=GIVEN, defaults=given)


def newest(shop: Shop, use_case: str, since: datetime) -> dict[int, Paying]:
    """Read again what the newest look since a moment found of each, on the terms that it has now."""
    mine = Measurement.objects.for_shop(shop).filter(
        use_case=use_case, metric__in=(METRIC, GIVEN), starts_at__gte=since
    )
    changed = own.till(use_case).since(shop)
    on_terms = (each for each in mine.order_by("starts_at") if each.ends_at > changed.get(int(each.segment), since))
    rows = {(each.metric, each.segment): each for each in on_terms}
    pairs = [(each, rows.get((GIVEN, segment))) for (metric, segment), each in rows.items() if metric == METRIC]
    return {int(each.segment): read(each, given) for each, given in pairs if given}


def read(row: Measurement, given: Measurement) -> Paying:
    """Read what was found again."""
    needed, low, high = (each or 0.0 for each in (row.value, row.low, row.high))
    return Paying(int(row.segment), row.n, round(given.value or 0), needed, low, high)


def tell(shop: Shop, use_case: str, found: Paying, names: Mapping[int, str], now: datetime) -> None:
    """Say what it gave, what that takes, and what can have come of it."""
    board.tell(
        shop,
        key_of(use_case, found.id),
        title=f"“{names[found.id]}” costs you more than it brings",
        text=told(found, shop.currency),
        next_step=NEXT_STEP,
        use_case=use_case,
        now=now,
    )


def told(found: Paying, currency: str) -> str:
    """Say how many orders it would have to have won for what it gave, and how many it can have."""
    given, needed = words.money(found.given, currency), words.number(max(1, ceil(found.needed)))
    orders = f"of the {words.counted(found.orders, 'order')} of shoppers who saw it"
    if found.needed > found.orders:
        return f"It gave {given}, more than all {orders} earned."
    low, high = (min(max(0.0, each), found.orders) for each in (found.low, found.high))
    if found.costs:
        return (
            f"It gave {given}. To be worth that, {needed} {orders} must be orders that you would not have had. "
            f"Beside shoppers who are shown none, it is {words.number(floor(high))} at most."
        )
    return (
        f"Worth what it gave if {needed} {orders} are orders that you would not have had; so far it is "
        f"{words.number(floor(low))} to {words.number(ceil(high))}."
    )


def key_of(use_case: str, number: int) -> str:
    """Name what is told of one thing that is shown."""
    return f"{board.COSTS}{use_case}:{number}"


def close_others(shop: Shop, use_case: str, costly: list[Paying], now: datetime) -> None:
    """Say that it is over of what runs no more, or is not known to cost any longer."""
    told = Alert.objects.for_shop(shop).filter(closed_at=None, key__startswith=f"{board.COSTS}{use_case}:")
    for key in told.exclude(key__in=[key_of(use_case, each.id) for each in costly]).values_list("key", flat=True):
        board.close(shop, key, now)
