"""What is spoken of is there."""

from __future__ import annotations

from pipelines.usecases.offers import USE_CASE
from pipelines.usecases.offers.answering.scorer import FEATURES
from pipelines.usecases.offers.decisions import CONTEXT
from pipelines.usecases.offers.judging.evaluation import evaluate
from pipelines.usecases.offers.wording import KINDS, WATCHED, WORDS
from tests.pipelines.usecases.offers import shop


def test_every_figure_with_a_name_is_stored() -> None:
    figures = evaluate(shop.frames(6_000, days=40)).as_dict()
    assert set(WORDS.card.figures) <= figures["candidate"].keys() and set(WORDS.card.rivals) <= figures.keys()
    assert {each.key for each in WORDS.page.figures} <= figures["candidate"].keys()


def test_no_figure_is_in_minor_units() -> None:
    told = [*WORDS.card.figures.values(), *(each.title for each in WORDS.page.figures)]
    assert not any("minor" in each for each in told)
    assert "value" not in {each.key for each in WORDS.page.figures}  # money is told as money beside it


def test_what_is_watched_is_asked_and_has_a_name() -> None:
    assert set(WATCHED) <= set(CONTEXT) and USE_CASE.monitored is not None
    assert WORDS.page.features.keys() == USE_CASE.monitored.names.keys() and len(FEATURES) == 16
    assert KINDS.keys() == {"code", "free_shipping", "product", "message"}
