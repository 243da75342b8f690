"""The nouns and sentences in which a use case is spoken of: whoever writes for a merchant asks here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields


@dataclass(frozen=True)
class FigureName:
    """Name a figure that is measured of every version."""

    key: str
    title: str
    is_share: bool = True  # written in percent


@dataclass(frozen=True)
class PageWords:
    """Say what only this use case's lines on shared pages can; what is empty is left out."""

    learning: str = "We train it on your orders and compare it with the simple rule."
    objection: str = "it is far from what I know"  # why somebody might turn a version down
    rule_goes_on: str = ""  # what the simple rule does after a way back to it
    worth: str = ""  # what the money against the simple rule counts, and what that rule is
    measured: str = "measured on shoppers"  # … where the past cannot tell what it is worth
    comparing: str = ""  # how two versions are compared where shoppers are not split
    errors_weigh: str = ""  # what an error counts in money
    missed: str = "What was missed"  # … how that is counted, in the month's report
    figures: tuple[FigureName, ...] = ()  # that are measured of every version
    watched: tuple[FigureName, ...] = ()  # of how near it came once it runs; the first is drawn
    features: Mapping[str, str] = field(default_factory=dict)  # what it is told -> words
    costs: Mapping[str, str] = field(default_factory=dict)  # parts of what a version costs in the replay -> words
    members: Mapping[str, str] = field(default_factory=dict)  # methods that may take part in a version -> words


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
    verb: str = "answer"  # what versions do
    unit: str = "unit"  # what is answered for
    units: str = "units"
    simple_rule: str = "the simple rule"  # what answers where no version does
    errors: str = "errors"  # what the first metric counts
    too_few: str = "Too little is known of the past"  # … to tell how good it is
    acting: str = "Acting on it"  # … would have earned less
    not_split: str = "It answers for all alike, so shoppers cannot be split between two versions."
    no_replay: str = "What it brings cannot be told from the past."
    card: CardWords = field(default_factory=CardWords)
    page: PageWords = field(default_factory=PageWords)

    @property
    def beats_the_simple_rule(self) -> str:
        """Name the check of the first metric beside the simple rule's, by which a first version is advised on."""
        return f"Smaller {self.errors} than the best simple rule"


PLAIN = Words()


def shared_by(spoken: Iterable[Words]) -> Words:
    """Return what all use cases are called alike, and the plain words where they differ."""
    known = list(spoken)
    values = {each.name: [getattr(words, each.name) for words in known] for each in fields(Words)}
    return Words(**{name: told[0] for name, told in values.items() if told and all(one == told[0] for one in told)})
