"""A shop that operators look after. Rows are imported late: this file is read before Django is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.dashboard.conftest import queued
from tests.identities import SHOP

if TYPE_CHECKING:
    from pipelines.models import Shop

__all__ = ["queued"]


@pytest.fixture
def shop(db: None, queued: list[Any], settings: Any) -> Shop:
    """Return a shop that has one of everything."""
    from tests.tenancy import two_shops

    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": static}
    return two_shops.a_whole_shop(SHOP, "Northbeck Outfitters")
