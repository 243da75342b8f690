"""The rooms of the machine are tried with one family there, and those of the tests beside it: they know none by name.

That several live side by side is tried by the contract, on every page, in the browser, by the demo and in a journey.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipelines.usecases import USE_CASES, demand_forecast

OURS = tuple(USE_CASES.values())


@pytest.fixture(autouse=True)
def one_family() -> Iterator[None]:
    """Let the demand forecast be the only family of ours."""
    with USE_CASES.only(demand_forecast.USE_CASE):
        yield
