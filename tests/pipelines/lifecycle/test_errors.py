"""Expected failures carry a sentence and say whether trying again helps; whose fault a surprise was is told apart."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from pipelines.cluster import ClusterAway
from pipelines.lifecycle import errors
from pipelines.lifecycle.errors import OutOfTime, StageError, is_own_fault

RETRYABLE = {
    errors.StaleData: True,
    errors.BadData: True,
    errors.AlreadyRunning: True,
    errors.ArtifactNotStored: True,
    errors.ArtifactUnavailable: True,
    errors.ArtifactRefused: False,
    errors.Unjudged: False,
    errors.Refused: False,
    ClusterAway: True,
}


@pytest.mark.parametrize(("kind", "retryable"), RETRYABLE.items())
def test_each_has_a_sentence_a_code_and_says_whether_to_try_again(kind, retryable):
    failure = kind("Your data is old.")
    assert (failure.sentence, str(failure), failure.code) == ("Your data is old.", "Your data is old.", kind.__name__)
    assert failure.retryable is retryable


def test_every_kind_is_decided_on_here():
    assert set(StageError.__subclasses__()) == set(RETRYABLE)


def test_time_that_is_over_is_nothing_that_a_library_may_swallow():
    assert not issubclass(OutOfTime, Exception)


@pytest.mark.parametrize("error", [ValueError(), KeyError(), IndexError(), ZeroDivisionError(), RecursionError()])
def test_what_a_function_of_frames_can_do_wrong_is_its_own_fault(error):
    assert is_own_fault(error)


@pytest.mark.parametrize(
    "error", [MemoryError(), OSError(), OperationalError(), ImportError(), OutOfTime(), RuntimeError(), None]
)
def test_what_the_machine_did_is_not(error):
    assert is_own_fault(error) is (error is None)


@pytest.mark.parametrize("explicit", [True, False])
def test_nor_is_what_the_machine_led_to(explicit):
    with pytest.raises(ValueError, match="no answer") as raised:
        try:
            raise MemoryError
        except MemoryError as cause:
            if explicit:
                raise ValueError("no answer") from cause
            raise ValueError("no answer")  # noqa: B904
    assert not is_own_fault(raised.value)


def test_one_fault_after_another_is_its_own():
    with pytest.raises(ValueError, match="after") as raised:
        try:
            raise KeyError
        except KeyError:
            raise ValueError("after")  # noqa: B904
    assert is_own_fault(raised.value)
