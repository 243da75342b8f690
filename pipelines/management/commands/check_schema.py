"""See whether every GraphQL document fits a schema of Shopify's."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pipelines.shopify import documents


class Command(BaseCommand):
    help = (
        "Holds all GraphQL documents against a schema: SDL or the JSON of an introspection, packed by gzip or not. "
        "Deprecated fields are named; what would be refused ends it with an error."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("schema", type=Path, help="the next version's, before SHOPIFY_API_VERSION is changed")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = documents.compare(documents.read(options["schema"]))
        except (OSError, ValueError) as error:
            raise CommandError(f"{options['schema']} cannot be read as a schema: {error}") from None
        for finding in found:
            self.stdout.write(f"{finding.name}: {finding.sentence}")
        wrong = {finding.name for finding in found if finding.is_wrong}
        if wrong:
            raise CommandError(f"{len(wrong)} of {len(documents.names())} documents do not fit.")
        self.stdout.write(f"All {len(documents.names())} documents fit.")
