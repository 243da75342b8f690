"""Every page that all families share, for a shop that runs two: one that answers daily, one that answers visitors."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.queries.settings.page import settings_page
from dashboard.queries.words import STRATEGIES
from pipelines.lifecycle import look
from pipelines.lifecycle.releases import move, propose
from pipelines.lifecycle.versions import gates
from pipelines.models import Deployment, EvidenceBlock, Release, ServingWindow
from pipelines.usecases import USE_CASES
from tests import exposing, histories
from tests.dashboard.views.test_any_use_case import FAMILY
from tests.dashboard.views.test_plain_words import jargon, read
from tests.families import visits
from tests.families.visits.frames import shop_frames

pytestmark = pytest.mark.django_db
SLUG = visits.SLUG
BOTH = ("demand_forecast", SLUG)
SHARED = ("/", "/start", "/versions", "/versions/then", "/experiments", "/settings", "/data", "/test-store")


@pytest.fixture
def both(shop, monkeypatch):
    """Let half of the visitors see a second version of the visits, beside a live forecast."""
    from dashboard.templatetags.once import once

    with USE_CASES.also(visits.USE_CASE):
        once.cache_clear()
        go_live(shop, a_version(shop))
        share(shop, a_version(shop, live=1))
        yield shop
    once.cache_clear()


def a_version(shop, live=None):
    """Return what a training of the visits writes down, judged as it would be."""
    case, frames = visits.USE_CASE, shop_frames()
    learned = case.resolve("fit")(frames)
    champion = learned if live else None
    evaluation = case.resolve("evaluate")(frames, champion=champion)
    tried = {"serving": {"seconds": 0.01, "units": 800, "bytes": 90}, "leakage": {"rows": 200, "changed": 0}}
    told = {
        "metrics": evaluation.as_dict() | tried | {"compared_with": live},
        "replay": {"verdict": "not_measured", "reason": case.words.no_replay},
        "page": case.resolve("present")(evaluation, None, currency="GBP").as_dict(),
        "files": case.resolve("dump")(learned) | {"note.txt": str(live).encode()},
    }
    judged = gates.gates_of(gates.Measured(case, told["metrics"], told["replay"], live))
    return histories.a_version(shop, use_case=SLUG, state="undecided", gates=[asdict(g) for g in judged], **told)


def go_live(shop, version):
    pointer = Deployment.of(shop, SLUG)
    histories.healthy(histories.a_live_release(version))
    facts = {"active": version, "active_since": timezone.now() - timedelta(days=30), "revision": 1}
    Deployment.objects.filter(pk=pointer.pk).update(**facts)


def share(shop, version):
    """Plan a release by the shop's traffic, say yes, and let visitors of two days see it."""
    now = timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0) - timedelta(days=3)
    facts = {"shop": shop, "use_case": SLUG, "arm": "stable", "units": 100}
    starts = [hour - timedelta(days=ago) for ago in range(20)]
    ServingWindow.objects.bulk_create(
        ServingWindow(starts_at=start, ends_at=start + timedelta(hours=1), **facts) for start in starts
    )
    for start in starts:
        exposing.ordered(version, [b"%16d" % number for number in range(20)], start)
    card = propose.propose(version)
    while not card.is_waiting_for_merchant:
        assert move.enter_step(card, move.next_step(card), now, by="system", because="Answered")
    assert card.evidence["advice"].startswith("We would try it: ")
    histories.approved(card)
    Release.objects.filter(pk=card.pk).update(entered_at=hour, exposed_at=hour)
    seen = Release.objects.select_related("shop", "version").get(pk=card.pk)
    for later in range(6):
        exposing.an_hour(seen, hour + timedelta(hours=later), control=(200, 110), canary=(200, 110))
    histories.pulled(shop)
    look.evaluate(card.pk, now)


def release_of(shop):
    return Release.objects.get(shop=shop, use_case=SLUG, phase="canary")


def said(page):
    return " ".join(read(page[page.index("<s-page") :]).read)


@pytest.mark.parametrize("path", SHARED)
def test_every_shared_page_can_be_read(both, see, path):
    page = see(path).content.decode()
    assert jargon(page) == [] and f'<s-link href="/models/{SLUG}">Visits</s-link>' in page


@pytest.mark.parametrize("path", ["/", "/start", "/versions", "/versions/then"])
def test_both_are_named_where_models_are(both, see, path):
    page = said(see(path).content.decode())
    assert all(USE_CASES[slug].title in page for slug in BOTH)


@pytest.mark.parametrize(
    "path",
    [f"/models/{SLUG}", f"/versions/{SLUG}/1", f"/versions/{SLUG}/2", f"/versions/{SLUG}/compare?a=1&b=2", "release"],
)
def test_pages_of_one_speak_its_own_words(both, see, path):
    path = f"/releases/{release_of(both).pk}" if path == "release" else path
    page = see(path).content.decode()
    assert jargon(page) == []
    assert [word for word in FAMILY if word in said(page).lower()] == []


def test_its_page_shows_what_was_stored(both, see):
    page = said(see(f"/models/{SLUG}").content.decode())
    assert "surer" in page and "than the usual share of visits that order" in page and "How to undo it" in page
    row = release_of(both)
    assert "Version 1 is in use since" in page and f"Version 2: {row.weight}\u00a0% of shoppers see it." in page


def test_its_release_shows_what_shoppers_did(both, see):
    assert EvidenceBlock.objects.filter(release=release_of(both)).count() == 6
    page = said(see(f"/releases/{release_of(both).pk}").content.decode())
    assert "1,200" in page and "660" in page


def test_experiments_compare_it(both, see):
    page = see("/experiments").content.decode()
    assert f'href="/releases/{release_of(both).pk}"' in page and "Visits" in said(page)


def test_its_model_card_is_its_own(both, see):
    card = see(f"/versions/{SLUG}/2.md").content.decode()
    assert "How unsure it was of who orders" in card and "Usual share of visits that order" in card
    assert [word for word in FAMILY if word in card.lower()] == []


def test_settings_say_what_cannot_be_released_by_a_share_of_shoppers(both, see):
    fits = {fit.title: fit for fit in settings_page(both.settings).fits}
    assert fits["Visits"].suits == [True] * len(STRATEGIES) and fits["Visits"].reasons == []
    assert fits["Demand forecast"].suits == [True, False, True, False]
    (reason,) = fits["Demand forecast"].reasons
    assert reason.startswith("Growing shares of shoppers and A/B test on a fixed share: ")
    page = see("/settings").content.decode()
    assert reason in page
    assert "Demand forecast Yes No Yes No" in said(page) and "Visits Yes Yes Yes Yes" in said(page)
