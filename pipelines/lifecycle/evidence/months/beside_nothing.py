"""What a model added in a month, by the shoppers of its hold-out alone: the only sales that are called added."""

from __future__ import annotations

from typing import Any

from pipelines import words
from pipelines.lifecycle.evidence.hold_out import effect
from pipelines.lifecycle.evidence.hold_out.effect import HELD_OUT, SHOWN, Known
from pipelines.lifecycle.evidence.months.claims import Asked, Claim, not_measured, ranged
from pipelines.models import HoldOut
from pipelines.stats.inference.intervals import MIN_ORDERS
from pipelines.usecases import USE_CASES

ORDERS, REVENUE = "orders", "revenue"
NAME = "Beside showing nothing"
NOBODY = "No shoppers were shown nothing this month, so nobody can say what it adds."
RANDOM = (
    "Shoppers drawn at random, for good; first orders within 24 hours of being first seen, since {since}. "
    "The range holds however often one looks."
)


def claims(asked: Asked) -> list[Claim]:
    """Give two claims where shoppers can be held out: orders per shopper, and the sales that were added."""
    if not USE_CASES[asked.use_case].hold_out:
        return []
    row = HoldOut.objects.for_shop(asked.shop).filter(use_case=asked.use_case).first()
    first, after = (moment.astimezone(asked.shop.zone).date() for moment in (asked.starts_at, asked.ends_at))
    seen = effect.known(row, after) if row else None
    of_month = Known(seen.rows[seen.rows["day"] >= effect.number(first)]) if seen else None
    if seen is None or of_month is None or not of_month.units(HELD_OUT):
        return [not_measured(ORDERS, f"{NAME}: orders per shopper", "share", NOBODY)]
    return of_month_of(seen, of_month.units(SHOWN))


def of_month_of(seen: Known, shown: int) -> list[Claim]:
    """Claim by all that was known when the month ended, for those who were first shown something in it."""
    orders, money = seen.more_orders(), seen.more_money()
    n = seen.units(HELD_OUT) + seen.units(SHOWN)
    if orders is None or money is None:
        few = words.counted(seen.orders(HELD_OUT), "order")
        why = f"{few} so far of shoppers who were shown nothing; a range takes {MIN_ORDERS} on each side."
        return [not_measured(ORDERS, f"{NAME}: orders per shopper", "share", why, n=n, counted="shopper")]
    first, last = (effect.day(int(each)) for each in (seen.rows["day"].min(), seen.rows["day"].max()))
    since = words.short_day(first, last)
    facts: dict[str, Any] = {"how": RANDOM.format(since=since), "n": n, "counted": "shopper"}
    arms = {arm: {"units": seen.units(arm), "orders": seen.orders(arm)} for arm in (HELD_OUT, SHOWN)}
    added = ranged(effect.times(money, shown))
    return [
        Claim(ORDERS, f"{NAME}: orders per shopper", "share", **facts, **ranged(orders), details=arms),
        Claim(
            REVENUE, f"{NAME}: sales to those who first saw it this month", "money",
            **facts, **added, is_counted=True, details={"saw_it": shown} | arms,
        ),
    ]  # fmt: skip
