"""What the errors of what ran cost in a month beside the simple rule's, on the same days and units."""

from __future__ import annotations

from datetime import date
from typing import Any

from pipelines import words
from pipelines.lifecycle.evidence import decay
from pipelines.lifecycle.evidence.months.claims import Asked, Claim, not_measured, ranged
from pipelines.models import Measurement
from pipelines.stats.inference import days
from pipelines.usecases import USE_CASES

ERRORS, ORDERS = "errors", "orders"
UNIT = "usual day"


def claims(asked: Asked) -> list[Claim]:
    """Give the claim in money; what orders did is not measured where no shopper can be split."""
    case = USE_CASES[asked.use_case]
    return [errors(asked), not_measured(ORDERS, "Orders and sales", "share", case.words.not_split)]


def errors(asked: Asked) -> Claim:
    """Claim what the errors of the versions that ran cost less than the simple rule's, over the usual days."""
    case = USE_CASES[asked.use_case]
    title = f"What errors cost, against {case.words.simple_rule}"
    known = differences(asked)
    usual = {day: saved for day, saved in known.items() if day not in asked.apart}
    facts: dict[str, Any] = {"n": len(usual), "counted": UNIT}
    total = days.total_of(list(usual.values()))
    if total is None:
        return not_measured(ERRORS, title, "money", too_few(len(asked.live), len(usual)), **facts)
    details = {
        "apart_days": len(known) - len(usual),
        "apart": sum(known.values()) - sum(usual.values()),
        "daily": [[day.isoformat(), round(saved)] for day, saved in sorted(known.items())],
    }
    return Claim(
        ERRORS, title, "money", how(case.words.units, case.words.page.errors_weigh, details),
        **ranged(total), **facts, is_counted=True, details=details,
    )  # fmt: skip


def differences(asked: Asked) -> dict[date, float]:
    """Read what each day's version saved against the simple rule."""
    mine = Measurement.objects.for_shop(asked.shop).filter(use_case=asked.use_case, metric=decay.DAILY, release=None)
    month = mine.filter(starts_at__gte=asked.starts_at, starts_at__lt=asked.ends_at, value__isnull=False)
    found: dict[date, float] = {}
    for at, version, value in month.values_list("starts_at", "version_id", "value"):
        day = at.astimezone(asked.shop.zone).date()
        if value is not None and asked.live.get(day) == version:
            found[day] = -value
    return found


def too_few(live: int, usual: int) -> str:
    """Say why no range can be given."""
    if not live:
        return "No version of ours was live this month."
    return f"{words.counted(usual, UNIT)} could be judged; a range takes {days.LEAST_DAYS}."


def how(units: str, weigh: str, details: dict[str, Any]) -> str:
    """Say on what the claim stands."""
    told = [f"Both answered for the same {units} on the same days, priced at your margins.", weigh]
    if details["apart_days"]:
        told.append(f"{words.counted(details['apart_days'], 'day')} of freezes or events left out.")
    return " ".join(filter(None, told))
