"""Measure one claim beside its reference; ends with one line of JSON on stdout."""

import importlib
import json
import pkgutil
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines.ops import benchmarks


class Command(BaseCommand):
    help = "Measure one claim beside its reference: ingest, accuracy, orders, pages and so on."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__))
        parser.add_argument("name", choices=names)
        parser.add_argument("--data", help="folder of demand panels (accuracy) or of starts of the game (orders)")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--full", action="store_true", help="more draws, for an hour or so (evidence)")

    def handle(self, *args: Any, **options: Any) -> None:
        module = importlib.import_module(f"pipelines.ops.benchmarks.{options['name']}")
        checks = module.run(options, lambda text: self.stderr.write(text))
        ok = all(check.ok for check in checks)
        result = {"benchmark": options["name"], "checks": [check.as_dict() for check in checks], "ok": ok}
        self.stdout.write(json.dumps(result))
        if not ok:
            raise CommandError("at least one target was missed", returncode=1)
