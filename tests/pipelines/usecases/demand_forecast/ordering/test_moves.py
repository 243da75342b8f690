"""What is moved between places: nobody gives what they need, nobody gets more than they miss."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from pipelines.usecases.demand_forecast.ordering.moves import Held, moves

PLACES = st.lists(
    st.builds(
        Held,
        variant_id=st.integers(1, 4),
        location_id=st.integers(1, 5),
        stock=st.integers(-5, 90),
        incoming=st.integers(0, 30),
        needed=st.integers(0, 240).map(lambda quarters: quarters / 4),
    ),
    unique_by=lambda held: (held.variant_id, held.location_id),
    max_size=20,
)


def told(*held: Held) -> list[tuple[int, int, int]]:
    return [(move.giver, move.taker, move.units) for move in moves(held)]


def test_whoever_has_most_gives_first_and_whoever_misses_most_gets_first():
    held = [Held(1, 7, 60, 0, 10), Held(1, 8, 25, 0, 10), Held(1, 9, 0, 0, 40.2), Held(1, 10, 0, 0, 20)]
    assert told(*held) == [(7, 9, 41), (7, 10, 9), (8, 10, 11)]


def test_what_only_comes_cannot_be_given_and_is_not_missed():
    assert told(Held(1, 7, 5, 100, 10), Held(1, 8, 0, 0, 10)) == []
    assert told(Held(1, 7, 50, 0, 10), Held(1, 8, 0, 8, 10)) == [(7, 8, 2)]


def test_another_variant_is_no_help():
    assert told(Held(1, 7, 50, 0, 10), Held(2, 8, 0, 0, 10)) == []


@given(PLACES)
def test_nobody_is_made_short_and_as_much_as_can_be_is_moved(places):
    known = {(held.variant_id, held.location_id): held for held in places}
    given_by, got_by, per_variant = Counter(), Counter(), Counter()
    for move in moves(places):
        assert move.units > 0 and move.giver != move.taker
        given_by[move.variant_id, move.giver] += move.units
        got_by[move.variant_id, move.taker] += move.units
        per_variant[move.variant_id] += move.units
    for place, units in given_by.items():
        assert known[place].stock - units >= known[place].needed
    for place, units in got_by.items():
        assert units <= known[place].missing and place not in given_by
    for variant in {held.variant_id for held in places}:
        here = [held for held in places if held.variant_id == variant]
        assert per_variant[variant] == min(sum(held.spare for held in here), sum(held.missing for held in here))
