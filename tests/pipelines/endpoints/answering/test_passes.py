"""A pass is signed as Django signs, only sooner, and stays good while a key is changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.signing import Signer

from pipelines.endpoints.answering import passes

SHOP, SLUG, UNIT = "ada.myshopify.com", "visits", "visitor-1"
AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
UNTIL = AT + timedelta(hours=1)


def test_it_is_what_django_signs() -> None:
    signed = Signer(salt=f"answering|{SHOP}|{SLUG}").sign(f"{UNIT}:{int(UNTIL.timestamp())}")
    assert passes.give(SHOP, SLUG, UNIT, UNTIL) == signed
    assert passes.unit_of(signed, SHOP, SLUG, AT) == UNIT


def test_it_outlives_a_change_of_the_key_as_long_as_the_old_one_is_known(settings: Any) -> None:
    settings.SECRET_KEY = "first"
    given = passes.give(SHOP, SLUG, UNIT, UNTIL)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "second", ["first"]
    assert passes.unit_of(given, SHOP, SLUG, AT) == UNIT
    assert passes.give(SHOP, SLUG, UNIT, UNTIL) != given
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(passes.NotAllowed):
        passes.unit_of(given, SHOP, SLUG, AT)
