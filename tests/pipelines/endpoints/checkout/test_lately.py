"""The last figure of a checkout stands in for a while, with its age, and for no other checkout."""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.endpoints.checkout import lately

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINE = (("a.myshopify.com", "chances"), b"a", 1)
NOTHING = {"score": None, "age": None}


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lately, "told", OrderedDict())


def test_it_grows_old_and_is_gone() -> None:
    assert lately.of(MINE, 0.4567, NOW) == {"score": 0.46, "age": 0}
    for seconds, said in ((90, {"score": 0.46, "age": 90}), (900, {"score": 0.46, "age": 900}), (901, NOTHING)):
        assert lately.of(MINE, None, NOW + seconds * SECOND) == said
    assert not lately.told


def test_a_new_one_takes_its_place() -> None:
    lately.of(MINE, 0.4, NOW)
    lately.of(MINE, 0.6, NOW + 60 * SECOND)
    assert lately.of(MINE, None, NOW + 90 * SECOND) == {"score": 0.6, "age": 30}


def test_it_is_of_one_shop_shopper_and_checkout() -> None:
    lately.of(MINE, 0.4, NOW)
    key, unit, checkout = MINE
    for other in ((("b.myshopify.com", "chances"), unit, checkout), (key, b"b", checkout), (key, unit, 2)):
        assert lately.of(other, None, NOW) == NOTHING


def test_who_was_told_longest_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lately, "MOST", 2)
    for unit in (b"a", b"b", b"c"):
        lately.of((MINE[0], unit, 1), 0.4, NOW)
    assert [unit for _, unit, _ in lately.told] == [b"b", b"c"]
