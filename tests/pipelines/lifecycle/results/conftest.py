"""A shop in London with October behind it."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def shop(db: None) -> Any:
    from tests import reporting

    return reporting.a_shop()


@pytest.fixture
def version(shop: Any) -> Any:
    from tests import reporting

    return reporting.live(shop)
