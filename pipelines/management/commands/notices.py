"""Write the third-party notices."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from pipelines.ops import licences


class Command(BaseCommand):
    help = "Writes the licences of all that requirements.txt brings, and ends with an error where one may not ship."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, help="a file; else they are only listed, a line each")

    def handle(self, *args: Any, **options: Any) -> None:
        parts = licences.shipped(settings.BASE_DIR / "requirements.txt")
        if options["to"]:
            options["to"].write_text(licences.notices(parts))
        else:
            for part in parts:
                self.stdout.write(f"{part.name}=={part.version}: {part.licence}")
        refused = [part.name for part in parts if part.is_strong_copyleft]
        if refused:
            raise CommandError(f"May not ship with ours: {', '.join(refused)}")
