"""Keys for tools under Settings: made by whoever may decide, shown once, revoked."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from pipelines.lifecycle.exports import keys
from pipelines.models import ShopKey
from tests.dashboard.views.test_plain_words import jargon
from tests.identities import COLLEAGUE, OTHER_SHOP

pytestmark = pytest.mark.django_db
HERE = "/settings/keys"


def made_in(page: str) -> str:
    found = keys.WRITTEN.search(page)
    return found[0] if found else ""


def test_without_a_key_it_says_that_no_tool_reads_anything(shop, see):
    page = see(HERE).content.decode()
    assert "None yet: no tool reads anything." in page and "/api/" in page and jargon(page) == []
    assert 'href="/settings/keys"' in see("/settings").content.decode()


def test_a_key_is_shown_once(shop, send, see):
    answer = send(f"{HERE}/make")
    made = made_in(answer.content.decode())
    assert keys.shop_of(made, timezone.now()) == shop and answer.headers["Cache-Control"] == "no-store"
    page = see(HERE).content.decode()
    assert made_in(page) == "" and f"shopmlops_{ShopKey.objects.get().name}" in page and made not in page


def test_two_at_once_and_no_more(shop, send):
    send(f"{HERE}/make")
    page = send(f"{HERE}/make").content.decode()
    assert re.search("<s-button[^>]*disabled>Make a key", page)
    assert "A shop has 2 keys at most" in send(f"{HERE}/make").content.decode() and ShopKey.objects.count() == 2


def test_a_revoked_key_is_gone(shop, send):
    made = made_in(send(f"{HERE}/make").content.decode())
    page = send(f"{HERE}/{ShopKey.objects.get().pk}/revoke").content.decode()
    assert "Tools that use this key read nothing any more" in page and keys.shop_of(made, timezone.now()) is None


def test_who_may_not_decide_neither_makes_nor_revokes(shop, send, see):
    keys.make(shop, by="1", now=timezone.now())
    row = ShopKey.objects.get()
    for path in ("make", f"{row.pk}/revoke"):
        send(f"{HERE}/{path}", sub=COLLEAGUE)
    assert ShopKey.objects.get() == row
    assert re.search("<s-button[^>]*disabled>Revoke", see(HERE, sub=COLLEAGUE).content.decode())


def test_a_stranger_finds_no_key_of_another_shop(shop, another_shop, send, see):
    keys.make(shop, by="1", now=timezone.now())
    row = ShopKey.objects.get()
    assert send(f"{HERE}/{row.pk}/revoke", domain=OTHER_SHOP).status_code == 404
    assert row.name not in see(HERE, domain=OTHER_SHOP).content.decode() and ShopKey.objects.exists()
