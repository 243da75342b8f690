"""What the operators' commands share."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError

from pipelines.lifecycle import approvers
from pipelines.models import Approval, Shop
from pipelines.usecases import USE_CASES

LONGEST = (Approval._meta.get_field("sub").max_length or 0) - len(approvers.OPERATOR)


def shop_named(domain: str) -> Shop:
    """Return an installed shop by its domain, or say that there is none."""
    shop = Shop.objects.installed().filter(domain=domain).first()
    if shop is None:
        raise CommandError(f"No installed shop is called {domain}.")
    return shop


def add_place(parser: ArgumentParser) -> None:
    """Ask which shop and use case is meant."""
    parser.add_argument("--shop", required=True, help="the shop's myshopify.com domain")
    parser.add_argument("--use-case", required=True, choices=sorted(USE_CASES))


def add_operator(parser: ArgumentParser) -> None:
    """Ask who does it."""
    parser.add_argument("--by", required=True, type=a_name, help="your name, for the ledger")


def a_name(text: str) -> str:
    """Refuse a name that the ledger cannot keep."""
    if not 0 < len(text.strip()) <= LONGEST:
        raise ArgumentTypeError(f"a name has 1 to {LONGEST} characters")
    return text.strip()


def operator(options: Mapping[str, Any]) -> str:
    """Return how the ledger calls who runs the command."""
    return f"{approvers.OPERATOR}{options['by']}"
