"""Every reason of a table has a sentence, and sentences are plain."""

import pytest

from pipelines.usecases.recommendations.wording import REASONS, sentence


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_has_a_sentence(reason: str) -> None:
    assert sentence(reason, 3) and not sentence(reason, 3).endswith(".")


def test_counts_are_told_in_words() -> None:
    assert [sentence("together", n) for n in (1, 2, 1234)] == [
        "Bought together once",
        "Bought together twice",
        "Bought together 1,234 times",
    ]
    assert sentence("again") == "Bought by shoppers with the same habits"


def test_a_reason_that_nobody_knows_is_a_fault() -> None:
    with pytest.raises(KeyError):
        sentence("magic")
