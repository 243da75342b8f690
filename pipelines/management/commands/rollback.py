"""Take away what shoppers see newest: a canary while one runs, else the live version."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines.lifecycle.errors import StageError
from pipelines.lifecycle.releases import rollback
from pipelines.management.shops import add_operator, add_place, operator, shop_named
from pipelines.models import Deployment, ModelVersion, Release


class Command(BaseCommand):
    help = "Take the newest version that shoppers see away; prints first where the shop goes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_place(parser)
        add_operator(parser)
        parser.add_argument("--because", required=True, help="why, for the ledger and the merchant")
        parser.add_argument("--harmed", action="store_true", help="it did harm: bar it for good")
        parser.add_argument("--yes", action="store_true", help="also where much money depends on the version")

    def handle(self, *args: Any, **options: Any) -> None:
        from pipelines.jobs.releases import serve

        shop = shop_named(options["shop"])
        deployment = Deployment.of(shop, options["use_case"])
        why = {"by": operator(options), "because": options["because"], "quarantines": options["harmed"]}
        row = Release.under_way(shop, options["use_case"])
        try:
            if row and row.weight:
                told = self.abort(row, deployment, why)
            else:
                told = self.roll_back(deployment, why, is_sure=options["yes"])
        except StageError as error:
            raise CommandError(error.sentence) from None
        serve(shop.pk, options["use_case"])
        self.stdout.write(self.style.SUCCESS(told))

    def abort(self, row: Release, deployment: Deployment, why: dict[str, Any]) -> str:
        """Take a canary away; what is live goes on."""
        live = name_of(deployment.active)
        self.stdout.write(f"Version {row.version.number} leaves the {row.weight} % who see it: {live} goes on for all.")
        rollback.abort(row, **why)
        return f"{live} is live for everybody."

    def roll_back(self, deployment: Deployment, why: dict[str, Any], *, is_sure: bool) -> str:
        """Go back from what is live."""
        if deployment.active:
            self.stdout.write(f"{name_of(deployment.active)} gives way to: {name_of(rollback.target_of(deployment))}.")
        if rollback.word_to_type(deployment) and not is_sure:
            raise CommandError("Much money depends on this version. Nothing was done; to go back, add --yes.")
        target = rollback.roll_back(deployment, revision=deployment.revision, **why)
        return f"{name_of(target)} is live."


def name_of(version: ModelVersion | None) -> str:
    """Name what runs."""
    return f"Version {version.number}" if version else "The simple rule"
