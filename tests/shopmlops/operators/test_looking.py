"""An operator sees what a merchant sees: for a while, without changing anything, and the ledger says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.utils import timezone

from pipelines.models import LifecycleEvent
from shopmlops.operators import looking
from tests.identities import SHOP
from tests.tenancy import two_shops
from tests.tenancy.two_shops import a_card

pytestmark = pytest.mark.django_db
PAGES = (
    "",
    "data",
    "versions",
    "alerts",
    "settings",
    "results",
    "monitoring/demand_forecast",
    "forecasts",
    "experiments",
)


def at(shop, inner: str = "") -> str:
    return f"/admin/look/{shop.pk}/{inner}"


def begun(client, shop):
    assert client.post(at(shop)).status_code == 302
    return client


def test_it_begins_by_a_wish_that_the_ledger_keeps(admin_client, shop):
    assert admin_client.get(at(shop)).status_code == 302  # nobody looks by a link alone
    begun(admin_client, shop)
    event = LifecycleEvent.objects.for_shop(shop).latest("seq")
    assert (event.kind, event.by) == ("operator.looked", "operator:admin")
    assert event.details["until"] > timezone.now().isoformat()


def test_every_page_is_shown_as_it_is_and_leads_on_where_it_began(admin_client, shop):
    begun(admin_client, shop)
    before = two_shops.rows_of(shop)
    for inner in (*PAGES, f"releases/{a_card(shop).pk}"):
        answer = admin_client.get(at(shop, inner))
        page = answer.content.decode()
        assert answer.status_code == 200, inner
        assert "You see what Northbeck Outfitters’s people see" in page and "<script" not in page
        assert f'href="{at(shop, "versions")}"' in page and 'href="/versions"' not in page
        assert "script-src 'none'" in answer["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert two_shops.rows_of(shop) == before


def test_nothing_is_changed_by_it(admin_client, shop):
    begun(admin_client, shop)
    before = two_shops.rows_of(shop)
    card = a_card(shop)
    for inner in (f"releases/{card.pk}/approve", "settings", "data/check", "roll-back/demand_forecast"):
        assert admin_client.post(at(shop, inner), {"revision": card.revision}).status_code == 405
    assert two_shops.rows_of(shop) == before


def test_what_a_page_writes_on_the_way_is_taken_back(admin_client, shop, monkeypatch):
    from dashboard.views import home

    real = home.show

    def writes(*args, **kwargs):
        LifecycleEvent.record(shop, "x", by="x", because="x")
        return real(*args, **kwargs)

    begun(admin_client, shop)
    monkeypatch.setattr(home, "show", writes)
    assert admin_client.get(at(shop)).status_code == 200
    assert not LifecycleEvent.objects.filter(kind="x").exists()


def test_files_and_addresses_that_are_none_are_not_there(admin_client, shop):
    begun(admin_client, shop)
    for inner in ("forecasts.csv", "alerts/channels.json", "nothing-here", "admin/"):
        assert admin_client.get(at(shop, inner)).status_code == 404


def test_it_ends_by_itself_and_is_for_one_shop(admin_client, shop):
    begun(admin_client, shop)
    other = two_shops.a_whole_shop("harbour-lane.myshopify.com", "Harbour Lane")
    assert admin_client.get(at(other)).status_code == 302
    with time_machine.travel(timezone.now() + looking.LASTS + timedelta(seconds=1), tick=False):
        assert admin_client.get(at(shop)).status_code == 302


def test_it_is_a_right_of_its_own_and_no_merchants(client, shop):
    user = User.objects.create_user("eve", password="long enough to be one", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_shop"))
    client.force_login(user)
    assert client.post(at(shop)).status_code == 403
    client.logout()
    assert client.post(at(shop)).status_code == 302
    assert not LifecycleEvent.objects.filter(kind="operator.looked").exists()
    assert SHOP not in client.get(at(shop)).content.decode()
