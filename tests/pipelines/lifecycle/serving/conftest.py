"""A shop that sells, its live version, and a candidate that runs alongside."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from pipelines.strategies import Step
from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast import USE_CASE


@pytest.fixture(scope="session")
def files():
    """Fit once: what the tests look at is what becomes of it."""
    days = pd.date_range("2026-07-01", "2026-11-19")
    sales = pd.DataFrame({"unique_id": 200_000, "ds": days, "y": np.tile([1.0, 2.0, 3.0], 50)[: len(days)]})
    fitted = USE_CASE.resolve("fit")(Frames({"daily_sales": sales}, asof=date(2026, 11, 19)))
    return USE_CASE.resolve("dump")(fitted)


@pytest.fixture
def shop():
    from tests import histories

    return histories.a_shop()


@pytest.fixture
def things(shop):
    from tests import histories

    return histories.sell(shop, variants=3, days=60)


@pytest.fixture
def version(shop, things, files):
    from pipelines.lifecycle.releases import propose
    from tests import histories

    version = histories.a_version(shop, files=files)
    histories.approved(propose.propose(version))
    return version


@pytest.fixture
def candidate(shop, things, version, files):
    """Return a newer version whose open release runs alongside."""
    from pipelines.models import Release
    from tests import histories

    newer = histories.a_version(shop, files=files)
    alongside = Step("alongside", mirrors=True).as_dict()
    facts = {"strategy": "blue_green", "steps": [alongside], "phase": Release.Phase.SHADOW, "seed": "seed"}
    Release.objects.create(shop=shop, use_case=newer.use_case, version=newer, **facts)
    return newer
