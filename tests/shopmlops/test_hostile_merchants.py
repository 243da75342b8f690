"""A merchant who is let in and means it no good: forms and addresses take any value in any place. Never a 5xx."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.signals import got_request_exception
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, reverse
from django.urls.converters import IntConverter

from dashboard.urls import urlpatterns
from pipelines.models import Shop
from tests.dashboard.conftest import queued
from tests.identities import SHOP, bearer
from tests.tenancy import test_pages as pages
from tests.tenancy import two_shops

__all__ = ["queued"]
pytestmark = pytest.mark.django_db
ODD = (
    "", "\x00", "-1", str(2**63), "9" * 5000, "1e999", "NaN", "٣", b"\xed\xa0\x80", "0000-00-00", "x" * 70_000, "' --",
    "\u202e", "1" * 19, "0.1", "99:99", "9999-12-31", "true",
)  # fmt: skip
NUMBERS = (2**63, 10**300)
ROUNDS = int(os.environ.get("ODD_ROUNDS", "1"))  # each gives every field another odd value; 18 give it all


@pytest.fixture
def shop(queued: list[Any], settings: Any) -> Shop:
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": static}
    return two_shops.a_whole_shop(SHOP, "Northbeck Outfitters")


@contextmanager
def undone() -> Iterator[list[BaseException | None]]:
    """Take back what a request does, and note what broke in it."""
    found: list[BaseException | None] = []

    def note(**told: Any) -> None:
        found.append(sys.exc_info()[1])

    got_request_exception.connect(note)
    try:
        with transaction.atomic():
            yield found
            transaction.set_rollback(True)
    finally:
        got_request_exception.disconnect(note)


def addresses(pattern: URLPattern, shop: Shop) -> Iterator[str]:
    """Yield the address of a page with what it names of the shop, and with what nobody has."""
    yield pages.address(pattern, shop)
    kinds = pattern.pattern.converters
    for number in NUMBERS if kinds else ():
        named = {name: number if isinstance(kind, IntConverter) else f"{number}x" for name, kind in kinds.items()}
        try:
            yield reverse(pattern.name, kwargs=named)
        except NoReverseMatch:
            continue


def test_merchants_break_nothing(shop: Shop, client: Client) -> None:
    client.raise_request_exception = False
    fields, broken, asked = sorted(pages.every_field()), {}, 0
    for pattern in pages.routes(urlpatterns):
        for path in addresses(pattern, shop):
            for turn in range(ROUNDS):
                form = {name: ODD[(place * 7 + turn) % len(ODD)] for place, name in enumerate(fields)}
                for ask in (client.get, client.post):
                    with undone() as found:
                        answer = ask(path, form, headers=bearer(SHOP))
                        asked += 1
                    if answer.status_code >= 500 and answer.status_code != 503:
                        broken[(ask.__name__, path[:60])] = repr(found)[:200]
    assert asked > 200 and broken == {}
