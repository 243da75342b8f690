"""Put a month's report together: every figure with what it counts, every claim with its mark; plain data comes out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Sum

from pipelines.lifecycle.evidence import kinds
from pipelines.lifecycle.evidence.months.claims import Asked, Claim
from pipelines.lifecycle.releases import what_ran
from pipelines.lifecycle.results import accuracy, alarms, cost, counts, delivery, rollbacks, telling, uptime, worth
from pipelines.lifecycle.results.months import Month, Named, apart
from pipelines.models import ModelVersion, Order, Shop
from pipelines.stats import clock
from pipelines.usecases import USE_CASES


def report(shop: Shop, month: Month, now: datetime) -> dict[str, Any]:
    """Work out everything that a month's report says, as it is known now."""
    named, until = apart(shop, month), min(now, month.ends_at)
    days_apart = frozenset(day for each in named for day in each.days)
    each = {slug: asked_of(shop, slug, month, days_apart) for slug in USE_CASES}
    claims = [told(slug, claim) for slug, asked in each.items() for claim in of_model(asked)]
    spent = cost.of_month(shop, month)
    figures = {
        "month": month.first.isoformat(),
        "since": max(month.starts_at, shop.installed_at or month.starts_at).astimezone(shop.zone).date().isoformat(),
        "until": until.isoformat(),
        "currency": shop.currency,
        "shop": sold(shop, month),
        "apart": [as_dict(each) for each in named],
        "claims": claims,
        "near": [about(slug, found) for slug, asked in each.items() if (found := accuracy.of_28_days(asked))],
        "proven": worth.proven(claims),
        "verdict": worth.verdict(claims, spent["minor"]),
        "cost": spent,
        "versions": counts.versions(shop, month),
        "uptime": uptime.of_month(shop, month, until),
        "alarms": alarms.of_month(shop, month),
        "delivery": delivery.until(shop, until),
    }
    return figures | {"said": telling.said(figures)}


def of_model(asked: Asked) -> list[Claim]:
    """Claim what one model brought: accuracy, then what its kind of evidence tells, then each way back."""
    return [accuracy.claim(asked), *kinds.of(asked.use_case).month(asked), *rollbacks.claims(asked)]


def about(use_case: str, found: dict[str, Any]) -> dict[str, Any]:
    """Put how near its answers came beside whose they are."""
    case = USE_CASES[use_case]
    return found | {"title": case.title, "simple_rule": case.words.simple_rule, "units": case.words.units}


def told(use_case: str, claim: Claim) -> dict[str, Any]:
    """Put a claim beside whose it is."""
    return {"use_case": use_case, "about": USE_CASES[use_case].title} | claim.as_dict()


def asked_of(shop: Shop, use_case: str, month: Month, days_apart: frozenset[date]) -> Asked:
    """Say which month of which model is asked for."""
    return Asked(shop, use_case, month.starts_at, month.ends_at, days_apart, live_on(shop, use_case, month))


def live_on(shop: Shop, use_case: str, month: Month) -> dict[date, int]:
    """Say which version ran when each day began, by the ledger; days of the simple rule are left out."""
    spans = what_ran.history(shop, use_case)
    mine = ModelVersion.objects.for_shop(shop).filter(use_case=use_case)
    keys = dict(mine.values_list("number", "pk"))
    numbers = {
        day: next(span for span in spans if span.covers(clock.midnight(day, month.zone))).version for day in month.days
    }
    return {day: keys[number] for day, number in numbers.items() if number in keys}


def sold(shop: Shop, month: Month) -> dict[str, int]:
    """Count the month's orders that stand, and what they brought after refunds."""
    stands = {"cancelled_at": None, "deleted_at": None, "is_test": False}
    mine = Order.objects.for_shop(shop).filter(processed_at__gte=month.starts_at, processed_at__lt=month.ends_at)
    found = mine.filter(**stands).aggregate(n=Count("*"), minor=Sum(F("total_minor") - F("refunded_minor")))
    return {"orders": found["n"], "sales_minor": int(found["minor"] or 0)}


def as_dict(named: Named) -> dict[str, Any]:
    """Give days that are no usual ones as plain data."""
    first, last = min(named.days), max(named.days)
    return {"name": named.name, "first": first.isoformat(), "last": last.isoformat(), "days": len(named.days)}
