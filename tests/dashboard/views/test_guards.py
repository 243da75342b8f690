"""Decisions are for those who may decide: every door that takes one says so to the others, where they came from."""

import pytest
from django.urls import reverse

from pipelines.models import FreezeWindow, Release
from tests.identities import COLLEAGUE

ON_A_RELEASE = ["reject", "pause", "go-on", "lift", "abort", "use-again"]


def assert_is_refused(answer, page: str) -> None:
    address, status = answer.redirect_chain[0]
    assert (address.partition("?")[0], status) == (page, 303)
    assert "Only the account owner" in answer.content.decode()


@pytest.mark.parametrize("door", ON_A_RELEASE)
def test_a_release_moves_for_deciders_alone(shop, send, door):
    card = Release.objects.for_shop(shop).latest("pk")
    assert_is_refused(send(reverse(door, args=[card.pk]), sub=COLLEAGUE), f"/releases/{card.pk}")
    assert Release.objects.get(pk=card.pk).revision == card.revision


@pytest.mark.parametrize(
    ("door", "args", "page"),
    [
        ("roll-back", ["demand_forecast"], "/versions"),
        ("test-store-run", ["demand_forecast", 1], "/test-store"),
        ("add-freeze", [], "/settings"),
        ("settle-freeze", [1], "/settings"),
    ],
)
def test_what_holds_for_the_shop_is_decided_by_deciders_alone(shop, send, queued, door, args, page):
    queued.clear()
    assert_is_refused(send(reverse(door, args=args), sub=COLLEAGUE), page)
    assert not FreezeWindow.objects.exists() and queued == []


def test_the_owner_is_let_through(shop, send):
    card = Release.objects.for_shop(shop).latest("pk")
    answer = send(reverse("reject", args=[card.pk]), {"revision": card.revision, "reason": "too low"})
    assert "was rejected" in answer.content.decode()
