"""Follow one of Shopify's deliveries to the job that applied it and the versions that learned from it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines.lifecycle.versions import traced


class Command(BaseCommand):
    help = "Say which job applied a delivery and which versions learned from it, as JSON lines. Changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="a request's id from the log, or Shopify's number of the webhook")

    def handle(self, *args: Any, **options: Any) -> None:
        lines = [json.dumps(line) for line in traced.deliveries(options["name"])]
        if not lines:
            raise CommandError(f"No delivery is known by {options['name']}.")
        self.stdout.write("\n".join(lines))
