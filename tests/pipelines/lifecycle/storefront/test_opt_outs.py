"""Who opted out is known everywhere soon, and only of shops that are there."""

from __future__ import annotations

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


def keep(*rows: tuple[str, str]) -> None:
    """Write opt-outs down, as the committer does."""
    told = [opt_outs.OptedOut(domain, unit, NOW) for domain, unit in rows]
    with connection.cursor() as cursor:
        cursor.execute(opt_outs.KEEP, [orjson.dumps(told).decode()])


def test_an_opt_out_stands_once_in_a_shop_that_has_the_app() -> None:
    shop, gone = factories.a_shop(), factories.a_shop(uninstalled_at=NOW)
    keep((shop.domain, UNITS[0]), (shop.domain, UNITS[0]), (gone.domain, UNITS[0]), ("nobody", UNITS[0]))
    keep((shop.domain, UNITS[0]))
    assert OptOut.objects.get().shop == shop


def test_what_came_since_is_read_and_a_little_more() -> None:
    shop = factories.a_shop()
    keep((shop.domain, UNITS[0]))
    newest, known = opt_outs.since(0)
    assert known == {(shop.domain, bytes.fromhex(UNITS[0]))}
    keep((shop.domain, UNITS[1]))
    assert opt_outs.since(newest)[1] == {(shop.domain, bytes.fromhex(unit)) for unit in UNITS}
    assert opt_outs.since(newest + opt_outs.OVERLAP + 1)[1] == set()


def test_they_go_with_the_shop() -> None:
    shop = factories.a_shop()
    keep((shop.domain, UNITS[0]))
    privacy.redact_shop(Shop.objects.get(pk=shop.pk))
    assert not OptOut.objects.exists()
