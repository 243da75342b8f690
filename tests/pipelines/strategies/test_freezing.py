"""What a freeze means for a release, on values alone."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipelines.strategies.freezing import Effect, Protection, effect, held_until
from tests.pipelines.strategies.situations import NOW

DAY = timedelta(days=1)
ENDS = st.one_of(st.none(), st.integers(-5, 30).map(lambda days: NOW + days * DAY))
PROTECTIONS = st.builds(Protection, reaches_shoppers=st.booleans(), something_runs=st.booleans())


def test_nothing_is_protected_only_where_nothing_runs_and_no_shopper_sees_it() -> None:
    assert [
        Protection(reaches_shoppers=seen, something_runs=runs).is_due
        for seen, runs in ((False, False), (True, False), (False, True), (True, True))
    ] == [False, True, True, True]


@given(ENDS, PROTECTIONS)
def test_a_freeze_holds_until_its_end_and_no_longer(until, protection: Protection) -> None:
    held = held_until(until, NOW, protection)
    assert held == (until if until is not None and until > NOW and protection.is_due else None)


@given(ENDS, ENDS, ENDS, st.booleans())
def test_what_a_freeze_does_is_told_by_what_holds_and_how_long_a_yes_lasts(frozen, held, yes, protected) -> None:
    found = effect(frozen_until=frozen, held=held, yes_until=yes, is_protected=protected)
    if frozen is None:
        assert found is Effect.NONE
    elif not protected:
        assert found is Effect.NOTHING_TO_PROTECT
    elif held is None:
        assert found is Effect.LIFTED
    else:
        assert found is (Effect.OUTLASTS if yes is not None and yes <= held else Effect.WAITS)


def test_a_yes_that_ends_with_the_freeze_does_not_outlive_it() -> None:
    same = {"frozen_until": NOW + DAY, "held": NOW + DAY, "is_protected": True}
    assert effect(**same, yes_until=NOW + DAY) is Effect.OUTLASTS
    assert effect(**same, yes_until=NOW + 2 * DAY) is Effect.WAITS
