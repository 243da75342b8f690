"""The life of an alert as rules: every state and wish, rising when nobody answers, closing late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.lifecycle.alerts import lives
from pipelines.lifecycle.alerts.lives import Finding, State, Wish

NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)
SEVERITIES = st.sampled_from(["info", "warning", "critical"])
SPANS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=40))
NEVER = {"closed_at": None, "snoozed_until": None, "acknowledged_at": None}


class TestStates:
    @given(SPANS, SPANS)
    def test_closed_is_resolved_whatever_was_said_before(self, snoozed, acknowledged):
        told = {"snoozed_until": NOW + snoozed, "acknowledged_at": NOW - acknowledged}
        assert lives.state_of(NOW, closed_at=NOW, **told) is State.RESOLVED

    @given(SPANS)
    def test_a_snooze_lasts_up_to_its_end_and_leaves_it_open(self, span):
        until = NOW + span
        known = NEVER | {"snoozed_until": until}
        assert lives.state_of(until, **known) is State.OPEN
        assert lives.state_of(until - timedelta(seconds=1), **known) is State.SNOOZED

    def test_what_was_acknowledged_stays_so(self):
        assert lives.state_of(NOW, **NEVER | {"acknowledged_at": NOW}) is State.ACKNOWLEDGED

    def test_of_what_is_over_it_can_only_be_said_that_it_was_false(self):
        assert [wish for wish in Wish if lives.allows(State.RESOLVED, wish)] == [Wish.FALSE]

    @pytest.mark.parametrize("state", [State.OPEN, State.ACKNOWLEDGED, State.SNOOZED])
    def test_a_person_may_always_say_that_it_is_over_or_was_nothing(self, state):
        assert lives.allows(state, Wish.RESOLVE)
        assert lives.allows(state, Wish.FALSE)

    def test_only_what_sleeps_is_woken_and_nothing_is_seen_twice(self):
        assert [state for state in State if lives.allows(state, Wish.WAKE)] == [State.SNOOZED]
        assert not lives.allows(State.ACKNOWLEDGED, Wish.ACKNOWLEDGE)


class TestRising:
    @given(SEVERITIES, SPANS, SPANS)
    def test_waiting_longer_never_lowers_it(self, severity, first, more):
        assert lives.level(severity, NOW, NOW + first) <= lives.level(severity, NOW, NOW + first + more)

    @given(SPANS)
    def test_what_is_graver_rises_no_later(self, span):
        levels = [lives.level(severity, NOW, NOW + span) for severity in ("info", "warning", "critical")]
        assert levels == sorted(levels)

    @given(SPANS)
    def test_news_never_rise(self, span):
        assert lives.level("info", NOW, NOW + span) == 0

    def test_it_rises_three_times_at_most(self):
        assert lives.level("critical", NOW, NOW + timedelta(days=900)) == 3

    @given(SPANS.map(lambda span: span + timedelta(seconds=1)))
    def test_a_snooze_that_has_not_ended_does_not_rise(self, ahead):
        assert lives.level("critical", NOW + ahead, NOW) == 0


class TestClosingLate:
    @given(SPANS, st.timedeltas(min_value=timedelta(minutes=1), max_value=timedelta(days=1)))
    def test_it_takes_three_calm_windows(self, since, window):
        assert lives.has_calmed(NOW - since, NOW, window) == (since >= 3 * window)

    @given(st.lists(st.booleans(), min_size=1, max_size=60))
    def test_what_flickers_opens_once(self, found):
        """Walk through windows in which something is found or not: it is new only after six hours of rest."""
        closed_at, is_open, last_at, opened = None, False, NOW, []
        for number, is_found in enumerate(found):
            at = NOW + number * timedelta(hours=1)
            if is_found:
                if not is_open and not (closed_at and lives.is_the_same_trouble(closed_at, at)):
                    opened.append(at)
                is_open, last_at = True, at
            elif is_open and lives.has_calmed(last_at, at, timedelta(hours=1)):
                is_open, closed_at = False, at
        gaps = [after - before for before, after in pairwise(opened)]
        assert all(gap >= lives.COOLDOWN + 3 * timedelta(hours=1) for gap in gaps)


class TestWaking:
    @given(SEVERITIES, SEVERITIES)
    def test_it_wakes_where_it_became_graver(self, before, after):
        assert lives.wakes(before, None, Finding(after)) == (lives.RANK[after] > lives.RANK[before])

    @given(st.integers(1, 10**9), st.integers(1, 10**9))
    def test_it_wakes_where_the_risk_doubled(self, before, after):
        assert lives.wakes("warning", before, Finding("warning", after)) == (after >= 2 * before)

    @given(SEVERITIES, SEVERITIES)
    def test_it_never_becomes_milder(self, before, after):
        assert lives.RANK[lives.worse(before, after)] == max(lives.RANK[before], lives.RANK[after])
