"""Train one version; a container's entry point, so the exit code tells how it ended."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines.lifecycle.errors import StageError
from pipelines.management.shops import shop_named
from pipelines.models import ModelVersion
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import NotEnoughHistory

REFUSED, TOO_LITTLE_DATA, UNDECIDED = 3, 4, 5
EXIT: dict[str, int] = {ModelVersion.State.REFUSED: REFUSED, ModelVersion.State.UNDECIDED: UNDECIDED}


class Command(BaseCommand):
    help = (
        "Train, judge and propose one version. Exits 0 when it is validated, 3 when a check refused it, "
        "4 on stale, broken or too little data, 5 when it is undecided."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shop", required=True, help="the shop's myshopify.com domain")
        parser.add_argument("--use-case", required=True, choices=sorted(USE_CASES))

    def handle(self, *args: Any, **options: Any) -> None:
        from pipelines.lifecycle.errors import BadData, StaleData
        from pipelines.lifecycle.releases import propose
        from pipelines.lifecycle.versions import train, validate

        shop = shop_named(options["shop"])
        try:
            version = train.train_version(shop_id=shop.pk, use_case=options["use_case"], trigger="operator")
        except (NotEnoughHistory, StaleData, BadData) as error:
            raise CommandError(error.sentence, returncode=TOO_LITTLE_DATA) from None
        except StageError as error:
            raise CommandError(error.sentence) from None
        version = validate.validate_version(version)
        for gate in version.gates:
            self.stdout.write(f"{gate['verdict']:7} {gate['name']}: {gate['text']}")
        if version.may_be_released:
            propose.propose(version)
        if version.state != ModelVersion.State.VALIDATED:
            raise CommandError(f"Version {version.number} is {version.state}.", returncode=EXIT[version.state])
        self.stdout.write(self.style.SUCCESS(f"Version {version.number} is validated."))
