"""An import that meets what nobody foresaw ends with a word, and keeps nothing that opens the merchant's data."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.jobs import ingest as jobs
from pipelines.lifecycle.ingest import backfill, loaders, reconcile
from pipelines.models import Order, Product, SyncRun
from tests import histories
from tests.fake_shopify import Reply

pytestmark = pytest.mark.django_db
State = SyncRun.State
AT = "2026-11-20T10:00:00Z"


def node(number: int, **changes: object) -> dict:
    return {"id": f"gid://shopify/Product/{number}", "title": f"Thing {number}", "updatedAt": AT, "tags": []} | changes


@pytest.fixture
def run(shopify):
    """Return a function that lets an export of products be loaded."""

    def ready(*nodes: dict) -> SyncRun:
        body = "\n".join(map(json.dumps, nodes)).encode() + b"\n"
        shopify.on_file = lambda asked: Reply(200, body, {})
        return SyncRun.objects.create(
            shop=histories.a_shop(),
            kind=SyncRun.Kind.PRODUCTS,
            trigger="install",
            state=State.LOADING,
            url=f"{shopify.origin}/export.jsonl?signature=abc",
            objects_total=len(nodes),
            started_at=timezone.now(),
        )

    return ready


def test_an_import_that_is_done_forgets_the_signed_address(run):
    done = backfill.advance(run(node(1)).pk)
    done.refresh_from_db()
    assert (done.state, done.url, done.rows_written) == (State.DONE, "", 1)


def test_a_surprise_counts_as_a_try_until_the_merchant_is_told(run, monkeypatch):
    begun = run(node(1))
    monkeypatch.setattr(loaders.nodes, "product", lambda *told: 1 / 0)
    for tries in range(1, backfill.MOST_ATTEMPTS + 1):
        loading_again = {"state": State.LOADING, "url": begun.url, "due_at": timezone.now() - timedelta(seconds=1)}
        SyncRun.objects.filter(pk=begun.pk).update(**loading_again)
        with pytest.raises(ZeroDivisionError):
            backfill.advance(begun.pk)
        told = SyncRun.objects.get(pk=begun.pk)
        assert told.attempts == min(tries, backfill.MOST_ATTEMPTS - 1)
    assert told.state == State.FAILED and told.error.startswith(backfill.BrokeOff.sentence)


@pytest.mark.parametrize(
    "odd", [{"title": "a\x00b"}, {"tags": ["x\x00", "ann@example.com"]}, {"vendor": "half \ud83d"}]
)
def test_texts_that_no_table_takes_are_cleaned(run, odd):
    backfill.advance(run(node(1, **odd), node(2)).pk)
    kept = {product.shopify_id: product for product in Product.objects.all()}
    assert 2 in kept
    assert not [product for product in kept.values() if "\x00" in f"{product.title}{product.vendor}{product.tags}"]
    assert not [product for product in kept.values() if "@" in f"{product.tags}"]


def test_one_shops_surprise_is_no_other_shops(monkeypatch):
    shops = [histories.a_shop(), histories.a_shop()]
    for shop in shops:
        histories.an_order(shop, timezone.now(), [], fetch_due_at=timezone.now())
    asked = []

    def read_again(shop):
        asked.append(shop)
        raise KeyError("what nobody foresaw")

    monkeypatch.setattr(reconcile, "read_again", read_again)
    jobs.read_again()
    assert set(asked) == set(shops) and Order.objects.filter(fetch_due_at=None).count() == 0
