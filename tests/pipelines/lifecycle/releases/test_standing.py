"""Where a release stands, in one sentence: what a yes leads to, what it waits for, who sees it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle.releases import freezes, standing
from pipelines.models import FreezeWindow, Release
from pipelines.strategies.freezing import Effect
from tests import histories

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = timedelta(days=1)
Phase = Release.Phase


@pytest.fixture
def card(shop):
    histories.approved(histories.a_card(shop))
    return histories.a_card(shop)


def frozen(shop, days):
    FreezeWindow.objects.create(shop=shop, name="Sale", starts_at=NOW - DAY, ends_at=NOW + days * DAY)


def said(row):
    return standing.standing_of(row, NOW).sentence


def at(row, phase, **changes):
    for name, value in {"phase": phase, **changes}.items():
        setattr(row, name, value)
    return row


def day(row, moment):
    return standing.day_of(row, moment, NOW)


def test_a_card_says_what_a_yes_leads_to_and_that_nothing_changes_before(card):
    assert said(card) == "Approved, it goes live at once. Nothing changes until you decide."


def test_a_card_in_a_freeze_names_the_day_after_it(shop, card):
    frozen(shop, 2)
    assert (
        said(card) == f"Sale holds it: approved now, it goes live on {day(card, NOW + 2 * DAY)}. {standing.UNCHANGED}"
    )
    assert standing.standing_of(card, NOW).freeze.effect is Effect.WAITS


def test_a_card_in_a_freeze_that_a_yes_does_not_outlive_says_that_we_ask_again(shop, card):
    frozen(shop, 30)
    told = said(card)
    last = standing.last(card, freezes.of(card, NOW), NOW)
    assert told.startswith(f"Sale goes on to {last}, longer than a yes is good for ({day(card, card.expires_at)}).")
    assert told.endswith(f"{standing.AGAIN} {standing.UNCHANGED}")


def test_where_nothing_runs_the_freeze_is_named_and_holds_nothing(shop):
    card = histories.a_card(shop)
    frozen(shop, 2)
    assert "at once. Sale does not hold it: no version runs, and no shopper sees it." in said(card)


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "Approved: it goes live within minutes."), (2, "when Sale is over."), (30, "Approved, but Sale goes on to ")],
)
def test_what_was_approved_says_what_it_waits_for(shop, card, days, words):
    if days:
        frozen(shop, days)
    told = said(at(card, Phase.SCHEDULED))
    assert told.startswith("Approved") and words in told


SHARES = [
    {"name": "alongside", "mirrors": True},
    {"name": "5", "weight": 5},
    {"name": "50", "weight": 50},
    {"name": "all", "weight": 100},
]


@pytest.mark.parametrize(
    ("phase", "changes", "words"),
    [
        (Phase.CANARY, {"step": 1, "weight": 5}, "5\u00a0% of shoppers see it."),
        (Phase.SHADOW, {"step": 0, "weight": 0}, "It answers beside what runs; nobody sees it."),
        (Phase.STAGED, {"step": 0, "weight": 0}, "It is being prepared."),
    ],
)
def test_what_is_under_way_says_who_sees_it(card, phase, changes, words):
    assert said(at(card, phase, steps=SHARES, **changes)) == words


def test_a_freeze_keeps_what_is_under_way_where_it_is(shop, card):
    frozen(shop, 2)
    told = said(at(card, Phase.CANARY, steps=SHARES, step=1, weight=5, exposed_at=NOW))
    assert told.endswith(
        f"It is shown to 50\u00a0% of shoppers on {day(card, NOW + 2 * DAY)} at the earliest, when Sale is over."
    )


def test_a_question_that_a_freeze_outlasts_comes_when_a_yes_would_outlive_it(shop, card):
    frozen(shop, 30)
    told = said(at(card, Phase.SHADOW, steps=SHARES, step=0, weight=0, exposed_at=None))
    assert told.endswith("You are asked as soon as a yes would outlive it.")


@pytest.mark.parametrize(
    ("step", "words"), [(0, "is shown to 5\u00a0% of shoppers"), (2, "goes live"), (3, "goes live")]
)
def test_a_step_is_named_by_what_it_does(card, step, words):
    assert standing.goes(at(card, Phase.CANARY, steps=SHARES, step=step)) == words
