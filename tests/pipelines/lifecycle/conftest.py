"""The lifecycle's tests run a toy in place of a model."""

from __future__ import annotations

import pytest

from pipelines.usecases import USE_CASES
from tests import one_family as alone
from tests import toy_use_case

one_family = alone.one_family


@pytest.fixture
def toy(monkeypatch):
    """Register the toy as a use case and return how it is to behave."""
    monkeypatch.setattr(toy_use_case, "mood", toy_use_case.Mood())
    with USE_CASES.also(toy_use_case.TOY):
        yield toy_use_case.mood
