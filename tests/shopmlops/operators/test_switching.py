"""An operator switches something off in a shop from its page, by name, and its merchant reads it."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from pipelines.models import LifecycleEvent, Shop
from tests.identities import bearer

pytestmark = pytest.mark.django_db


def turn(client: Client, shop: Shop, name: str, to: str) -> int:
    return client.post(reverse("admin:switch", args=[shop.pk, name]), {"to": to}).status_code


def test_it_is_turned_from_the_page_of_the_shop_and_told_to_its_merchant(admin_client: Client, shop: Shop) -> None:
    page = admin_client.get(reverse("admin:pipelines_shop_change", args=[shop.pk])).content.decode()
    assert "Switch checkout off" in page and "Switch family:offers off" in page
    assert turn(admin_client, shop, "checkout", "off") == 302
    page = admin_client.get(reverse("admin:pipelines_shop_change", args=[shop.pk])).content.decode()
    assert "Switch checkout on" in page
    event = LifecycleEvent.objects.for_shop(shop).latest("seq")
    assert (event.kind, event.by) == ("switch.off", "operator:admin")
    told = "What the app does in your checkout is switched off by the people who run this app."
    assert turn(admin_client, shop, "pixel", "off") == 302
    home = Client().get("/", headers=bearer()).content.decode()
    assert told in home and "Counting of visits is switched off" in home and home.count('<s-banner tone="info">') == 1
    assert turn(admin_client, shop, "checkout", "on") == 302
    assert told not in Client().get("/", headers=bearer()).content.decode()


def test_what_a_switch_keeps_from_products_is_published_or_taken_back(
    admin_client: Client, shop: Shop, queued: list[tuple[str, tuple[int, str]]]
) -> None:
    queued.clear()
    assert turn(admin_client, shop, "family:recommendations", "off") == 302
    assert queued == [("publish", (shop.pk, "recommendations"))]
    assert turn(admin_client, shop, "family:recommendations", "off") == 302 and len(queued) == 1
    assert turn(admin_client, shop, "publishing", "off") == 302
    assert {use_case for _, (_, use_case) in queued} == {"recommendations", "demand_forecast"}
    assert turn(admin_client, shop, "family:offers", "off") == 302 and len(queued) == 3


@pytest.mark.parametrize(("name", "to"), [("nothing", "off"), ("checkout", "sideways"), ("checkout", "")])
def test_what_is_no_switch_is_not_turned(admin_client: Client, shop: Shop, name: str, to: str) -> None:
    assert turn(admin_client, shop, name, to) == 404
    assert Shop.objects.get(pk=shop.pk).switched_off == []


def test_who_may_only_read_turns_nothing(client: Client, shop: Shop) -> None:
    client.force_login(get_user_model().objects.create_user("eve", is_staff=True))
    assert turn(client, shop, "checkout", "off") == 403
    assert client.get(reverse("admin:switch", args=[shop.pk, "checkout"])).status_code == 405
    assert Shop.objects.get(pk=shop.pk).switched_off == []
