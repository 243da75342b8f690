"""The hold-out under Settings: which share is shown nothing, how long proof takes, changed by whoever may decide."""

from __future__ import annotations

import re

import pytest

from pipelines.models import HoldOut, HoldOutShare, LifecycleEvent
from pipelines.usecases import USE_CASES
from tests import exposing, holding_out
from tests.dashboard.views.test_plain_words import jargon
from tests.exposing import MONDAY, SLUG
from tests.identities import COLLEAGUE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("held")]
held = holding_out.held
WANTED = {"use_case": SLUG, "percent": "20"}


def section(page: str) -> str:
    return page[page.index('id="hold-out"') : page.index('id="peak-hours"')]


def shares() -> list[int]:
    return list(HoldOutShare.objects.order_by("since").values_list("percent", flat=True))


def test_the_usual_share_is_shown_before_anything_was_drawn_and_nothing_is_written(shop, see):
    page = see("/settings").content.decode()
    shown = section(page)
    assert 'label="Shown: shown nothing" name="percent" value="5"' in shown and "Nobody" in shown
    assert "once your shop has visitors" in shown and jargon(page) == []
    assert not HoldOut.objects.exists()


def test_it_says_how_long_proof_takes(shop, see):
    row = holding_out.a_hold_out(shop, 10)
    figures = {"units_a_day": 2441, "rate": 0.033}
    HoldOut.objects.filter(pk=row.pk).update(figures=figures)
    shown = section(see("/settings").content.decode())
    assert 'value="10"' in shown and "after about 8 months; with 20 % after about 10 weeks" in shown


def test_another_share_holds_and_the_storefront_is_told(shop, send, queued):
    page = send("/settings/hold-out", WANTED).content.decode()
    assert 'data-toast="Saved"' in page and 'value="20"' in section(page)
    assert shares() == [5, 20] and ("publish", (shop.pk, SLUG)) in queued
    assert LifecycleEvent.objects.get(kind="hold_out.changed").details["percent"] == 20
    send("/settings/hold-out", WANTED | {"percent": "0"})
    assert shares() == [5, 20, 0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"percent": "7"},
        {"percent": "-5"},
        {"percent": "x"},
        {"percent": ""},
        {"use_case": "demand_forecast"},
        {"use_case": ""},
    ],
)
def test_what_cannot_be_is_refused_in_words(shop, send, queued, wrong):
    page = send("/settings/hold-out", WANTED | wrong).content.decode()
    assert re.search("Nothing was (?:saved|done)", page) and 20 not in shares()
    assert not any(name == "publish" for name, _ in queued)


def test_a_page_that_is_behind_changes_nothing(shop, send):
    holding_out.a_hold_out(shop, 5, since=MONDAY)
    send("/settings/hold-out", WANTED | {"revision": "99"})
    assert shares() == [5]


def test_who_may_not_decide_changes_nothing(shop, send):
    send("/settings/hold-out", WANTED, sub=COLLEAGUE)
    assert 20 not in shares()


def test_where_nobody_can_be_held_out_settings_do_not_speak_of_it(shop, see):
    with USE_CASES.only(exposing.SHOWN):
        assert "hold-out" not in see("/settings").content.decode()
