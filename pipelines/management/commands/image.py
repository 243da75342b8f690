"""Build the image and try it."""

import json
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Any

import requests
from django.core.management.base import BaseCommand, CommandError, CommandParser

from pipelines.ops.errors import ServiceError
from pipelines.ops.image import engines, trial
from pipelines.ops.smoke import SmokeFailed
from pipelines.ops.supervisor import StopRequested, request_stop


class Command(BaseCommand):
    help = "Builds the image, runs the app in it and trains a version in it; the last line on stdout is JSON."
    requires_system_checks: list[str] = []  # what it runs has a set-up of its own

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--base", help="the image to build on, by its digest (default: Debian's, as found now)")

    def handle(self, *args: Any, **options: Any) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, request_stop)
        folder = Path(tempfile.mkdtemp(prefix="shopmlops-image-"))
        folder.chmod(0o711)  # run by root, PostgreSQL is another user and must pass
        try:
            seen = trial.run(engines.find(), options["base"], folder)
        except (ServiceError, SmokeFailed, requests.RequestException) as error:
            raise CommandError(f"{error} What it left is in {folder}.") from None
        except StopRequested:
            raise CommandError("It was stopped.") from None
        shutil.rmtree(folder)
        self.stdout.write(json.dumps(seen))
