"""Whoever locks its shop does so first: what watches over that in every test sees it."""

from __future__ import annotations

import pytest
from django.db import transaction

from pipelines.models import Deployment, LifecycleEvent, Shop
from tests import histories

pytestmark = pytest.mark.django_db


def change(shop: Shop) -> None:
    Deployment.objects.for_shop(shop).update(revision=7)


def record(shop: Shop) -> None:
    LifecycleEvent.record(shop, "x", by="system", because="x")


def test_a_shop_that_is_locked_after_rows_of_it_is_noted(locks: list[str]) -> None:
    shop = histories.a_shop()
    with transaction.atomic():
        change(shop)
        record(shop)
    assert locks == ["the shop is locked after rows of pipelines_deployment"]
    locks.clear()


def test_a_shop_that_is_locked_first_is_not(locks: list[str]) -> None:
    shop = histories.a_shop()
    with transaction.atomic():
        Shop.objects.lock(shop)
        change(shop)
        with transaction.atomic():
            list(Deployment.objects.select_for_update().for_shop(shop))
            record(shop)
    change(shop)
    record(shop)
    assert locks == []
