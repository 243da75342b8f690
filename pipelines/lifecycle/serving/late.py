"""Tell a shop that its answers are late, once trying again has not helped for a while, and that they are there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

from pipelines.lifecycle import turns
from pipelines.lifecycle.alerts import board
from pipelines.lifecycle.errors import OutOfTime
from pipelines.usecases import USE_CASES

WORK = "refresh"
TOLD_AFTER = 5  # tries: about a quarter of an hour


@contextmanager
def told(shop_id: int, use_case: str) -> Iterator[None]:
    """Say that catching up fails where people should know."""
    try:
        yield
    except (Exception, OutOfTime):
        if turns.tries(WORK, (shop_id, use_case)) >= TOLD_AFTER:
            alert_late(shop_id, use_case)
        raise


def over(shop_id: int, use_case: str) -> None:
    """Note that a shop was served: what was said of it is over, and what is due next has its turn at once."""
    turns.over(WORK, (shop_id, use_case))
    board.close(shop_id, key_of(use_case), timezone.now())


def key_of(use_case: str) -> str:
    """Name the alert that answers are late."""
    return f"late:{use_case}"


def alert_late(shop_id: int, use_case: str) -> None:
    """Say that what is shown is not of yesterday."""
    board.tell(
        shop_id,
        key_of(use_case),
        title=f"{USE_CASES[use_case].title}: today's update has failed so far",
        text="What you see was worked out earlier and does not know your newest orders. Nothing else changed.",
        next_step="Nothing to do: we try again by ourselves, at least every hour or so. Write to us if it is still "
        "here tomorrow.",
        use_case=use_case,
        now=timezone.now(),
    )
