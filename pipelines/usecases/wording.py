"""The nouns and sentences in which a use case is spoken of: whoever writes for a merchant asks here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """Say how a use case is called in sentences; the defaults fit whatever answers."""

    answer: str = "answer"  # what a version gives: one of it, in the middle of a sentence
    answers: str = "answers"
    unit: str = "unit"  # what is answered for
    units: str = "units"
    simple_rule: str = "the simple rule"  # what answers where no version does


PLAIN = Words()
