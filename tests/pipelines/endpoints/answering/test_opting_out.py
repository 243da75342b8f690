"""A process learns who opted out before it decides anything, and forgets it with the shop."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from pipelines.endpoints.answering import memory
from pipelines.endpoints.answering.memory import Memory
from pipelines.models import OptOut, Shop
from tests import exposing

pytestmark = pytest.mark.django_db
NOW, UNIT = timezone.now(), b"u" * 16


@pytest.fixture
def shop() -> Shop:
    return exposing.a_shop()


def opts_out(shop: Shop, unit: bytes = UNIT, **changes: Any) -> OptOut:
    return OptOut.objects.create(shop=shop, unit=unit, at=NOW, **changes)


def test_who_opted_out_in_a_shop_that_left_is_forgotten_and_known_again_when_it_is_back(shop: Shop) -> None:
    row = opts_out(shop)
    kept = Memory()
    for has_left, known in ((False, {(shop.domain, UNIT)}), (True, set()), (False, {(shop.domain, UNIT)})):
        Shop.objects.update(uninstalled_at=NOW if has_left else None)
        kept.look()
        kept.newest_opt_outs.extend([(float("-inf"), row.pk)] * 2)  # long ago
        assert kept.opted_out == known


def test_a_process_that_begins_keeps_nobody_of_a_shop_that_has_left(shop: Shop) -> None:
    opts_out(shop)
    Shop.objects.update(uninstalled_at=NOW)
    kept = Memory()
    kept.opted_out.add((shop.domain, UNIT))
    kept.look()
    assert not kept.opted_out


def test_while_nobody_can_be_read_that_opted_out_nothing_is_decided(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Memory()

    def fails(last: int) -> Any:
        raise OSError

    monkeypatch.setattr(memory.opt_outs, "since", fails)
    with pytest.raises(OSError):
        kept.look()
    assert kept.pointers is None


def test_a_batch_that_is_seen_after_a_later_one_is_known(shop: Shop) -> None:
    newest = opts_out(shop, b"n" * 16, pk=memory.UNDER_WAY)
    kept = Memory()
    kept.look()
    opts_out(shop, pk=1)
    kept.look()
    assert (shop.domain, UNIT) in kept.opted_out
    opts_out(shop, b"l" * 16, pk=newest.pk + memory.UNDER_WAY)
    kept.look()
    opts_out(shop, b"e" * 16, pk=newest.pk + 1)
    kept.look()
    assert (shop.domain, b"e" * 16) in kept.opted_out


def test_what_was_read_long_enough_ago_is_read_no_more(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, clock = Memory(), [1000.0]
    monkeypatch.setattr(memory.time, "monotonic", lambda: clock[0])
    for seconds in (0.0, 1.0, memory.OVERLAP, 1.0):
        clock[0] += seconds
        last = opts_out(shop, f"{clock[0]:016}".encode())
        kept.look()
    assert kept.newest_opt_outs[0] == (1001.0, last.pk - 2) and len(kept.newest_opt_outs) == 3
