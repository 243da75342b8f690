"""Release a version by an operator, under the merchant's own rules."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines.lifecycle import approval, release
from pipelines.lifecycle.errors import StageError
from pipelines.management.shops import shop_named
from pipelines.usecases import USE_CASES


class Command(BaseCommand):
    help = "Approve the release that waits for a decision. What is not proven only the merchant can promote."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shop", required=True, help="the shop's myshopify.com domain")
        parser.add_argument("--use-case", required=True, choices=sorted(USE_CASES))
        parser.add_argument("--by", required=True, help="your name, for the ledger")

    def handle(self, *args: Any, **options: Any) -> None:
        from pipelines.jobs.training import refresh

        shop = shop_named(options["shop"])
        waiting = release.open_release(shop, options["use_case"])
        if waiting is None:
            raise CommandError("No release waits for a decision.")
        try:
            approval.approve(
                waiting,
                sub=approval.OPERATOR + options["by"],
                artifact_digest=waiting.version.artifact_digest,
                evidence_digest=waiting.evidence_digest,
                revision=waiting.revision,
            )
        except StageError as error:
            raise CommandError(error.sentence) from None
        refresh.enqueue(shop.pk, options["use_case"])
        self.stdout.write(self.style.SUCCESS(f"Version {waiting.version.number} is live."))
