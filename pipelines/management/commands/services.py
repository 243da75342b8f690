"""Run PostgreSQL and Redis alone, for work on the code."""

import signal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from pipelines.ops.embedded import embedded_services
from pipelines.ops.errors import ServiceError


class Command(BaseCommand):
    help = "Runs PostgreSQL and Redis out of the state folder until Ctrl-C, and prints how to reach them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--state", type=Path, default=settings.STATE_DIR, help="where their data lives")

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = {signal.SIGINT, signal.SIGTERM}
        signal.pthread_sigmask(signal.SIG_BLOCK, stopping)
        try:
            with embedded_services(options["state"]) as services:
                for name, value in services.environment().items():
                    self.stdout.write(f"export {name}='{value}'")
                self.stdout.flush()
                signal.sigwait(stopping)
        except ServiceError as error:
            raise CommandError(str(error)) from None
