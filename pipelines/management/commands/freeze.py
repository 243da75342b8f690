"""See, set and settle the times in which nothing new goes live, by an operator."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date, datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from pipelines.jobs import releases
from pipelines.lifecycle.errors import StageError
from pipelines.lifecycle.releases import freezes
from pipelines.management.shops import add_operator, operator, shop_named
from pipelines.models import FreezeWindow, Shop
from pipelines.stats import clock


class Command(BaseCommand):
    help = "Hold back new versions for some days of the shop's own clock. Rolling back stays possible."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        parsers = {name: actions.add_parser(name, help=words) for name, words in ACTIONS.items()}
        for each in parsers.values():
            each.add_argument("--shop", required=True, help="the shop's myshopify.com domain")
        for name in ("add", "keep", "dismiss"):
            add_operator(parsers[name])
            parsers[name].add_argument("--name", required=True, help="of the freeze")
            parsers[name].add_argument("--first", type=date.fromisoformat, required=True, help="first day, 2026-11-26")
        parsers["add"].add_argument("--last", type=date.fromisoformat, required=True, help="last day, part of it")

    def handle(self, *args: Any, **options: Any) -> None:
        shop = shop_named(options["shop"])
        try:
            self.move(shop, options)
        except StageError as error:
            raise CommandError(error.sentence) from None
        for window in freezes.standing(shop).filter(ends_at__gt=timezone.now()).order_by("starts_at"):
            self.stdout.write(f"{window.name}: {day(shop, window.starts_at)} to {day(shop, last(window))}")

    def move(self, shop: Shop, options: dict[str, Any]) -> None:
        """Set a freeze, or settle one that is known by its name and first day."""
        if options["action"] == "list":
            return
        starts_at = clock.midnight(options["first"], shop.zone)
        if options["action"] == "add":
            ends_at = clock.midnight(options["last"] + timedelta(days=1), shop.zone)
            freezes.add(shop, name=options["name"], starts_at=starts_at, ends_at=ends_at, by=operator(options))
            releases.look_at_open(shop.pk)
            return
        known = FreezeWindow.objects.for_shop(shop).filter(name=options["name"], starts_at=starts_at).first()
        if known is None:
            raise CommandError("There is no freeze of that name and first day.")
        freezes.settle(known, keeps=options["action"] == "keep", by=operator(options))
        releases.look_at_open(shop.pk)


ACTIONS = {
    "list": "the freezes that hold, now or later",
    "add": "set one",
    "keep": "keep one that the calendar proposed or that was dismissed",
    "dismiss": "let new versions go live in that time",
}


def last(window: FreezeWindow) -> datetime:
    """Return a moment of the last day."""
    return window.ends_at - timedelta(seconds=1)


def day(shop: Shop, moment: datetime) -> str:
    """Write a day of the shop's own clock."""
    return moment.astimezone(shop.zone).date().isoformat()
