"""Say what ran at a moment of the past: which version of each use case, who approved it, and on what evidence."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from pipelines.lifecycle.releases.what_ran import Ran, evidence_on, what_ran
from pipelines.management.shops import shop_named
from pipelines.models import Shop
from pipelines.usecases import USE_CASES


class Command(BaseCommand):
    help = "Say which version of each use case ran at a moment, who approved it and on what evidence, as JSON lines."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shop", required=True, help="the shop's myshopify.com domain")
        parser.add_argument("--at", help="a moment on the shop's clock, like 2026-11-27T17:00; now without it")

    def handle(self, *args: Any, **options: Any) -> None:
        shop = shop_named(options["shop"])
        moment = moment_of(options["at"], shop) if options["at"] else timezone.now()
        for use_case in USE_CASES:
            self.stdout.write(json.dumps(told(shop, what_ran(shop, use_case, moment), moment)))


def moment_of(text: str, shop: Shop) -> datetime:
    """Read a moment on the shop's clock unless it names a zone; a day alone is its beginning."""
    try:
        moment = parse_datetime(text)
        day = None if moment else parse_date(text)
    except ValueError:
        moment = day = None
    if moment is None and day is None:
        raise CommandError(f"“{text}” is no moment; write it like 2026-11-27T17:00.")
    moment = moment or datetime(day.year, day.month, day.day)  # type: ignore[union-attr]
    return moment if moment.tzinfo else moment.replace(tzinfo=shop.zone)


def told(shop: Shop, ran: Ran, moment: datetime) -> dict[str, Any]:
    """Write one answer with everything that it rests on."""
    return {
        "use_case": ran.use_case,
        "at": moment.isoformat(),
        "version": ran.version,
        "since": ran.since.isoformat() if ran.since else None,
        "until": ran.until.isoformat() if ran.until else None,
        "because": ran.because,
        "approved": [
            {"by": given.by, "at": given.at.isoformat(), "evidence_digest": given.evidence_digest}
            for given in ran.approvals
        ],
        "evidence": evidence_on(shop, ran),
    }
