"""When it is something's turn: at once when it is found due, then after pauses that grow up to an hour.

What is due is read from the rows; this only remembers, in the database, what was asked for and when it may be asked for
again. So what always fails, or kills its worker, is not tried every minute for ever, and a queue that is behind is not
filled with the same things again and again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pipelines.models import NextTry

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
ANSWERS_AT = time(2, 0)  # in the shop's zone: the day before is over and its late orders are in
OVER = timedelta(hours=1)  # what falls due for many shops at one moment is begun within it
SPREAD = 0.25  # of a pause, to either side: what failed together is not tried together

Due = TypeVar("Due")


def whose(work: str, due: Iterable[Due], now: datetime) -> list[Due]:
    """Return whose turn it is of what is due, and note when each may be asked for again.

    What is no longer due is forgotten. A fixed number of statements, however much is due.
    """
    wanted = {subject_of(each): each for each in due}
    known = {row.subject: row for row in NextTry.objects.filter(work=work)}
    over = [row.pk for subject, row in known.items() if subject not in wanted]
    if over:
        NextTry.objects.filter(pk__in=over).delete()
    ready = [subject for subject in wanted if subject not in known or known[subject].at <= now]
    tries = {subject: known[subject].tries + 1 if subject in known else 1 for subject in ready}
    NextTry.objects.bulk_create(
        [NextTry(work=work, subject=each, tries=tries[each], at=now + pause(each, tries[each])) for each in ready],
        update_conflicts=True,
        unique_fields=["work", "subject"],
        update_fields=["tries", "at"],
    )
    return [wanted[subject] for subject in ready]


def over(work: str, due: Any) -> None:
    """Forget what was done, where it may be due again before a sweep has seen that it was not."""
    NextTry.objects.filter(work=work, subject=subject_of(due)).delete()


def tries(work: str, due: Any) -> int:
    """Return how often something was asked for since it became due."""
    return NextTry.objects.filter(work=work, subject=subject_of(due)).values_list("tries", flat=True).first() or 0


def subject_of(due: Any) -> str:
    """Name what is due by its ids."""
    return ":".join(map(str, due)) if isinstance(due, tuple) else str(due)


def pause(subject: str, times: int) -> timedelta:
    """Return how long to wait after so many tries: twice as long each time, up to the longest, spread by the subject.

    >>> [pause("7:toy", times) <= LONGEST_PAUSE * (1 + SPREAD) for times in (1, 5, 500)]
    [True, True, True]
    """
    grown: timedelta = min(FIRST_PAUSE * 2 ** min(times - 1, 20), LONGEST_PAUSE)
    return grown * spread(f"{subject}:{times}")


def offset(shop_id: int) -> timedelta:
    """Return how long after a moment that many shops share one of them has its turn: the same every time."""
    return OVER * ((spread(f"offset:{shop_id}") - 1) / (2 * SPREAD) + 0.5)


def answers_due(shop_id: int, zone: ZoneInfo, day: date) -> datetime:
    """Return when a shop's daily answers are due."""
    return datetime.combine(day, ANSWERS_AT, tzinfo=zone) + offset(shop_id)


def spread(subject: str) -> float:
    """Return a factor around 1 that is the same whenever it is asked for."""
    share = int.from_bytes(hashlib.sha256(subject.encode()).digest()[:4]) / 2**32
    return 1 + SPREAD * (2 * share - 1)
