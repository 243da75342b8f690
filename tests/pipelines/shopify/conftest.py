"""A shop that is connected to the FakeShopify. Tables are imported late: pytest reads this before Django is set up."""

from typing import Any

import pytest
from django.utils import timezone

from tests.identities import SHOP


@pytest.fixture
def shop(db: None) -> Any:
    from pipelines.models import Shop

    return Shop.objects.create(domain=SHOP, installed_at=timezone.now())


@pytest.fixture
def connected(shop: Any, shopify: Any) -> Any:
    from pipelines.shopify import token_exchange, tokens
    from tests.identities import id_token

    tokens.obtain(shop, lambda: token_exchange.exchange_offline(SHOP, id_token()))
    return shop


@pytest.fixture
def api(connected: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a client that knows nothing yet of anybody's points."""
    from pipelines.shopify import admin_api

    monkeypatch.setattr(admin_api, "_buckets", {})
    monkeypatch.setattr(admin_api, "_requested", {})
    return admin_api.AdminApi(connected)


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Sleep not at all, and remember for how long."""
    taken: list[float] = []
    monkeypatch.setattr("time.sleep", taken.append)
    return taken
