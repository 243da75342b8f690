"""A use case whose units are split, and a release that shoppers see, made as rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from django.db import connection

from pipelines.lifecycle.evidence import answers, exposures
from pipelines.models import Approval, Deployment, Exposure, ModelVersion, Order, Release, ShopSettings
from pipelines.strategies import Step
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Randomised
from tests import histories, toy_use_case
from tests.histories import numbers

SLUG = "shown"
SHOWN = dataclasses.replace(
    toy_use_case.TOY,
    slug=SLUG,
    title="Shown",
    unit="visitor",
    serves="request",
    replay="",
    reaches_shoppers=True,
    evidence=Randomised(),
)
MONDAY = datetime(2026, 9, 14, tzinfo=UTC)  # 10:00 to 12:00 and Saturdays 15:00 are peaks
PEAKS = {"weekday": [10, 11], "weekend": [15]}
RAMP = (Step("5 %", weight=5, hours=24), Step("50 %", weight=50, hours=24), Step("all", weight=100))


@pytest.fixture
def shown() -> Iterator[str]:
    """Let a use case with visitors exist during a test."""
    with USE_CASES.also(SHOWN):
        yield SLUG


def a_shop(**changes: object) -> Any:
    """Return a shop in UTC whose peak hours are known."""
    shop = histories.a_shop(**{"timezone": "UTC"} | changes)
    ShopSettings.objects.filter(shop=shop).update(peak_hours=PEAKS)
    return shop


def a_canary(shop: Any, *, at: datetime = MONDAY, step: int = 0, **changes: Any) -> Release:
    """Return a release that some shoppers see, approved, beside a version that the others see."""
    old, new = (histories.a_version(shop, use_case=SLUG) for _ in range(2))
    facts: dict[str, Any] = {
        "use_case": SLUG,
        "version": new,
        "strategy": "canary",
        "steps": [each.as_dict() for each in RAMP],
        "step": step,
        "weight": RAMP[step].weight,
        "phase": Release.Phase.CANARY,
        "seed": "seed",
        "evidence": {"plan": {"margin": 0.1, "cap_minor": 50_000}},
        "entered_at": at,
        "exposed_at": at,
    }
    release = Release.objects.create(shop=shop, **facts | changes)
    pointer = Deployment.of(shop, SLUG)
    Deployment.objects.filter(pk=pointer.pk).update(active=old, canary=new, active_since=at - timedelta(days=30))
    an_approval(release, at)
    return release


def an_approval(release: Release, at: datetime, **changes: Any) -> Approval:
    """Return the merchant's yes."""
    facts: dict[str, Any] = {
        "sub": histories.OWNER,
        "artifact_digest": release.version.artifact_digest,
        "evidence_digest": release.evidence_digest,
        "expires_at": at + timedelta(days=7),
    }
    return Approval.objects.create(shop_id=release.shop_id, release=release, **facts | changes)


def active(release: Release) -> ModelVersion:
    """Return the version that everybody else sees."""
    return Deployment.objects.get(shop=release.shop_id, use_case=release.use_case).active


def enter(release: Release, step: int, at: datetime) -> None:
    """Take a step."""
    Release.objects.filter(pk=release.pk).update(step=step, weight=RAMP[step].weight, entered_at=at)
    release.refresh_from_db()


def exposed(release: Release, arm: str, units: int, at: datetime, **changes: Any) -> list[bytes]:
    """Write down that so many units first saw an arm then; return the units."""
    shown = [next(numbers).to_bytes(16) for _ in range(units)]
    facts: dict[str, Any] = {"release": release, "arm": arm, "step": release.step, "first_at": at}
    Exposure.objects.bulk_create(Exposure(shop_id=release.shop_id, unit=unit, **facts | changes) for unit in shown)
    return shown


def append(statement: str, rows: Iterable[Any]) -> None:
    """Append rows as the web process's committer does."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [orjson.dumps(list(rows)).decode()])


def pointer(shop: Any, use_case: str = SLUG) -> exposures.Pointer:
    """Return what runs for a shop."""
    ((_, found),) = exposures.pointers([use_case], [shop.pk])
    return found


def sees(shop: Any, use_case: str, *visitors: str, at: datetime) -> list[exposures.Assignment]:
    """Let visitors ask, and their first sight be written down; return what each one sees."""
    there = pointer(shop, use_case)
    seen = [exposures.assign(there, who, at=at) for who in visitors]
    sights = (exposures.sight(there, each, at) for each in seen)
    append(exposures.SEE, (sight for sight in sights if sight))
    return seen


def said(shop: Any, version: Any, arm: str, unit: bytes, at: datetime, **changes: Any) -> answers.Said:
    """Return one logged answer."""
    facts = {"use_case": SLUG, "outcome": "answered"} | changes
    return answers.Said(shop.pk, version=getattr(version, "pk", version), arm=arm, unit=unit.hex(), at=at, **facts)


def ordered(release: Release, units: Iterable[bytes], at: datetime, minor: int = 1000, **changes: Any) -> None:
    """Let each unit order then."""
    facts: dict[str, Any] = {"created_at": at, "processed_at": at, "updated_at": at, "currency": "GBP"}
    facts |= {"total_minor": minor, "subtotal_minor": minor, "shop_id": release.shop_id}
    Order.objects.bulk_create(Order(shopify_id=next(numbers), unit=unit, **facts | changes) for unit in units)


def an_hour(
    release: Release, at: datetime, *, control: tuple[int, int], canary: tuple[int, int], minor: int = 1000
) -> None:
    """Let units of both arms come in one hour: (units, of them with an order within minutes)."""
    for arm, (units, orders) in (("control", control), ("canary", canary)):
        shown = exposed(release, arm, units, at + timedelta(minutes=10))
        ordered(release, shown[:orders], at + timedelta(minutes=30), minor)
