"""How use cases are spoken of together: by what all are called alike, else in plain words."""

from dataclasses import replace

import pytest

from pipelines.usecases.wording import PLAIN, PageWords, Words, shared_by

FORECAST = Words(answer="forecast", answers="forecasts", verb="forecast", unit="variant", units="variants")


def test_one_alone_is_called_as_it_is() -> None:
    assert shared_by([FORECAST]) == FORECAST


def test_none_at_all_and_others_that_share_nothing_have_the_plain_words() -> None:
    other = Words("offer", "offers", "offer", "visitor", "visitors", "no offer", PageWords(worth="Money"))
    assert shared_by([]) == PLAIN
    assert shared_by([other, FORECAST]) == PLAIN


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_word_is_shared_where_all_say_it(place: int) -> None:
    spoken = [FORECAST] * 3
    spoken[place] = replace(FORECAST, units="products")
    assert shared_by(spoken) == replace(FORECAST, units=PLAIN.units)
