"""Seal every secret under the newest key of ENCRYPTION_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines.lifecycle.ingest.keys import rotate_keys
from pipelines.shopify.vault import CannotUnseal
from shopmlops.operators.devices.models import rotate


class Command(BaseCommand):
    help = "Seal every stored secret under the newest key; after that, older keys can be removed from ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            changed, devices = rotate_keys(), rotate()
        except CannotUnseal as error:
            raise CommandError(
                f"The {error} does not open with any key of ENCRYPTION_KEYS; put its key back."
            ) from error
        self.stdout.write(
            f"{changed} shops and {devices} authenticators of operators now use the newest key. "
            "Older keys can be removed."
        )
