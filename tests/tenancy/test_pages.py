"""Every page, asked for with another shop's token: it shows nothing of this shop, and changes nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, time
from typing import Any

import pytest
from django import forms
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from dashboard.urls import urlpatterns
from pipelines.models import (
    Alert,
    AlertChannel,
    FreezeWindow,
    OwnEvent,
    PurchaseOrder,
    Shop,
    ShopKey,
    Supplier,
    WebhookDelivery,
)
from pipelines.models.usecases.offers import Offer
from pipelines.models.usecases.recommendations import PickRule
from tests.dashboard import story
from tests.identities import OTHER_SHOP, SHOP, bearer
from tests.tenancy import two_shops
from tests.tenancy.two_shops import a_card, last_variant, newest

pytestmark = pytest.mark.django_db
MINE = ("Northbeck", SHOP, *story.NAMES)  # what names this shop, or a thing of it, on a page
OF_EVERY_SHOP = {"use_case": "demand_forecast", "name": "a"}  # parts of an address that name nothing of one shop
FOR_ANYBODY = {"bounce": "it makes App Bridge ask for a token, and shows what the address says"}

Named = Callable[[Shop], dict[str, Any]]


def by_key(table: Any) -> Named:
    return lambda shop: {"pk": newest(table, shop).pk}


def a_release(shop: Shop) -> dict[str, Any]:
    return {"pk": a_card(shop).pk}


def a_version(shop: Shop) -> dict[str, Any]:
    return {"number": a_card(shop).version.number}


def a_variant(shop: Shop) -> dict[str, Any]:
    return {"variant_id": last_variant(shop)}


def a_month(shop: Shop) -> dict[str, Any]:
    return {"month": f"{two_shops.MONTH:%Y-%m}"}


def a_delivery(shop: Shop) -> dict[str, Any]:
    return {"pk": WebhookDelivery.objects.get(shop_domain=shop.domain).pk}


RELEASE = "release release-figure approve reject pause use-again lift go-on abort"
VERSION = "version annotate model-card test-store-run"
VARIANT = "variant variant-settled variant-figure override end-override odd-order variant-rule"
PAPER = "order-csv order-pdf order-paper take-back-receipt"
ORDER = "order change-order deal-order budget-order send-order expect-order receive-order all-came cancel-order"
CHANNEL = "test-alert-channel report-to-channel remove-alert-channel"
# Whose thing an address names. A new address with a part that names a thing of one shop must stand here.
OBJECTS: dict[str, Named] = {
    **dict.fromkeys(RELEASE.split(), a_release),
    **dict.fromkeys(VERSION.split(), a_version),
    **dict.fromkeys(VARIANT.split(), a_variant),
    **dict.fromkeys([*ORDER.split(), *PAPER.split()], by_key(PurchaseOrder)),
    **dict.fromkeys(("supplier", "remove-supplier"), by_key(Supplier)),
    **dict.fromkeys(CHANNEL.split(), by_key(AlertChannel)),
    **dict.fromkeys(("results-csv", "results-pdf"), a_month),
    **dict.fromkeys(("change-offer", "switch-offer"), by_key(Offer)),
    "answer-alert": by_key(Alert),
    "replay": a_delivery,
    "remove-event": by_key(OwnEvent),
    "revoke-key": by_key(ShopKey),
    "settle-freeze": by_key(FreezeWindow),
    "remove-pick-rule": by_key(PickRule),
}
UNDRAWN = {"release-figure"}  # 404 also for its own shop, while nothing is drawn


@pytest.fixture
def shop(queued: list[Any]) -> Shop:
    """Return the shop whose things others ask for."""
    return two_shops.a_whole_shop(SHOP, "Northbeck Outfitters")


@pytest.fixture
def stranger(shop: Shop) -> Shop:
    """Return the shop whose people ask."""
    other = story.a_shop(domain=OTHER_SHOP, name="Harbour Lane")
    story.know(other)
    return other


def routes(patterns: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    """Walk addresses down to their views."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns)
        else:
            yield pattern


def names_a_thing(pattern: URLPattern) -> bool:
    return bool(pattern.pattern.converters.keys() - OF_EVERY_SHOP.keys())


def address(pattern: URLPattern, shop: Shop) -> str:
    """Return the address of a page, with what it names of the shop."""
    made = OF_EVERY_SHOP | (OBJECTS[pattern.name](shop) if pattern.name in OBJECTS else {})
    return reverse(pattern.name, kwargs={name: made[name] for name in pattern.pattern.converters})


def every_field() -> dict[str, Any]:
    """Return a form that holds every field of every form, with values that name the shop's own things."""
    found: dict[str, Any] = {}
    waiting = [forms.Form]
    while waiting:
        form = waiting.pop()
        waiting += form.__subclasses__()
        if form.__module__.startswith("dashboard."):
            found |= {name: plausible(field) for name, field in form.base_fields.items()}
    return found | two_shops.NAMED | {"revision": 0}


def plausible(field: forms.Field) -> Any:
    """Return something that a field takes."""
    match field:
        case forms.ChoiceField():
            return next((key for key, _ in field.choices if key), "")
        case forms.DateField():
            return date(2026, 12, 1)
        case forms.TimeField():
            return time(3)
        case forms.IntegerField():
            return 1
    return "1"


def asked(client: Client, path: str, domain: str) -> dict[str, HttpResponseBase]:
    """Ask in both ways; what is not for one of them is left out."""
    headers = bearer(domain)
    answers = {
        "GET": client.get(path, every_field(), headers=headers),
        "POST": client.post(path, every_field(), headers=headers),
    }
    return {method: answer for method, answer in answers.items() if answer.status_code != 405}


def text_of(answer: HttpResponseBase) -> str:
    content = b"".join(answer) if answer.streaming else answer.content
    return content.decode(errors="replace") + str(answer.headers)


def test_every_address_that_names_a_thing_is_walked() -> None:
    assert {pattern.name for pattern in urlpatterns if names_a_thing(pattern)} == OBJECTS.keys()


def test_whatever_is_no_page_of_merchants_is_the_operators() -> None:
    """The resolver knows no third kind: each address is walked here, or is Django's admin, or says why it is open."""
    walked = {*urlpatterns}
    others = [pattern for pattern in routes(get_resolver().url_patterns) if pattern not in walked]
    outside = [pattern for pattern in get_resolver().url_patterns if str(pattern.pattern) not in ("admin/", "")]
    assert outside == [] and others
    assert FOR_ANYBODY.keys() <= {pattern.name for pattern in urlpatterns}


def test_nobody_sees_or_changes_a_thing_of_another_shop(shop: Shop, stranger: Shop, client: Client) -> None:
    before, wrong = two_shops.rows_of(shop), []
    for pattern in filter(names_a_thing, urlpatterns):
        path = address(pattern, shop)
        for method, answer in asked(client, path, OTHER_SHOP).items():
            wrong += [(method, path, answer.status_code)] if answer.status_code != 404 else []
            wrong += [(method, path, mark) for mark in MINE if mark in text_of(answer)]
    assert wrong == []
    assert two_shops.rows_of(shop) == before


def test_these_things_are_there_for_their_own_shop(shop: Shop, client: Client) -> None:
    """Or else nothing above would be proven."""
    wrong = []
    for pattern in filter(names_a_thing, urlpatterns):
        with transaction.atomic():
            found = asked(client, address(pattern, shop), SHOP)
            transaction.set_rollback(True)
        is_there = found and all(answer.status_code not in (401, 404) for answer in found.values())
        wrong += [pattern.name] if not is_there and pattern.name not in UNDRAWN else []
    assert wrong == []


def test_no_other_page_tells_or_changes_anything_of_another_shop(shop: Shop, stranger: Shop, client: Client) -> None:
    before, wrong = two_shops.rows_of(shop), []
    for pattern in urlpatterns:
        if names_a_thing(pattern) or pattern.name in FOR_ANYBODY:
            continue
        for method, answer in asked(client, address(pattern, shop), OTHER_SHOP).items():
            wrong += [(method, pattern.name, answer.status_code)] if answer.status_code >= 500 else []
            wrong += [(method, pattern.name, mark) for mark in MINE if mark in text_of(answer)]
    assert wrong == []
    assert two_shops.rows_of(shop) == before


def test_every_page_has_its_headers_and_no_cookie(shop: Shop, client: Client) -> None:
    """Framed by its own shop's admin alone, kept by nobody, no scripts of anybody else's, and nothing set."""
    wrong = []
    for pattern in urlpatterns:
        with transaction.atomic():
            for method, answer in asked(client, address(pattern, shop), SHOP).items():
                policy, kept = answer.headers["Content-Security-Policy"], answer.headers.get("Cache-Control")
                is_framed = pattern.name not in FOR_ANYBODY
                ends = f"frame-ancestors https://{SHOP} https://admin.shopify.com" if is_framed else "ancestors 'none'"
                scripts = next(rule for rule in policy.split("; ") if rule.startswith("script-src "))
                is_well = policy.endswith(ends) and "unsafe" not in scripts and not answer.cookies
                is_well = is_well and (kept == "no-store" or not is_framed)
                wrong += [] if is_well else [(method, pattern.name, policy, kept)]
            transaction.set_rollback(True)
    assert wrong == [] and not client.cookies


def test_operators_pages_know_no_merchant(shop: Shop, client: Client) -> None:
    for path in ("/admin/", f"/admin/pipelines/shop/{shop.pk}/change/", "/admin/pipelines/webhookdelivery/"):
        answer = client.get(path, headers=bearer(SHOP))
        assert answer.status_code == 302 and answer["Location"].startswith("/admin/login/")
