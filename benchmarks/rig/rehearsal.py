"""A shop whose shoppers can be split, and versions of it with signed files: what a rehearsal of releases needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from django.utils import timezone

from benchmarks.rig.answering.use_case import USE_CASE as ANSWERING
from pipelines.lifecycle import approvers
from pipelines.lifecycle.releases import approval, move, propose
from pipelines.lifecycle.versions import artifacts, registry
from pipelines.models import (
    DatasetSnapshot,
    Deployment,
    ModelVersion,
    Order,
    Release,
    ServingWindow,
    Shop,
    ShopSettings,
    SyncRun,
)
from pipelines.usecases import USE_CASES

SLUG = "rehearsal"
OPERATOR = f"{approvers.OPERATOR}rehearsal"
SPLITS = replace(ANSWERING, slug=SLUG, title="Rehearsal", score="none:score")  # split, and never asked
PEAKS = {"weekday": [11, 12], "weekend": [15], "learned": "2026-01-01"}
UNITS, ORDERS = 100_000, 600  # of the last four weeks: a canary begins at 25 %, then 50 %


@contextmanager
def use_case() -> Iterator[str]:
    """Let a use case with visitors exist for a while."""
    with USE_CASES.also(SPLITS):
        yield SLUG


def a_shop(name: str) -> Shop:
    """Return a shop with fresh data and enough traffic for a canary."""
    now = timezone.now()
    shop = Shop.objects.create(
        domain=f"{name}.myshopify.com", timezone="UTC", currency="GBP", country="GB", installed_at=now
    )
    ShopSettings.objects.create(shop=shop, peak_hours=PEAKS)
    SyncRun.objects.create(shop=shop, kind=SyncRun.Kind.ORDERS, trigger="daily", state="done", finished_at=now)
    hour = now.replace(minute=0, second=0, microsecond=0) - timedelta(days=27)
    ServingWindow.objects.create(
        shop=shop, use_case=SLUG, arm="stable", starts_at=hour, ends_at=hour + timedelta(hours=1), units=UNITS
    )
    facts = {"created_at": hour, "processed_at": hour, "updated_at": hour, "currency": "GBP", "total_minor": 3000}
    facts |= {"unit": bytes(16)}  # of somebody who was seen: no other order plans a comparison
    Order.objects.bulk_create(Order(shop=shop, shopify_id=number, **facts) for number in range(1, ORDERS + 1))
    return shop


def a_version(shop: Shop) -> ModelVersion:
    """Return a validated version with signed files."""
    number = registry.next_number(shop.pk, SLUG)
    files = {"recipe.json": b'{"number": %d}' % number}
    stored = artifacts.store(shop.pk, SLUG, number, files)
    dataset = DatasetSnapshot.objects.create(shop=shop, use_case=SLUG, digest="d" * 64)
    return ModelVersion.objects.create(
        shop=shop,
        use_case=SLUG,
        number=number,
        state=ModelVersion.State.VALIDATED,
        dataset=dataset,
        artifact_path=stored.path,
        artifact_digest=stored.digest,
        content_digest=artifacts.content_digest(files),
        signature=stored.signature,
    )


def a_card(version: ModelVersion, strategy: str) -> Release:
    """Return a release of a version that waits for somebody's yes."""
    card = propose.propose(version, strategy=strategy)
    if card is None:
        raise RuntimeError(f"{version} could not be proposed")
    while not card.is_waiting_for_merchant:
        step(card)
    return card


def step(row: Release) -> None:
    """Take the next step, as a good look would."""
    if not move.enter_step(row, move.next_step(row), timezone.now(), by=move.SYSTEM, because="Well"):
        raise RuntimeError(f"release {row.pk} was moved by somebody else")


def approve(card: Release) -> None:
    """Say yes to a card exactly as it stands."""
    approval.approve(
        card,
        sub=OPERATOR,
        revision=card.revision,
        artifact_digest=card.version.artifact_digest,
        evidence_digest=card.evidence_digest,
    )


def fresh(row: Release) -> Release:
    """Read a release again."""
    return Release.objects.select_related("version", "shop").get(pk=row.pk)


def pointer(shop: Shop) -> Deployment:
    """Read what runs."""
    return Deployment.objects.get(shop=shop, use_case=SLUG)
