"""Many decisions at once are decided as the scorer decides each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.usecases.offers.answering import scorer
from pipelines.usecases.offers.decisions import NO_OFFER, Decisions, decisions_of, questions_of
from pipelines.usecases.offers.fitted import Fitted
from pipelines.usecases.offers.learning import choices as many
from pipelines.usecases.offers.learning.choices import Choices
from pipelines.usecases.offers.learning.context import context_of
from tests.pipelines.usecases.offers import shop

PLAIN = Fitted(shop.LAST_DAY, 1, (1.0, 19.0), None, {})
WITH_EXTRAS = replace(PLAIN, shared=(-20.0, 15.0), extras={"12": (-10.0, 5.0)})


def a_day(known: Decisions, frames_day: int) -> Decisions:
    return known.where(known.day == frames_day)


@pytest.mark.parametrize("fitted", [PLAIN, WITH_EXTRAS, "context"])
def test_chances_are_those_of_the_scorer(fitted: Fitted | str) -> None:
    frames = shop.frames(3_000)
    known = decisions_of(frames).decisions
    if isinstance(fitted, str):
        fitted = replace(WITH_EXTRAS, context=context_of(decisions_of(shop.frames(6_000)).decisions, (1.0, 19.0)))
    day = int(known.day[1_500])
    found = Choices(fitted, a_day(known, day), *known.tallies(day))
    asked = [each for each, of in zip(questions_of(frames), known.day, strict=True) if of == day]
    for row, question in enumerate(asked[:20]):
        eligible = scorer.open_offers(question["eligible"])
        drawn = scorer.drawn_by(int(found.decisions.unique_id[row]), len(eligible) + 1)
        worth = scorer.worths(fitted.parameters, question, eligible, drawn.sets)
        none, *chances = (scorer.chance_of(fitted.explore, worth, place) for place in range(len(worth)))
        np.testing.assert_allclose(found.chances[row], [*chances, none], rtol=0, atol=1e-12)
        said = [scorer.likely(fitted.parameters, question, each) for each in eligible]
        np.testing.assert_allclose(found.likely[row], said, atol=1e-12)


def test_chances_add_up_and_what_is_not_open_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    known = decisions_of(shop.frames(500)).decisions
    margins = known.margins.copy()
    margins[::2, 0], margins[1::3, 1] = -5.0, np.nan
    closed = replace(known, margins=margins)
    whole = Choices(WITH_EXTRAS, closed, *known.tallies(10**6)).chances
    monkeypatch.setattr(many, "BLOCK", 7_000)  # a few decisions at a time
    np.testing.assert_array_equal(Choices(WITH_EXTRAS, closed, *known.tallies(10**6)).chances, whole)
    np.testing.assert_allclose(whole.sum(axis=1), 1.0)
    assert (whole[:, :-1][~(np.nan_to_num(margins) > 0)] == 0).all()


def test_where_nothing_is_open_nothing_is_chosen() -> None:
    known = decisions_of(shop.frames(50)).decisions
    nothing = replace(known, eligible=np.full_like(known.eligible, NO_OFFER))
    place, said = Choices(PLAIN, nothing, *known.tallies(0)).chosen()
    assert (place == NO_OFFER).all() and (said == 0).all()
    none_at_all = Choices(PLAIN, known.where(known.day < 0), *known.tallies(0))
    assert none_at_all.chances.shape == (0, 4)
