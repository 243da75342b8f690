"""Two shops of the development store: what a candidate says appears in the one, and nothing in the other."""

from dataclasses import replace

import pytest
import requests
from django.utils import timezone

from pipelines.jobs import staging as jobs
from pipelines.lifecycle import unlinking
from pipelines.lifecycle.ingest import install, privacy
from pipelines.lifecycle.sandbox import fields, links, staging
from pipelines.models import LifecycleEvent, Product, Shop, StagedField, StagingRun, Variant
from pipelines.shopify.admin_api import AdminApi
from pipelines.shopify.domains import admin_page
from pipelines.shopify.id_tokens import verify
from tests import histories
from tests.devstore.conftest import CLIENT_ID, SECRET, World, app, devstore, world
from tests.pipelines.lifecycle.sandbox.test_staging import a_toy, moods

__all__ = ["app", "moods", "world"]
pytestmark = pytest.mark.django_db
TEST = "northbeck-test.myshopify.com"
FIELDS = """query Fields($ids: [ID!]!) { nodes(ids: $ids) { ... on ProductVariant { id
    staged: metafield(namespace: "$app:staging", key: "forecast_28") { value }
    own: metafield(namespace: "$app", key: "forecast_28") { value } } } }"""


@pytest.fixture(scope="module")
def test_world(world) -> World:
    """Open a second shop in the same store, with the same catalogue."""
    made = devstore(world.folder, "seed", "--state", "state", "--shop", TEST, "--days", "40", "--orders-per-day", "3")
    assert made.returncode == 0, made.stderr
    return replace(world, shop=TEST)


@pytest.fixture
def stores(world, test_world, settings):
    settings.DEMO = True
    settings.SHOPIFY_API_KEY, settings.SHOPIFY_API_SECRET = CLIENT_ID, SECRET
    settings.SHOPIFY_API_ORIGIN = f"http://127.0.0.1:{world.port}/shops/{{shop}}"
    settings.SHOPIFY_ADMIN_ORIGINS = [f"http://localhost:{world.port}"]
    settings.SHOPIFY_BULK_HOSTS = [f"127.0.0.1:{world.port}"]
    return world, test_world


@pytest.fixture
def shops(stores):
    """Install the app in both, as their owners, with the test store's permission to write products."""
    found = []
    for store in stores:
        token = store.id_token("owner")
        found.append(install.arrive(verify(token), token))
    real, test_shop = (arrival.shop for arrival in found)
    stores[1].control("scopes", grant=["write_products"])
    Shop.objects.filter(pk=test_shop.pk).update(scopes=[*test_shop.scopes, "write_products"])
    test_shop.refresh_from_db()
    histories.sell(real, variants=3, days=20, rate=4.0)
    for number, variant in enumerate(catalogue(stores[1])[:2]):
        copy(test_shop, variant, sku=f"SKU-{number}")
    subs = [arrival.staff.sub for arrival in found]
    now = timezone.now()
    code = links.ask_code(real, by=subs[0], now=now)
    links.enter_code(test_shop, code, by=subs[1], now=now)
    links.confirm(real, test_shop_id=test_shop.pk, by=subs[0], now=now)
    return real, test_shop, subs


def catalogue(store):
    """Return some variants that a shop of the development store really has."""
    answer = store.graphql("{ products(first: 3) { nodes { id title variants(first: 1) { nodes { id } } } } }")
    return [
        {"product": number(node["id"]), "title": node["title"], "variant": number(node["variants"]["nodes"][0]["id"])}
        for node in answer["data"]["products"]["nodes"]
    ]


def number(gid):
    return int(gid.rpartition("/")[2])


def copy(shop, variant, *, sku):
    """Write a variant as the import would, under a SKU that the real shop has, too."""
    at = timezone.now()
    Product.objects.create(shop=shop, shopify_id=variant["product"], title=variant["title"], updated_at=at)
    Variant.objects.create(
        shop=shop, shopify_id=variant["variant"], product_id=variant["product"], sku=sku, updated_at=at
    )


def staged_fields(store, test_shop):
    """Ask the development store itself what stands at the test shop's variants."""
    variants = Variant.objects.for_shop(test_shop).values_list("shopify_id", flat=True)
    ids = [f"gid://shopify/ProductVariant/{pk}" for pk in variants]
    nodes = store.graphql(FIELDS, ids=ids)["data"]["nodes"]
    return [(node["staged"] and node["staged"]["value"], node["own"]) for node in nodes]


def stage(real, learned=2.0):
    return staging.stage_version(a_toy(real, learned), timezone.now())


def test_the_advice_appears_in_the_test_store_under_a_namespace_of_its_own(shops, stores, moods):
    real, test_shop, _ = shops
    run = stage(real)
    assert {name: run.published[name] for name in ("sku", "title", "unmatched", "variants")} == {
        "sku": 2, "title": 0, "unmatched": 1, "variants": 2,
    }  # fmt: skip
    assert staged_fields(stores[1], test_shop) == [("56", None), ("56", None)]
    assert StagedField.objects.for_shop(real).filter(run=run, is_sent=True).count() == 4


def test_the_preview_leads_to_a_product_of_the_test_store_that_shows_them(shops, stores, moods):
    real, test_shop, _ = shops
    run = stage(real)
    page = requests.get(admin_page(test_shop.domain, f"products/{run.published['preview']}"), timeout=20)
    assert page.status_code == 200 and TEST in page.url
    assert "app--1--staging" in page.text and "forecast_28" in page.text and ">56<" in page.text


def test_a_newer_candidate_takes_the_place_of_an_older_one(shops, stores, moods):
    real, test_shop, _ = shops
    stage(real, 2.0)
    newer = stage(real, 3.0)
    assert [staged for staged, _ in staged_fields(stores[1], test_shop)] == ["84", "84"]
    assert set(StagedField.objects.values_list("run", flat=True)) == {newer.pk}
    Variant.objects.for_shop(test_shop).order_by("pk").last().delete()
    stage(real, 1.0)
    assert StagedField.objects.values("owner_id").distinct().count() == 1, "what no longer matches was taken back"


@pytest.mark.parametrize("side", [0, 1])
def test_unlinking_from_either_side_takes_all_of_them_back(shops, stores, moods, side):
    real, test_shop, subs = shops
    stage(real)
    assert links.unlink(shops[side], by=subs[side], now=timezone.now())
    jobs.carry_on()
    assert staged_fields(stores[1], test_shop) == [(None, None), (None, None)]
    assert not StagedField.objects.exists() and not StagingRun.objects.exists()
    told = LifecycleEvent.objects.for_shop(test_shop).last()
    assert (told.kind, told.details["fields"]) == ("test_store.cleared", 4)


def test_erasing_the_real_shop_takes_them_back_too(shops, stores, moods):
    real, test_shop, _ = shops
    stage(real)
    privacy.redact_shop(real)
    jobs.carry_on()
    assert staged_fields(stores[1], test_shop) == [(None, None), (None, None)]
    assert not StagedField.objects.exists() and not StagingRun.objects.exists()


def test_erasing_the_test_store_leaves_nothing_of_the_link(shops, stores, moods):
    real, test_shop, _ = shops
    stage(real)
    privacy.redact_shop(test_shop)
    assert not StagedField.objects.exists() and not StagingRun.objects.exists()
    assert links.link_of(real) is None


def test_a_worker_killed_half_way_is_followed_by_one_that_sends_the_rest(shops, stores, moods, monkeypatch):
    real, test_shop, _ = shops
    version, execute, sent = a_toy(real, 2.0), AdminApi.execute, []

    def dies_at_the_second(self, name, variables=None):
        if name == "metafields_set":
            sent.append(len(variables["metafields"]))
            if len(sent) == 2:
                raise KeyboardInterrupt
        return execute(self, name, variables)

    monkeypatch.setattr(fields.form, "PER_CALL", 2)
    monkeypatch.setattr(AdminApi, "execute", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        staging.stage_version(version, timezone.now())
    StagingRun.objects.update(heartbeat_at=timezone.now() - 2 * staging.runs.DEAD_AFTER)
    run = staging.stage_version(version, timezone.now())
    assert (run.state, run.attempts, sent) == ("passed", 2, [2, 2, 2])
    assert staged_fields(stores[1], test_shop) == [("56", None), ("56", None)]


def test_parting_while_fields_are_on_their_way_leaves_none(shops, stores, moods, monkeypatch):
    real, test_shop, _ = shops
    version, execute = a_toy(real, 2.0), AdminApi.execute

    def parts_meanwhile(self, name, variables=None):
        if name == "metafields_set":
            unlinking.leave(real, because="now", now=timezone.now())
            jobs.carry_on()
        return execute(self, name, variables)

    monkeypatch.setattr(AdminApi, "execute", parts_meanwhile)
    assert staging.stage_version(version, timezone.now()) is None
    monkeypatch.undo()
    assert staged_fields(stores[1], test_shop) == [(None, None), (None, None)]
    fields.take_back(test_shop, timezone.now() + fields.form.UNDER_WAY)
    assert not StagedField.objects.exists()


def test_a_permission_taken_away_meanwhile_is_said_in_words(shops, stores, moods):
    real = shops[0]
    stores[1].control("scopes", revoke=["write_products"])
    run = stage(real)
    assert run.state == "passed" and run.published["sentence"].startswith("Publishing stopped")
    stores[1].control("scopes", grant=["write_products"])
