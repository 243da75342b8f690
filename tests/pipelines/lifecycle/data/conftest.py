"""Data is tested on a shop that was pulled an hour ago."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest


@pytest.fixture
def shop(db: None) -> Any:
    """Return a shop that was pulled an hour before the morning of the tests."""
    from tests import histories
    from tests.pipelines.lifecycle.data.days import NOW

    shop = histories.a_shop()
    histories.pulled(shop, NOW - timedelta(hours=1))
    return shop
