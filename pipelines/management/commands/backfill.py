"""Import a shop's data now, here, and wait for it."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines.lifecycle.ingest import backfill
from pipelines.models import Shop, SyncRun


class Command(BaseCommand):
    help = "Import everything of one shop from Shopify, in this process."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shop", required=True, help="its myshopify.com domain")

    def handle(self, *args: Any, **options: Any) -> None:
        shop = Shop.objects.reachable().filter(domain=options["shop"]).first()
        if shop is None:
            raise CommandError(f"{options['shop']} has not installed the app, or its access has ended.")
        runs = backfill.run_to_the_end(backfill.import_everything(shop, "operator"), time.sleep)
        for run in runs:
            self.stdout.write(
                f"{run.kind}: {run.state}, {run.objects_done:,} lines, {run.rows_written:,} rows {run.error}"
            )
        if any(run.state == SyncRun.State.FAILED for run in runs):
            raise CommandError("at least one import failed")
