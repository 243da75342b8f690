"""Each sender has a bucket of its own, which fills by itself."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pipelines.endpoints.storefront.limits import Limit


@pytest.fixture
def clock() -> SimpleNamespace:
    return SimpleNamespace(now=0.0)


def a_limit(clock: SimpleNamespace, **changes: int) -> Limit:
    return Limit(**{"at_once": 10, "a_second": 2} | changes, clock=lambda: clock.now)


def test_so_much_goes_through_at_once_and_then_so_much_a_second(clock: SimpleNamespace) -> None:
    limit = a_limit(clock)
    assert [limit.takes("a") for _ in range(11)] == [True] * 10 + [False]
    clock.now += 1
    assert [limit.takes("a") for _ in range(3)] == [True, True, False]


def test_a_bucket_never_holds_more_than_at_the_start(clock: SimpleNamespace) -> None:
    limit = a_limit(clock)
    limit.takes("a", 10)
    clock.now += 1_000_000
    assert limit.takes("a", 10) and not limit.takes("a")


def test_what_is_too_much_takes_nothing_away(clock: SimpleNamespace) -> None:
    limit = a_limit(clock)
    assert not limit.takes("a", 11)
    assert limit.takes("a", 10)


def test_senders_do_not_pay_for_each_other(clock: SimpleNamespace) -> None:
    limit = a_limit(clock)
    assert limit.takes("a", 10) and limit.takes("b", 10)


def test_so_many_senders_are_remembered_and_the_most_silent_is_forgotten_first(clock: SimpleNamespace) -> None:
    limit = a_limit(clock, most=2)
    for sender in ("a", "b", "a", "c"):
        limit.takes(sender)
    assert list(limit.left) == ["a", "c"]
