"""See and set who besides the account owner may approve, by an operator."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines.lifecycle import preferences
from pipelines.lifecycle.errors import StageError
from pipelines.management.shops import add_operator, operator, shop_named
from pipelines.models import ShopSettings


class Command(BaseCommand):
    help = "Name the people, by Shopify's user numbers, who may approve besides the account owner."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--shop", required=True, help="the shop's myshopify.com domain")
        parser.add_argument("--set", nargs="*", metavar="NUMBER", help="these and nobody else; without it: only list")
        add_operator(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        shop = shop_named(options["shop"])
        settings, named = ShopSettings.of(shop), options["set"]
        if named is not None:
            changes = {"approvers": list(dict.fromkeys(named))}
            try:
                preferences.change_settings(shop, changes, revision=settings.revision, by=operator(options))
            except StageError as error:
                raise CommandError(error.sentence) from None
            settings.refresh_from_db()
        self.stdout.write(", ".join(settings.approvers) or "Nobody besides the account owner.")
