"""Releases are tested on a shop whose orders are fresh."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def shop(db: None) -> Any:
    """Return a shop that was pulled a moment ago."""
    from tests import histories

    shop = histories.a_shop()
    histories.pulled(shop)
    return shop
