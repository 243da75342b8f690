"""Take many shops through a night, on a database and queues of their own."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Makes a fleet of shops and takes it through a night; the last line on stdout is JSON (benchmark fleet)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shops", type=int, default=1_000)
        parser.add_argument("--trainers", type=int, default=2, help="processes that train")
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:
        wishes = {name: options[name] for name in ("shops", "trainers", "seed")}
        call_command("benchmark", "fleet", stdout=self.stdout, stderr=self.stderr, **wishes)
