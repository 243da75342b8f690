"""What a merchant decides about who is told: bounded, sealed, and in the ledger without where to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.lifecycle.alerts import channels, keepers
from pipelines.lifecycle.errors import Refused
from pipelines.models import AlertChannel, LifecycleEvent

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)
HOURS = {"quiet_from": None, "quiet_until": None}


def add(shop, kind="email", target="ann@example.com"):
    return keepers.add(shop, kind=kind, target=target, least="warning", by="70001", **HOURS)


def test_a_channel_is_kept_sealed_and_in_the_ledger_without_where_to(shop):
    kept = add(shop)
    assert channels.target_of(kept) == "ann@example.com"
    keepers.remove(kept, by="70001")
    events = LifecycleEvent.objects.for_shop(shop).order_by("seq")
    assert [(event.kind, event.by) for event in events] == [("channel.added", "70001"), ("channel.removed", "70001")]
    assert "ann@" not in "".join(str(event.details) for event in events) and not AlertChannel.objects.exists()


def test_flow_keeps_no_address(shop):
    assert add(shop, kind="flow").target == b""


def test_a_shop_has_ten_at_most(shop):
    for _ in range(keepers.MOST):
        add(shop)
    with pytest.raises(Refused, match="Remove one first"):
        add(shop)


def test_tests_are_bounded_and_may_go_on_an_hour_later(shop):
    kept = add(shop)
    for _ in range(keepers.MOST_TESTS):
        keepers.test(kept, NOW)
    with pytest.raises(Refused, match="often enough"):
        keepers.test(kept, NOW + timedelta(minutes=59))
    assert keepers.test(kept, NOW + timedelta(minutes=61)).occasion == "test"
