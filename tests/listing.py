"""A family whose answers are lists of products in two slots, and a development store that shows them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone

from pipelines.lifecycle.ingest import install
from pipelines.lifecycle.serving import publish
from pipelines.models import Deployment, ModelVersion, Product, Publication, PublishedFields, Release, Shop, own
from pipelines.shopify.id_tokens import verify
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Held, Metafields, Output, Slots
from tests import histories
from tests.devstore.conftest import CLIENT_ID, SECRET, World
from tests.toy_use_case import TOY

SLUG, TABLE = "lists", "RecommendationList"
SCOPE = "write_products"
STANDARD = ("shopify--discovery--product_recommendation", "complementary_products")
LIST = "list.product_reference"
SLOTS = Slots(
    keys=("a", "b"),
    pointer=("recommendations", "rules"),
    fallback="best",
    fallback_rows={"kind": "best"},
    standard=STANDARD,
)
OUTPUT = Output(
    "lists",
    table=TABLE,
    judge="here:judge",
    kept=Held(),
    metafields=Metafields(
        types=dict.fromkeys(("a", "b", "best"), LIST),
        owner="Product",
        unit="unit_id",
        namespace="$app:recommendations",
        rows={"kind": "page"},
        slots=SLOTS,
    ),
)
LISTS = replace(TOY, slug=SLUG, title="Lists", reaches_shoppers=True, outputs=(OUTPUT,))
READ = """query Read($id: ID!) { product(id: $id) {
  a: metafield(namespace: "$app:recommendations", key: "a") { value }
  b: metafield(namespace: "$app:recommendations", key: "b") { value }
  best: metafield(namespace: "$app:recommendations", key: "best") { value }
  standard: metafield(namespace: "shopify--discovery--product_recommendation", key: "complementary_products") { value }
} }"""
RULES = """{ currentAppInstallation { metafield(namespace: "recommendations", key: "rules") { value } } }"""


@dataclass
class Listing:
    """A shop, its store, and what the tests do with both."""

    shop: Shop
    store: World
    products: list[int]

    @property
    def row(self) -> Publication:
        return Publication.of(self.shop, SLUG)

    @property
    def pointer(self) -> Deployment:
        return Deployment.of(self.shop, SLUG)

    def know(self, product: int, title: str = "Thing") -> None:
        """Let a product be known to us."""
        Product.objects.create(
            shop=self.shop, shopify_id=product, title=title, updated_at=timezone.now() - timedelta(days=1)
        )
        self.products.append(product)

    def says(self, version: ModelVersion | None, lists: dict[int, Sequence[int]], kind: str = "page") -> None:
        """Write what a version says, in the place of what it said before."""
        table, whose = own.table(TABLE), {"shop": self.shop, "version": version, "kind": kind}
        table.objects.filter(**whose).delete()
        facts = {"scores": [], "reasons": [], "details": [], "origin": timezone.now().date()}
        table.objects.bulk_create(
            table(**whose, **facts, unit_id=unit, picks=list(picks), updated_at=timezone.now())
            for unit, picks in lists.items()
        )

    def version(self, *first: int, **changes: Any) -> ModelVersion:
        """Return a version that says of each product: first these, then the ones after it."""
        version = histories.a_version(self.shop, use_case=SLUG, **changes)
        self.says(version, {product: [*first, *self.products[:2]] for product in self.products})
        return version

    def runs(self, version: ModelVersion | None, standby: ModelVersion | None = None) -> None:
        """Make a version live."""
        pointer = self.pointer
        changes = {"active": version, "standby": standby, "canary": None, "active_since": timezone.now()}
        Deployment.objects.filter(pk=pointer.pk).update(**changes, revision=pointer.revision + 1)

    def release(self, version: ModelVersion, phase: str = Release.Phase.AWAITING_APPROVAL, weight: int = 0) -> Release:
        """Open a release, or move the one that is open."""
        facts = {"strategy": "canary", "steps": [{"name": "first", "weight": weight, "splits": True}]}
        row, _ = Release.objects.update_or_create(
            shop=self.shop, use_case=SLUG, version=version, defaults=facts | {"phase": phase, "weight": weight}
        )
        canary = version if phase == Release.Phase.CANARY else None
        Deployment.objects.filter(pk=self.pointer.pk).update(canary=canary)
        return row

    def publish(self) -> int:
        """Publish once."""
        return publish.publish(Shop.objects.get(pk=self.shop.pk), SLUG)

    def settle(self) -> None:
        """Publish until all is there."""
        for _ in range(600):
            self.publish()
            if self.row.is_whole:
                return
            time.sleep(0.05)
        raise AssertionError(f"it never was whole: {self.row.slots}, {self.row.stopped_because}")

    def fields(self, product: int) -> dict[str, list[int]]:
        """Read a product's lists at Shopify."""
        held = self.store.graphql(READ, id=gid(product))["data"]["product"]
        return {key: ids(field["value"]) for key, field in held.items() if field}

    def rules(self) -> dict[str, Any]:
        """Read what the storefront is told."""
        held = self.store.graphql(RULES)["data"]["currentAppInstallation"]["metafield"]
        return json.loads(held["value"]) if held else {}

    def page(self, product: int) -> str:
        """Read a product's page in the shop."""
        ask = "query H($id: ID!) { product(id: $id) { handle } }"
        handle = self.store.graphql(ask, id=gid(product))["data"]["product"]["handle"]
        address = f"http://127.0.0.1:{self.store.port}/store/{self.store.shop}/products/{handle}"
        return requests.get(address, timeout=60).text

    def variant(self, product: int) -> int:
        """Return a variant of a product."""
        ask = "query V($id: ID!) { product(id: $id) { variants(first: 1) { nodes { id } } } }"
        held = self.store.graphql(ask, id=gid(product))["data"]["product"]["variants"]["nodes"]
        return int(held[0]["id"].rpartition("/")[2])

    def operations(self) -> int:
        """Count the bulk operations that brought what is known now."""
        known = PublishedFields.objects.for_shop(self.shop).exclude(operation="")
        return known.values("operation").distinct().count()


@pytest.fixture
def listing(world: World, settings: Any) -> Iterator[Listing]:
    """Install the app in the development store, with leave to write products."""
    settings.DEMO = True
    settings.SHOPIFY_API_KEY, settings.SHOPIFY_API_SECRET = CLIENT_ID, SECRET
    settings.SHOPIFY_API_ORIGIN = f"http://127.0.0.1:{world.port}/shops/{{shop}}"
    settings.SHOPIFY_BULK_HOSTS = [f"127.0.0.1:{world.port}"]
    for lever in ("uninstall", "reinstall"):
        world.control(lever)
    world.control("scopes", grant=[SCOPE])
    token = world.id_token()
    with USE_CASES.also(LISTS):
        yield a_listing(world, install.arrive(verify(token), token).shop)


def a_listing(store: World, shop: Shop, count: int = 8) -> Listing:
    """Return a shop whose first products are known to us."""
    nodes = store.graphql("{ products(first: 40) { nodes { id title status } } }")["data"]["products"]["nodes"]
    products = [int(node["id"].rpartition("/")[2]) for node in nodes if node["status"] == "ACTIVE"][:count]
    found = Listing(shop, store, [])
    for product in products:
        found.know(product)
    return found


def gid(product: int) -> str:
    """Return a product's id at Shopify."""
    return f"gid://shopify/Product/{product}"


def ids(value: str) -> list[int]:
    """Read a list of products."""
    return [int(each.rpartition("/")[2]) for each in json.loads(value)]
