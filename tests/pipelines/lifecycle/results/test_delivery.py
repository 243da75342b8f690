"""Ninety days of releases: how often, how fast, how many failed, how soon that was undone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipelines.lifecycle.results import delivery
from pipelines.models import DatasetSnapshot, Release
from tests import reporting
from tests.reporting import OCTOBER

END = OCTOBER.ends_at
DAY = timedelta(days=1)


def shown(shop, days_ago, *, waited=2 * DAY, back_after=None):
    """Let a version go live so many days before the end, from data that old, and perhaps be taken back."""
    at = END - days_ago * DAY
    version = reporting.live(shop, at)
    DatasetSnapshot.objects.filter(pk=version.dataset_id).update(created_at=at - waited)
    if back_after:
        version.releases.update(phase=Release.Phase.ROLLED_BACK, entered_at=at + back_after)
    else:
        version.releases.update(phase=Release.Phase.SUPERSEDED)


def test_four_figures_each_with_what_it_counts(shop):
    shown(shop, 80, waited=DAY)
    shown(shop, 40, waited=3 * DAY)
    shown(shop, 10, waited=9 * DAY, back_after=timedelta(minutes=22))
    shown(shop, 95)
    found = delivery.until(shop, END)
    assert found["a_week"] == {"value": pytest.approx(3 * 7 / 90), "n": 3}
    assert found["lead_seconds"] == {"value": 3 * 86_400, "n": 3}
    assert found["failed_share"] == {"value": pytest.approx(1 / 3), "n": 3}
    assert found["restore_seconds"] == {"value": 22 * 60, "n": 1}


def test_what_was_taken_back_only_afterwards_had_not_failed_yet(shop):
    shown(shop, 10, back_after=11 * DAY)
    assert delivery.until(shop, END)["failed_share"] == {"value": 0.0, "n": 1}


def test_of_nothing_there_is_no_figure(shop):
    shown(reporting.a_shop(), 10)
    assert all(figure == {"value": None, "n": 0} for figure in delivery.until(shop, END).values())
