"""Verify what can be verified: every shop's ledger chain, and the files of every version that may run."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines.lifecycle import artifacts
from pipelines.lifecycle.errors import ArtifactRefused
from pipelines.management.shops import shop_named
from pipelines.models import LifecycleEvent, ModelVersion, Shop


class Command(BaseCommand):
    help = "Check ledgers and artifacts; exits 1 and names each breach. Changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shop", help="one shop's myshopify.com domain; all shops without it")

    def handle(self, *args: Any, **options: Any) -> None:
        shops = [shop_named(options["shop"])] if options["shop"] else list(Shop.objects.order_by("pk"))
        breaches = [breach for shop in shops for breach in breaches_of(shop)]
        for breach in breaches:
            self.stderr.write(breach)
        if breaches:
            raise CommandError(f"{len(breaches)} breaches in {len(shops)} shops.")
        self.stdout.write(self.style.SUCCESS(f"{len(shops)} shops: every ledger and every artifact holds."))


def breaches_of(shop: Shop) -> list[str]:
    """Name everything of a shop that is not as it was recorded."""
    found = []
    broken_at = LifecycleEvent.broken_at(shop)
    if broken_at is not None:
        found.append(f"{shop}: the ledger does not hold at entry {broken_at}.")
    for version in ModelVersion.objects.for_shop(shop).exclude(state=ModelVersion.State.QUARANTINED):
        try:
            artifacts.load(version)
        except ArtifactRefused as refusal:
            found.append(f"{shop}: {refusal.sentence}")
    return found
