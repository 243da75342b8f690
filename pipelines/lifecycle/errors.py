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
    """The files of a version were changed, are foreign or of a kind that we never load: it is barred for good."""


class ArtifactUnavailable(StageError):
    """The files of a version cannot be read from here now, which says nothing about the version."""

    retryable = True


class Unjudged(StageError):
    """A use case wants to show what nothing can judge."""


class Refused(StageError):
    """A move that the rules do not allow, with the reason."""


# Whose fault it was


class OutOfTime(BaseException):
    """The time that a job had is over.

    No `Exception`, so that nothing that runs inside of a job, ours or a library's, can take a slow machine for a
    failure of what it runs.
    """


# What a function that is given nothing but frames can do wrong by itself. Whatever else comes out of it (no memory, no
# disk, no database, a library that cannot be loaded) is the machine's doing, and no evidence about a version.
OWN_FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NameError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
)


def is_own_fault(error: BaseException | None) -> bool:
    """Say whether a version failed by itself: neither the error nor one that led to it is the machine's.

    >>> is_own_fault(ZeroDivisionError()), is_own_fault(MemoryError()), is_own_fault(OSError())
    (True, False, False)
    """
    while error is not None:
        if not isinstance(error, OWN_FAULTS):
            return False
        error = error.__cause__ or error.__context__
    return True
