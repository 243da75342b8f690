"""Hand out everything that is stored of a shop, or erase it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pipelines.lifecycle.ingest import privacy, takeaway
from pipelines.management.shops import add_operator, operator
from pipelines.models import Shop


class Command(BaseCommand):
    help = (
        "Writes everything that is stored of a shop as JSON lines, or erases it: rows, files and the key of its "
        "pseudonyms. Also of a shop that has left. An erased shop whose app is still installed begins anew."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--shop", required=True, help="the shop's myshopify.com domain")
        parser.add_argument("--to", type=Path, help="a file that is not there yet")
        parser.add_argument("--erase", metavar="DOMAIN", help="the domain once more: it cannot be undone")
        add_operator(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        shop = Shop.objects.filter(domain=options["shop"], redacted_at=None).first()
        if shop is None:
            raise CommandError(f"Nothing is stored of {options['shop']}.")
        if not options["to"] and not options["erase"]:
            raise CommandError("Say what is to be done: --to FILE, --erase DOMAIN, or both.")
        if options["erase"] not in (None, shop.domain):
            raise CommandError(f"--erase names {options['erase']}, --shop {shop.domain}. Nothing was done.")
        if options["to"]:
            self.write(shop, options["to"], operator(options))
        if options["erase"]:
            privacy.erase_all(shop)
            self.stdout.write(f"{shop.domain} is erased.")

    def write(self, shop: Shop, file: Path, by: str) -> None:
        """Write a shop's rows; a file that exists stays as it is."""
        try:
            with file.open("x", encoding="utf-8") as opened:
                count = sum(bool(opened.write(line)) for line in takeaway.lines(shop, by=by))
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from None
        self.stdout.write(f"{count} rows of {shop.domain} in {file}.")
