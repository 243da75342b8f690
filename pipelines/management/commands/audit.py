"""Verify what can be verified: every shop's ledger chain with its signed heads, and the files of every version."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from pipelines.lifecycle.alerts import heads
from pipelines.management.shops import shop_named
from pipelines.models import LedgerHead, LifecycleEvent, Shop
from pipelines.ops.recovery.holds import breaches_of


class Command(BaseCommand):
    help = "Check ledgers, their signed heads and artifacts; exits 1 and names each breach. Changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shop", help="one shop's myshopify.com domain; all shops without it")
        parser.add_argument("--export", metavar="FILE", help="write the ledger of --shop to a file, as JSON lines")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["export"] and not options["shop"]:
            raise CommandError("An export is of one shop: name it with --shop.")
        shops = [shop_named(options["shop"])] if options["shop"] else list(Shop.objects.order_by("pk"))
        if options["export"]:
            self.export(shops[0], Path(options["export"]))
        breaches = [breach for shop in shops for breach in (*breaches_of(shop), *late(shop))]
        for breach in breaches:
            self.stderr.write(breach)
        if breaches:
            raise CommandError(f"{len(breaches)} breaches in {len(shops)} shops.")
        self.stdout.write(self.style.SUCCESS(f"{len(shops)} shops: every ledger and every artifact holds."))

    def export(self, shop: Shop, file: Path) -> None:
        """Write a shop's ledger; a file that exists stays as it is."""
        try:
            with file.open("x", encoding="utf-8") as lines:
                count = sum(bool(lines.write(json.dumps(line, sort_keys=True) + "\n")) for line in lines_of(shop))
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from None
        self.stdout.write(f"{count} lines of {shop} in {file}.")


def late(shop: Shop) -> list[str]:
    """Say where a signed head is overdue."""
    found = "" if shop.redacted_at else heads.overdue(shop, timezone.now())
    return [found] if found else []


def lines_of(shop: Shop) -> Iterator[dict[str, Any]]:
    """Yield every entry as the chain binds it, with its note unless that was erased, then every signed head."""
    for event in LifecycleEvent.objects.for_shop(shop).order_by("seq").select_related("note").in_pieces():
        yield {
            "seq": event.seq,
            "at": event.at.isoformat(),
            "kind": event.kind,
            "shop": event.shop_id,
            "use_case": event.use_case,
            "version": event.version_number,
            "release": event.release_id_seen,
            "by": event.by,
            "because": event.because,
            "details": event.details,
            "note": event.note.text if event.note else None,
            "previous": event.previous,
            "digest": event.digest,
        }
    for head in LedgerHead.objects.for_shop(shop).order_by("day"):
        yield {"head": heads.told(head)}
