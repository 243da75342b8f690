"""See whether this process shares its artifacts with the others."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines.lifecycle.versions import place


class Command(BaseCommand):
    help = "Say whether this process sees the artifacts that the others see; exits 1 where it does not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--adopt", action="store_true", help="make this the storage of all from now on")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["adopt"]:
            place.adopt()
        why = place.trouble()
        if why:
            raise CommandError(f"{why} Run this with --adopt where this is the right place.")
        self.stdout.write(self.style.SUCCESS("This process sees the artifacts that all processes share."))
