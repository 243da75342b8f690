"""Failures that a stage expects: each carries a sentence that a merchant can read."""

from __future__ import annotations


class StageError(Exception):
    """Something that can happen, happened; `retryable` says whether trying again can help."""

    retryable = False

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence

    @property
    def code(self) -> str:
        """Name the kind of failure, for the run and for exit codes."""
        return type(self).__name__


class StaleData(StageError):
    """The newest import is too old to learn from or to move forward on."""

    retryable = True


class BadData(StageError):
    """What was imported is too broken or too incomplete to learn from."""

    retryable = True


class AlreadyRunning(StageError):
    """Another worker trains the same thing right now."""

    retryable = True


class ArtifactNotStored(StageError):
    """The files of a version could not be written; nothing of it was kept."""

    retryable = True


class ArtifactRefused(StageError):
    """The files of a version are missing, changed, foreign or of a kind that we never load."""


class Refused(StageError):
    """A move that the rules do not allow, with the reason."""
