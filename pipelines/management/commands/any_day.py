"""The smoke run and the tests on the days on which software breaks."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from pipelines.ops import any_day


class Command(BaseCommand):
    help = "Runs the smoke run on six awkward days and the tests on two, under a turned clock. Takes an hour or so."
    requires_system_checks: list[str] = []  # what it starts makes its own set-up

    def handle(self, *args: Any, **options: Any) -> None:
        with tempfile.TemporaryDirectory(prefix="shopmlops-any-day-") as folder:
            failed = any_day.run(Path(folder), self.say)
        self.say("\n".join(f"failed: {name}" for name in failed) or "Every day passed.")
        sys.exit(bool(failed))

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
