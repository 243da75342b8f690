"""Write one version as a folder that MLflow loads."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from pipelines.lifecycle.errors import StageError
from pipelines.management.shops import shop_named
from pipelines.models import ModelVersion
from pipelines.usecases import USE_CASES


class Command(BaseCommand):
    help = "Export a version as an MLflow model: mlflow.pyfunc.load_model(DIR) loads it anywhere, without this app."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shop", required=True, help="the shop's myshopify.com domain")
        parser.add_argument("--use-case", required=True, choices=sorted(USE_CASES))
        parser.add_argument("--number", required=True, type=int, help="the version's number")
        parser.add_argument("--to", required=True, type=Path, metavar="DIR", help="a folder that does not exist yet")

    def handle(self, *args: Any, **options: Any) -> None:
        from pipelines.lifecycle.versions import mlflow_export

        shop = shop_named(options["shop"])
        mine = ModelVersion.objects.for_shop(shop).select_related("dataset", "shop")
        version = mine.filter(use_case=options["use_case"], number=options["number"]).first()
        if version is None:
            raise CommandError(f"{shop} has no version {options['number']} of {options['use_case']}.")
        try:
            mlflow_export.export(version, options["to"], now=timezone.now())
        except (StageError, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(self.style.SUCCESS(f"{version} is in {options['to']}."))
