"""Roll back by an operator: to the version that ran before, else to the simple rule."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines.lifecycle import approval, release, rollback
from pipelines.lifecycle.errors import StageError
from pipelines.management.shops import shop_named
from pipelines.usecases import USE_CASES


class Command(BaseCommand):
    help = "Take the live version away and bar it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shop", required=True, help="the shop's myshopify.com domain")
        parser.add_argument("--use-case", required=True, choices=sorted(USE_CASES))
        parser.add_argument("--by", required=True, help="your name, for the ledger")
        parser.add_argument("--because", required=True, help="why, for the ledger and the merchant")

    def handle(self, *args: Any, **options: Any) -> None:
        from pipelines.jobs.training import refresh

        shop = shop_named(options["shop"])
        deployment = release.deployment_of(shop, options["use_case"])
        try:
            target = rollback.roll_back(
                deployment,
                by=approval.OPERATOR + options["by"],
                because=options["because"],
                revision=deployment.revision,
            )
        except StageError as error:
            raise CommandError(error.sentence) from None
        refresh.enqueue(shop.pk, options["use_case"])
        self.stdout.write(self.style.SUCCESS(f"{target or 'The simple rule'} is live."))
