"""What use cases bring to the pages is found by their slug; what brings nothing is shown like any other."""

from pathlib import Path

import pytest

from dashboard.brought import Brought, OnHome, address_of, brought_by, navigation
from pipelines.usecases import USE_CASES

ROOT = Path(__file__).resolve().parents[2]


def test_a_use_case_with_pages_is_led_to_them():
    assert address_of("demand_forecast") == "/forecasts" and address_of("recommendations") == "/recommendations"
    assert navigation()[:2] == [("/forecasts", "Forecasts"), ("/recommendations", "Recommendations")]


def test_a_use_case_without_any_gets_everything_generic(toy):
    assert brought_by(toy) == Brought()
    assert address_of(toy) == "/models/toy"
    assert ("/models/toy", "Toy") in navigation()
    assert brought_by(toy).on_home(None) == OnHome()


@pytest.mark.parametrize("kind", ["dashboard/usecases", "templates/usecases"])
def test_every_folder_is_of_a_use_case(kind):
    folders = {path.name for path in (ROOT / kind).iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders <= set(USE_CASES)


@pytest.mark.parametrize("slug", USE_CASES)
def test_what_is_brought_is_a_template_that_is_there(slug):
    told = brought_by(slug).settings
    for template in (told.template, told.below):
        assert not template or (ROOT / "templates" / template).exists()


def test_a_page_that_several_share_stands_once(monkeypatch):
    same = Brought(page=("forecasts", "Another name"))
    monkeypatch.setattr(
        "dashboard.brought.brought_by", lambda slug: same if slug == "recommendations" else brought_by(slug)
    )
    address_of.cache_clear()
    try:
        assert navigation()[0] == ("/forecasts", "Forecasts") and "Another name" not in dict(navigation()).values()
    finally:
        address_of.cache_clear()
