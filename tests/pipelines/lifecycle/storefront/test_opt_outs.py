"""Who opted out is known everywhere soon, and only of shops that are there."""

from __future__ import annotations

from datetime import datetime, timedelta

import orjson
import pytest
from django.db import connection
from django.utils import timezone

from pipelines.lifecycle.ingest import privacy
from pipelines.lifecycle.storefront import opt_outs
from pipelines.models import OptOut, Shop
from tests import factories

pytestmark = pytest.mark.django_db
NOW = timezone.now()
UNITS = ("ab" * 16, "cd" * 16)


def keep(*rows: tuple[str, str], at: datetime = NOW) -> None:
    """Write opt-outs down, as the committer does."""
    told = [opt_outs.OptedOut(domain, unit, at) for domain, unit in rows]
    with connection.cursor() as cursor:
        cursor.execute(opt_outs.KEEP, [orjson.dumps(told).decode()])


def test_an_opt_out_stands_once_in_a_shop_that_has_the_app() -> None:
    shop, gone = factories.a_shop(), factories.a_shop(uninstalled_at=NOW)
    keep((shop.domain, UNITS[0]), (shop.domain, UNITS[0]), (gone.domain, UNITS[0]), ("nobody", UNITS[0]))
    keep((shop.domain, UNITS[0]))
    assert OptOut.objects.get().shop == shop


def test_said_again_it_stands_from_then_on() -> None:
    shop = factories.a_shop()
    for days in (300, 0, 100):
        keep((shop.domain, UNITS[0]), at=NOW - timedelta(days=days))
    assert OptOut.objects.get().at == NOW


def test_what_came_since_is_read() -> None:
    shop = factories.a_shop()
    keep((shop.domain, UNITS[0]))
    newest, known = opt_outs.since(0)
    assert known == {(shop.domain, bytes.fromhex(UNITS[0]))}
    keep((shop.domain, UNITS[1]))
    assert opt_outs.since(newest)[1] == {(shop.domain, bytes.fromhex(UNITS[1]))}
    assert opt_outs.since(newest + 100) == (newest + 100, set())


def test_those_of_some_shops_are_read() -> None:
    one, other = factories.a_shop(), factories.a_shop()
    keep((one.domain, UNITS[0]), (other.domain, UNITS[1]))
    assert opt_outs.of([one.domain]) == {(one.domain, bytes.fromhex(UNITS[0]))}


def test_they_go_with_the_shop() -> None:
    shop = factories.a_shop()
    keep((shop.domain, UNITS[0]))
    privacy.redact_shop(Shop.objects.get(pk=shop.pk))
    assert not OptOut.objects.exists()
