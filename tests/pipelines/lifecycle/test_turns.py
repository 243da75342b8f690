"""What is due has its turn at once, then in pauses that grow; what is no longer due is forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pipelines.lifecycle import turns
from pipelines.models import NextTry

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def asked(due, hours):
    """Return in which minutes each was asked for, when somebody looks every minute."""
    minutes = range(60 * hours)
    return {each: [at for at in minutes if each in turns.whose("work", due, NOW + at * MINUTE)] for each in due}


def test_what_always_fails_is_asked_for_less_and_less_up_to_once_an_hour_or_so():
    [minutes] = asked([(7, "toy")], hours=12).values()
    pauses = [later - earlier for earlier, later in pairwise(minutes)]
    assert minutes[0] == 0 and pauses[0] <= 2 and len(minutes) < 22
    assert pauses[:5] == sorted(pauses[:5]) and all(45 <= pause <= 76 for pause in pauses[7:])


def test_what_failed_together_is_not_tried_together():
    longest = {turns.pause(f"{shop}:toy", 9) for shop in range(50)}
    assert len(longest) == 50 and max(longest) / min(longest) > 1.4
    assert all(0.75 <= pause / turns.LONGEST_PAUSE <= 1.25 for pause in longest)


def test_what_is_over_is_forgotten_and_begins_anew():
    for at in range(30):
        turns.whose("work", [1, 2], NOW + at * MINUTE)
    assert turns.tries("work", 1) > 3
    turns.whose("work", [2], NOW + 30 * MINUTE)
    assert turns.tries("work", 1) == 0
    assert turns.whose("work", [1, 2], NOW + 30 * MINUTE)[0] == 1 and turns.tries("work", 1) == 1


def test_one_kind_of_work_is_not_anothers():
    assert turns.whose("work", [1], NOW) == [1] and turns.whose("other", [1], NOW) == [1]
    turns.whose("other", [], NOW)
    assert turns.whose("work", [1], NOW) == []


@pytest.mark.parametrize("many", [3, 3000])
def test_it_takes_the_same_statements_however_much_is_due(many):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert len(turns.whose("work", list(range(many)), NOW)) == many
        assert turns.whose("work", list(range(many)), NOW) == []
        turns.whose("work", [], NOW)
    statements = [each for each in queries if "SAVEPOINT" not in each["sql"]]
    assert len(statements) == 5 and not NextTry.objects.exists()
