"""What a way back avoided: with its range, or why there is none."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipelines.lifecycle.results import report, rollbacks
from pipelines.models import Release
from tests import histories
from tests.reporting import OCTOBER, USE_CASE

AT = OCTOBER.starts_at + timedelta(days=16)


def taken_back(shop, recovery=None, at=AT, **changes):
    row = histories.a_live_release(histories.a_version(shop))
    facts = {"phase": "rolled_back", "exposed_at": at - timedelta(minutes=22), "entered_at": at}
    analysis = {"recovery": recovery} if recovery else {}
    Release.objects.filter(pk=row.pk).update(**facts | {"analysis": analysis} | changes)


def claims(shop):
    return rollbacks.claims(report.asked_of(shop, USE_CASE, OCTOBER, frozenset()))


def test_an_avoided_loss_has_its_range(shop):
    avoided = {"value": 16_000.0, "low": 4_000.0, "high": 31_000.0}
    taken_back(shop, {"verdict": "recovered", "avoided": avoided})
    (claim,) = claims(shop)
    assert (claim.mark, claim.value, claim.is_counted) == ("proven", 16_000, True)
    assert claim.title == "Version 1 was taken back after 22 minutes"


@pytest.mark.parametrize(
    ("recovery", "why"),
    [
        (None, rollbacks.YOUNG),
        ({"verdict": "not_proven", "avoided": None}, rollbacks.NO_RANGE),
        ({"verdict": "not_measured", "avoided": None, "sentence": "Weeks later."}, "Weeks later."),
    ],
)
def test_without_a_range_it_is_not_measured_and_says_why(shop, recovery, why):
    taken_back(shop, recovery)
    (claim,) = claims(shop)
    assert (claim.mark, claim.value, claim.how) == ("not_measured", None, why)


def test_a_month_without_a_way_back_claims_none(shop):
    taken_back(shop, at=OCTOBER.ends_at)
    taken_back(shop, at=OCTOBER.starts_at - timedelta(seconds=1))
    assert claims(shop) == []


def test_what_no_shopper_saw_avoided_nothing(shop):
    taken_back(shop, exposed_at=None)
    assert claims(shop) == []
