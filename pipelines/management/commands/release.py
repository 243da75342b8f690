"""Release a version by an operator, under the merchant's own rules."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines.lifecycle.errors import StageError
from pipelines.lifecycle.releases import approval, move, propose
from pipelines.management import telling
from pipelines.management.shops import add_operator, add_place, operator, shop_named
from pipelines.models import Deployment, ModelVersion, Release, Shop
from pipelines.strategies import STRATEGIES
from pipelines.usecases import USE_CASES

NOTHING_OPEN = "No release waits for a decision or is under way."


class Command(BaseCommand):
    help = "See and move releases. What is not proven only the merchant can approve."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        listed = actions.add_parser("list", help="what is open, where it stands and what it needs")
        listed.add_argument("--shop", required=True, help="the shop's myshopify.com domain")
        add_place(actions.add_parser("show", help="the evidence of the newest release, in plain text"))
        parsers = {name: actions.add_parser(name, help=words) for name, words in MOVES.items()}
        for each in parsers.values():
            add_place(each)
            add_operator(each)
        parsers["propose"].add_argument("--number", type=int, required=True, help="of the version")
        parsers["propose"].add_argument(
            "--strategy", default="", choices=["", *STRATEGIES], help="by traffic without it"
        )
        parsers["reject"].add_argument("--reason", required=True, help="why, for the merchant")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            for line in ACTIONS[options["action"]](shop_named(options["shop"]), options):
                self.stdout.write(line)
        except StageError as error:
            raise CommandError(error.sentence) from None


MOVES = {
    "propose": "open the release of a version",
    "approve": "say yes to the release that waits",
    "reject": "say no to the release that is open; shoppers who see it go back",
    "pause": "stop the open release where it stands",
    "resume": "let a paused release go on",
}


# Seeing


def listed(shop: Shop, options: dict[str, Any]) -> list[str]:
    """List what is open and what is live."""
    mine = Release.objects.for_shop(shop).filter(phase__in=[*Release.OPEN, Release.Phase.LIVE])
    rows = mine.select_related("version", "shop").order_by("use_case", "pk")
    return [telling.standing(row) for row in rows] or ["Nothing is being released, and the simple rule runs."]


def show(shop: Shop, options: dict[str, Any]) -> list[str]:
    """Tell the card of the open release, else of the newest one."""
    mine = Release.objects.for_shop(shop).filter(use_case=options["use_case"]).order_by("-pk")
    row = Release.under_way(shop, options["use_case"]) or mine.first()
    if row is None:
        raise CommandError(f"{USE_CASES[options['use_case']].title} has had no release yet.")
    return list(telling.told(row))


# Moving


def open_release(shop: Shop, options: dict[str, Any]) -> list[str]:
    """Open the release of a version."""
    mine = ModelVersion.objects.for_shop(shop).filter(use_case=options["use_case"])
    version = mine.select_related("shop").filter(number=options["number"]).first()
    if version is None:
        raise CommandError(f"There is no version {options['number']}.")
    if version.releases.exists():
        raise CommandError(f"Version {version.number} had its release already. A version is released once.")
    row = propose.propose(version, strategy=options["strategy"], by=operator(options))
    if row is None:
        under_way = opened(shop, options)
        raise CommandError(f"Nothing was done: {telling.standing(under_way)}")
    follow(row, None)
    return [telling.standing(row)]


def approve(shop: Shop, options: dict[str, Any]) -> list[str]:
    """Say yes to the card exactly as it stands."""
    row = opened(shop, options)
    before = state_of(row)
    approval.approve(
        row,
        sub=operator(options),
        revision=row.revision,
        artifact_digest=row.version.artifact_digest,
        evidence_digest=row.evidence_digest,
    )
    follow(row, before)
    return [telling.standing(row)]


def reject(shop: Shop, options: dict[str, Any]) -> list[str]:
    """Say no, with the reason."""
    row = opened(shop, options)
    before = state_of(row)
    approval.reject(row, by=operator(options), reason=options["reason"], revision=row.revision)
    follow(row, before)
    return [telling.standing(row)]


def pause(shop: Shop, options: dict[str, Any]) -> list[str]:
    """Stop the open release, or let it go on."""
    row = opened(shop, options)
    pauses = options["action"] == "pause"
    if row.is_paused is pauses:
        raise CommandError(f"This release is paused already: {row.held}." if pauses else "This release is not paused.")
    move.pause(row, by=operator(options), revision=row.revision, pauses=pauses)
    return [telling.standing(row)]


def opened(shop: Shop, options: dict[str, Any]) -> Release:
    """Return the open release, or say that there is none."""
    row = Release.under_way(shop, options["use_case"])
    if row is None:
        raise CommandError(NOTHING_OPEN)
    return row


def state_of(row: Release) -> tuple[str, int]:
    """Read what tells whether the shop must be served anew."""
    return row.phase, Deployment.of(row.shop_id, row.use_case).revision


def follow(row: Release, before: tuple[str, int] | None) -> None:
    """Have the shop served by what runs now."""
    from pipelines.jobs import releases

    releases.follow(row.pk, before)


ACTIONS: dict[str, Callable[[Shop, dict[str, Any]], list[str]]] = {
    "list": listed,
    "show": show,
    "propose": open_release,
    "approve": approve,
    "reject": reject,
    "pause": pause,
    "resume": pause,
}
