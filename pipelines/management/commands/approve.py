"""Say yes by an operator: `release approve` under the name that a runbook looks for."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from pipelines.management.shops import add_operator, add_place


class Command(BaseCommand):
    help = "Approve the release that waits for a decision. What is not proven only the merchant can approve."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_place(parser)
        add_operator(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        asked = {name: options[name] for name in ("shop", "use_case", "by")}
        call_command("release", "approve", stdout=self.stdout, skip_checks=True, **asked)
