"""What moved is marked once on Shopify's charts, where the merchant lets us, held by a store that checks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle.ingest import install
from pipelines.lifecycle.releases import chart_marks
from pipelines.models import Annotation, LifecycleEvent, Shop
from pipelines.shopify.admin_api import AdminApi
from pipelines.shopify.errors import ShopUnreachable, UserErrors
from pipelines.shopify.id_tokens import verify
from tests.devstore.conftest import CLIENT_ID, SECRET, app, world

__all__ = ["app", "world"]
NOW = timezone.now()
DAY = timedelta(days=1)


@pytest.fixture
def shop(db, world, settings):
    settings.DEMO = True
    settings.SHOPIFY_API_KEY, settings.SHOPIFY_API_SECRET = CLIENT_ID, SECRET
    settings.SHOPIFY_API_ORIGIN = f"http://127.0.0.1:{world.port}/shops/{{shop}}"
    world.control("scopes", grant=[chart_marks.SCOPE])
    token = world.id_token()
    shop = install.arrive(verify(token), token).shop
    Shop.objects.filter(pk=shop.pk).update(scopes=[*shop.scopes, chart_marks.SCOPE], scopes_at=None)
    shop.refresh_from_db()
    return shop


def happened(shop, kind="release.live", **changes):
    facts = {"use_case": "demand_forecast", "version_number": 4} | changes
    return LifecycleEvent.record(shop, kind, by="system", because="Proven to do no worse.", **facts)


def marks(shop) -> list[tuple[str, str]]:
    nodes = AdminApi(shop).execute("analytics_annotations", {"query": ""}).data["shop"]["analyticsAnnotations"]["nodes"]
    return [(node["title"], node["startedAt"]) for node in nodes]


def states() -> list[str]:
    return list(Annotation.objects.order_by("seq").values_list("state", flat=True))


def later(minutes=2):
    return timezone.now() + timedelta(minutes=minutes)


def test_what_moved_is_marked_once_with_its_reason(shop):
    before = len(marks(shop))
    event = happened(shop)
    happened(shop, "settings.changed")
    happened(shop, "release.rolled_back")
    assert chart_marks.find(later()) == 2 and chart_marks.find(later()) == 0
    assert chart_marks.shops_due(later()) == [shop.pk]
    assert chart_marks.write_due(shop, later()) == 2 and chart_marks.write_due(shop, later()) == 0
    found = marks(shop)[before:]
    assert found[0][0] == "Demand forecast, version 4: live" and found[1][0].endswith("version 4: rolled back")
    assert found[0][1][:19] == event.at.isoformat()[:19]
    assert states() == ["written", "written"] and all(Annotation.objects.values_list("gid", flat=True))


def test_nothing_is_marked_without_the_grant_or_from_before_it(shop):
    happened(shop)
    Shop.objects.filter(pk=shop.pk).update(scopes_at=later())
    assert chart_marks.find(later(3)) == 0, "what was before it is none of its"
    Shop.objects.filter(pk=shop.pk).update(scopes_at=None, scopes=[])
    assert chart_marks.find(later()) == 0
    Annotation.objects.create(shop=shop, seq=1)
    assert chart_marks.shops_due(later()) == []
    shop.refresh_from_db()
    assert chart_marks.write_due(shop, later()) == 0 and states() == ["waiting"]


def test_an_answer_that_was_lost_is_no_second_mark(shop, monkeypatch):
    before = len(marks(shop))
    happened(shop)
    chart_marks.find(later())
    create = chart_marks.created

    def lost(api, mark):
        create(api, mark)
        raise ShopUnreachable

    monkeypatch.setattr(chart_marks, "created", lost)
    assert chart_marks.write_due(shop, later()) == 0 and states() == ["waiting"]
    assert chart_marks.write_due(shop, later()) == 0, "its turn is later"
    monkeypatch.setattr(chart_marks, "created", create)
    assert chart_marks.write_due(shop, later(30)) == 1
    assert len(marks(shop)) == before + 1 and states() == ["written"]


def test_what_cannot_be_reached_is_tried_again_and_given_up_at_last(shop, monkeypatch):
    def away(api, mark):
        raise ShopUnreachable

    happened(shop, version_number=5)  # the store has no such mark of another test's
    chart_marks.find(later())
    monkeypatch.setattr(chart_marks, "created", away)
    for tries in range(1, 8):
        chart_marks.write_due(shop, NOW + 2 * tries * DAY)
        assert Annotation.objects.get().attempts == tries
    assert states() == ["refused"] and chart_marks.newest_problem(shop)


def full(api, mark):
    raise UserErrors([{"code": "LIMIT_REACHED", "message": "The maximum number of annotations has been reached."}])


@pytest.mark.parametrize(("kind", "goes_on"), [("INVALID", True), ("LIMIT_REACHED", False)])
def test_what_shopify_refuses_is_said_and_not_tried_for_ever(shop, monkeypatch, kind, goes_on):
    happened(shop)
    happened(shop, "approval.given")
    chart_marks.find(later())
    if kind == "INVALID":
        monkeypatch.setattr(chart_marks, "TYPE", "no-such-type")
    else:
        monkeypatch.setattr(chart_marks, "created", full)
    chart_marks.write_due(shop, later())
    assert states() == (["refused", "refused"] if goes_on else ["refused", "waiting"])
    assert chart_marks.newest_problem(shop)


def test_long_reasons_and_titles_fit(shop, monkeypatch):
    event = happened(shop)
    LifecycleEvent.objects.filter(pk=event.pk).update(use_case="x" * 40, because="y" * 200, kind="release.step")
    monkeypatch.setitem(chart_marks.KINDS, "release.step", "z" * 60)
    mark = chart_marks.mark_of(shop, event.seq)
    assert len(mark["title"]) <= 75 and len(mark["description"]) <= 150
