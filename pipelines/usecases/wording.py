"""The nouns and sentences in which a use case is spoken of: whoever writes for a merchant asks here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class CardWords:
    """Say what only this use case's model card can: its figures and rivals by name, what it knows, when it is young."""

    figures: Mapping[str, str] = field(default_factory=dict)  # stored figure -> words
    rivals: Mapping[str, str] = field(default_factory=dict)  # who is compared -> words
    origins: str = "Tested from"  # … these days
    knows: str = "It knows what this shop's rows say, and nothing else."
    season_days: int = 0  # of history, before which no season is known
    proof_days: int = 0  # of history, before which the evidence is thin


@dataclass(frozen=True)
class Words:
    """Say how a use case is called in sentences; the defaults fit whatever answers."""

    answer: str = "answer"  # what a version gives: one of it, in the middle of a sentence
    answers: str = "answers"
    unit: str = "unit"  # what is answered for
    units: str = "units"
    simple_rule: str = "the simple rule"  # what answers where no version does
    too_few: str = "Too little is known of the past"  # … to tell how good it is
    acting: str = "Acting on it"  # … would have earned less
    not_split: str = "It answers for all alike, so shoppers cannot be split between two versions."
    no_replay: str = "What it brings cannot be told from the past."
    card: CardWords = field(default_factory=CardWords)


PLAIN = Words()
