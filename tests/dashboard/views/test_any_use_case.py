"""Every shared page knows a use case by its contract alone: one with pages of its own, and one without."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from pipelines.models import Deployment, ModelVersion, Release, TrainingRun
from pipelines.usecases import USE_CASES
from tests import histories
from tests.dashboard import story
from tests.dashboard.views.test_plain_words import jargon, read
from tests.toy_use_case import SLUG

BOTH = ("demand_forecast", SLUG)
FAMILY = ("forecast", "variant", "stock", "reorder", "orders as if")


@pytest.fixture
def both(shop, toy, settings):
    """Give the shop a live version of the toy, and one that waits."""
    live = histories.a_version(shop, use_case=toy, **told())
    Deployment.of(shop, toy)
    histories.healthy(histories.a_live_release(live))
    Deployment.objects.filter(use_case=toy).update(active=live, active_since=timezone.now(), revision=1)
    histories.a_card(shop, use_case=toy, **told())
    return shop


def told():
    """Return what a worker stored of a version of the toy."""
    headline = {"name": "headline", "big": "£90 less", "aside": "spent on toys", "sentences": ["Seen in 4 weeks."]}
    undo = {"name": "undo", "heading": "How to undo it", "sentences": ["At once."]}
    page = {"badge": {"words": "Proven", "tone": "success"}, "cards": [headline, undo], "figure": None}
    metrics = {"candidate": {"rmsse": 0.5}, "seasonal_naive": {"rmsse": 1.0}}
    return {"page": page, "metrics": metrics, "gates": story.GATES, "replay": {}}


def said_of_others(page: str) -> list[str]:
    """Return which words of another family a page shows, outside of the navigation."""
    shown = " ".join(read(page[page.index("<s-page") :]).read).lower()
    return [word for word in FAMILY if word in shown]


def card_of(slug: str) -> Release:
    return Release.objects.get(use_case=slug, phase="awaiting_approval")


@pytest.mark.parametrize("path", ["/", "/start", "/versions"])
def test_is_listed_where_models_are(both, see, path):
    page = see(path).content.decode()
    assert all(USE_CASES[slug].title in page for slug in BOTH)


@pytest.mark.parametrize(("slug", "address"), [("demand_forecast", "/forecasts"), (SLUG, "/models/toy")])
def test_is_linked_to_where_it_is_looked_at(both, see, slug, address):
    for path in ("/", "/start"):
        assert f'href="{address}"' in see(path).content.decode()
    assert see(address).status_code == 200


def test_is_in_the_navigation_of_every_page(both, see):
    assert '<s-link href="/models/toy">Toy</s-link>' in see("/data").content.decode()


def test_settings_say_how_each_can_be_released(both, see):
    page = see("/settings").content.decode()
    rows = [f'<th scope="row">{USE_CASES[slug].title}</th>' for slug in BOTH]
    assert all(row in page for row in rows) and page.count("<dt>Toy</dt>") == 1


@pytest.mark.parametrize("slug", BOTH)
def test_has_a_generic_page(both, see, slug):
    page = see(f"/models/{slug}").content.decode()
    assert f'heading="{USE_CASES[slug].title}"' in page
    assert "Version 1 is in use since" in page and "Review and decide" in page
    assert jargon(page) == []


def test_shows_what_was_stored_with_its_version(both, see):
    page = see("/models/toy").content.decode()
    assert "£90 less" in page and "Seen in 4 weeks." in page and "How to undo it" in page
    assert page.index("<summary>Technical details") < page.index("rmsse")
    assert said_of_others(page) == []


def test_shows_its_chart_and_gives_its_numbers_on_demand(both, see):
    assert "data-plotly" in see("/models/demand_forecast").content.decode()
    assert "data" in json.loads(see("/models/demand_forecast/figure.json").content)
    assert see("/models/toy/figure.json").status_code == 404


def test_says_what_is_missing_before_its_first_version(shop, toy, see):
    assert USE_CASES[toy].words.page.learning in see("/models/toy").content.decode()
    run = {"use_case": toy, "trigger": "first", "state": "stopped", "error": "Sales on 9 days are needed."}
    TrainingRun.objects.create(shop=shop, finished_at=timezone.now(), **run)
    assert "Sales on 9 days are needed." in see("/models/toy").content.decode()


@pytest.mark.parametrize("slug", ["no_such", "demand-forecast"])
def test_that_does_not_exist_has_no_page(shop, see, slug):
    assert see(f"/models/{slug}").status_code == 404


@pytest.mark.parametrize("slug", BOTH)
def test_is_approved_in_its_own_words(both, see, send, slug):
    card, words = card_of(slug), USE_CASES[slug].words
    page = see(f"/releases/{card.pk}").content.decode()
    assert f"Use version 2 for all {words.units}?" in page
    fields = {
        "revision": card.revision,
        "artifact_digest": card.version.artifact_digest,
        "evidence_digest": card.evidence_digest,
    }
    assert "Version 2 is live" in send(f"/releases/{card.pk}/approve", fields).content.decode()
    assert Deployment.objects.get(use_case=slug).active == ModelVersion.objects.get(use_case=slug, number=2)


def test_the_approval_of_one_says_nothing_of_the_other(both, see):
    assert said_of_others(see(f"/releases/{card_of(SLUG).pk}").content.decode()) == []


def test_shared_sentences_are_plain_where_use_cases_differ(both, see):
    page = see("/").content.decode()
    assert 'listslot="labeled">Answer of<' in page and "Forecast of" not in page


def test_two_live_models_are_taken_back_one_by_one(both, see, send):
    page = see("/versions").content.decode()
    assert page.count('id="roll-back-demand_forecast"') == page.count('id="roll-back-toy"') == 1
    assert "Toy in use: version 1" in page
    page = send("/roll-back/toy", {"revision": Deployment.objects.get(use_case=SLUG).revision}).content.decode()
    assert "Back on the simple rule" in page
    assert Deployment.objects.get(use_case=SLUG).active is None
    assert Deployment.objects.get(use_case="demand_forecast").active.number == 1


def test_a_template_of_its_own_takes_the_place_of_the_generic_page(both, see, settings, tmp_path):
    (tmp_path / "usecases/toy").mkdir(parents=True)
    (tmp_path / "usecases/toy/page.html").write_text("<p>Only toys: {{ page.model.title }}</p>")
    engines = [settings.TEMPLATES[0] | {"DIRS": [*settings.TEMPLATES[0]["DIRS"], tmp_path]}]
    settings.TEMPLATES = engines
    assert see("/models/toy").content.decode() == "<p>Only toys: Toy</p>"
