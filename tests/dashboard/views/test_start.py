"""The start guide says what turns each family on, and leaves out what is."""

from __future__ import annotations

import dataclasses

import pytest

from dashboard import brought
from dashboard.brought import Lack, brought_by
from pipelines.models import Shop


def part(see) -> str:
    page = see("/start").content.decode()
    heading = 'heading="What turns each model on"'
    return page[page.index(heading) :] if heading in page else ""


def test_leave_to_write_lists_is_asked_for_until_it_is_given(shop, see):
    assert 'data-scopes="write_products"' in part(see)
    Shop.objects.filter(pk=shop.pk).update(scopes=["write_products", *shop.scopes])
    assert 'data-scopes="write_products"' not in part(see)


@pytest.fixture
def wanted(monkeypatch):
    lack = Lack("A block of ours", "theme", "Not seen", "Nobody is shown it.", "", "", "/data", "Look at data")
    told = dataclasses.replace(brought_by("recommendations"), wants=lambda shop: (lack,))
    monkeypatch.setattr(brought, "brought_by", lambda slug: told if slug == "recommendations" else brought_by(slug))


def test_each_thing_has_a_state_a_sentence_and_the_one_thing_to_do(shop, wanted, see):
    text = part(see)
    for words in ("A block of ours", ">Not seen</s-badge>", "Nobody is shown it.", 'href="/data"', "Look at data"):
        assert words in text, words
    assert 'variant="primary" data-scopes' not in text
