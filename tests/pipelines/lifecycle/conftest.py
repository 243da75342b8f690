"""The lifecycle's tests run a toy in place of a model."""

from __future__ import annotations

import pytest

from pipelines.usecases import USE_CASES
from tests import toy_use_case


@pytest.fixture
def toy(monkeypatch):
    """Register the toy as a use case and return how it is to behave."""
    monkeypatch.setitem(USE_CASES, toy_use_case.SLUG, toy_use_case.TOY)
    monkeypatch.setattr(toy_use_case, "mood", toy_use_case.Mood())
    return toy_use_case.mood
