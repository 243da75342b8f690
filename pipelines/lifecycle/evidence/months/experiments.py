"""What versions did to orders and sales in a month, by shoppers chosen at random alone."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pipelines import words
from pipelines.lifecycle.evidence import effects, weigh
from pipelines.lifecycle.evidence.months.claims import Asked, Claim, not_measured, ranged
from pipelines.models import EvidenceBlock, Release
from pipelines.stats.inference.intervals import MIN_ORDERS
from pipelines.stats.inference.significance import Interval
from pipelines.usecases import USE_CASES

ORDERS, REVENUE = "orders", "revenue"
NOBODY = "No shoppers were in an experiment this month."
RANDOM = "Shoppers chosen at random; the range holds however often one looks."


def claims(asked: Asked) -> list[Claim]:
    """Give two claims for each release that shoppers were split for: orders per visitor, and the sales of the month."""
    found = [claim for release in shown_in(asked) for claim in of_release(asked, release)]
    return found or [not_measured(ORDERS, "Orders and sales", "share", NOBODY)]


def shown_in(asked: Asked) -> list[Release]:
    """List the releases of which shoppers counted in the month."""
    blocks = EvidenceBlock.objects.for_shop(asked.shop).filter(
        release__use_case=asked.use_case, starts_at__gte=asked.starts_at, starts_at__lt=asked.ends_at
    )
    rows = Release.objects.for_shop(asked.shop).filter(pk__in=blocks.values("release"))
    return list(rows.select_related("version", "shop").order_by("pk"))


def of_release(asked: Asked, release: Release) -> list[Claim]:
    """Say what a release did, by everything known of it when the month ended."""
    rows = weigh.read([release])
    rows = rows[rows["starts"] < asked.ends_at.timestamp()]
    seen = int(rows.loc[rows["starts"] >= asked.starts_at.timestamp(), "canary_units"].sum())
    name = f"Version {release.version.number} beside the one before"
    effect, money = effects.of_orders(release, rows), sales_of(release, rows, seen)
    n = int(rows["canary_units"].sum() + rows["control_units"].sum())
    if effect is None or money is None:
        why = f"{words.counted(n, 'shopper')} so far; a range takes {MIN_ORDERS} orders on each side."
        return [not_measured(ORDERS, f"{name}: orders per shopper", "share", why, n=n, counted="shopper")]
    facts: dict[str, Any] = {"how": RANDOM, "n": n, "counted": "shopper"}
    return [
        Claim(ORDERS, f"{name}: orders per shopper", "share", **facts, **ranged(effect)),
        Claim(
            REVENUE, f"{name}: sales to those who saw it this month", "money",
            **facts, **ranged(money), is_counted=is_counted(asked.use_case), details={"saw_it": seen},
        ),
    ]  # fmt: skip


def is_counted(use_case: str) -> bool:
    """Tell whether these sales are added up: where shoppers are held out, theirs are the same and tell of all."""
    return not USE_CASES[use_case].hold_out


def sales_of(release: Release, rows: pd.DataFrame, seen: int) -> Interval | None:
    """Give what the shoppers who saw the version this month bought more, in minor units."""
    estimate = effects.of_revenue(rows)
    interval = estimate.interval(effects.planned_units(release)) if estimate else None
    return Interval(interval.value * seen, interval.low * seen, interval.high * seen) if interval else None
