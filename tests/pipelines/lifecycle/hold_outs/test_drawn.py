"""Who is held out is drawn once, before every arm, and written down with everybody else at first sight."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pipelines.lifecycle import preferences
from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.evidence import exposures
from pipelines.lifecycle.hold_outs import drawn
from pipelines.models import Exposure, HoldOut, HoldOutShare, HoldOutSight, LifecycleEvent, Release, Shop, ShopSettings
from pipelines.stats import assignment
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Randomised, UseCase
from tests import exposing, holding_out
from tests.exposing import MONDAY, SLUG
from tests.holding_out import VISITORS, a_hold_out, a_share

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("held")]
held = holding_out.held
NOON = MONDAY + timedelta(hours=12)


@pytest.fixture
def shop() -> Shop:
    return exposing.a_shop()


def arms(shop: Shop, visitors: list[str] = VISITORS) -> dict[str, str]:
    """Let visitors ask; write down their first sights."""
    there = exposing.pointer(shop)
    seen = {who: exposures.assign(there, who, at=NOON) for who in visitors}
    for who, each in seen.items():
        is_held_out = each.arm == exposures.HELD_OUT
        sight = drawn.sight(shop.pk, there.draw, assignment.digest(who), is_held_out=is_held_out, at=NOON)
        exposing.append(drawn.SEE, [sight] if sight else [])
        shown = exposures.sight(there, each, NOON)
        exposing.append(exposures.SEE, [shown] if shown else [])
    return {who: each.arm for who, each in seen.items()}


def change(shop: Shop, percent: int, use_case: str = SLUG) -> None:
    settings = ShopSettings.of(shop)
    preferences.say(shop, drawn.Chosen(use_case, percent), revision=settings.revision, by="7")


class TestAssigning:
    def test_the_share_is_shown_nothing_by_its_own_seed_whatever_is_released(self, shop: Shop) -> None:
        row = a_hold_out(shop, 20)
        alone = {who for who, arm in arms(shop).items() if arm == "held_out"}
        assert len(alone) == pytest.approx(80, abs=25)
        assert alone == {who for who in VISITORS if assignment.bucket(row.seed, assignment.digest(who).hex()) < 0.2}
        for seed in ("seed", "another"):
            Release.objects.all().delete()
            exposing.a_canary(shop, step=1, seed=seed)
            assert {who for who, arm in arms(shop).items() if arm == "held_out"} == alone

    def test_no_version_answers_for_them_and_no_release_compares_them(self, shop: Shop) -> None:
        a_hold_out(shop, 20)
        exposing.a_canary(shop, step=0)
        kinds = arms(shop)
        there = exposing.pointer(shop)
        out = [exposures.assign(there, who, at=NOON) for who, arm in kinds.items() if arm == "held_out"]
        assert {(each.version, each.release, each.bucket) for each in out} == {(None, None, None)}
        known = {bytes(unit) for unit in Exposure.objects.values_list("unit", flat=True)}
        assert known == {assignment.digest(who) for who, arm in kinds.items() if arm != "held_out"}

    def test_the_rest_is_split_as_if_nobody_had_been_held_out(self, shop: Shop) -> None:
        exposing.a_canary(shop, step=0)
        before = arms(shop)
        a_hold_out(shop, 20)
        after = arms(shop)
        assert all(after[who] in (arm, "held_out") for who, arm in before.items())
        many = [f"unit {number}" for number in range(6000)]
        there = exposing.pointer(shop)
        rest = [exposures.assign(there, who, at=NOON).arm for who in many]
        rest = [arm for arm in rest if arm != "held_out"]
        assert rest.count("control") / len(rest) == pytest.approx(0.5, abs=0.03)
        assert rest.count("canary") / len(rest) == pytest.approx(0.05, abs=0.012)

    def test_at_no_share_nobody_is_held_out_and_nobody_counted(self, shop: Shop) -> None:
        a_hold_out(shop, 0)
        assert set(arms(shop).values()) == {"stable"}
        assert not HoldOutSight.objects.exists()

    def test_where_nothing_was_drawn_nothing_changes(self, shop: Shop) -> None:
        assert exposing.pointer(shop).draw is None and set(arms(shop).values()) == {"stable"}

    def test_it_takes_no_statement_while_a_visitor_waits(self, shop: Shop) -> None:
        a_hold_out(shop)
        there = exposing.pointer(shop)
        with CaptureQueriesContext(connection) as queries:
            seen = exposures.assign(there, "visitor", at=NOON)
            drawn.sight(shop.pk, there.draw, seen.unit, is_held_out=False, at=NOON)
        assert len(queries) == 0


class TestSights:
    def test_everybody_is_written_down_once_by_digest_as_held_out_or_shown(self, shop: Shop) -> None:
        a_hold_out(shop, 20)
        first, again = arms(shop), arms(shop)
        assert first == again
        rows = {bytes(unit): out for unit, out in HoldOutSight.objects.values_list("unit", "is_held_out")}
        assert rows == {assignment.digest(who): arm == "held_out" for who, arm in first.items()}

    def test_the_first_sight_stands_when_the_share_changes(self, shop: Shop) -> None:
        row = a_hold_out(shop, 20)
        first = arms(shop)
        a_share(row, 5, NOON + timedelta(hours=1))
        assert list(arms(shop).values()).count("held_out") < list(first.values()).count("held_out")
        rows = {bytes(unit): out for unit, out in HoldOutSight.objects.values_list("unit", "is_held_out")}
        assert rows == {assignment.digest(who): arm == "held_out" for who, arm in first.items()}

    def test_of_two_sights_in_one_write_the_earlier_stands(self, shop: Shop) -> None:
        a_hold_out(shop)
        draw = exposing.pointer(shop).draw
        unit = assignment.digest("visitor")
        times = [NOON + timedelta(minutes=minutes) for minutes in (5, 0, 9)]
        exposing.append(drawn.SEE, [drawn.sight(shop.pk, draw, unit, is_held_out=True, at=at) for at in times])
        assert HoldOutSight.objects.get().first_at == NOON

    def test_another_shops_hold_out_and_one_that_is_gone_are_not_written_to(self, shop: Shop) -> None:
        mine, other = a_hold_out(shop), a_hold_out(exposing.a_shop())
        facts = {"unit": "ab" * 16, "is_held_out": True, "at": NOON}
        theirs, own = drawn.current(other).pk, drawn.current(mine).pk
        for hold_out, share in ((other.pk, theirs), (mine.pk, theirs), (mine.pk, own + 99), (mine.pk + 99, own)):
            exposing.append(drawn.SEE, [drawn.Sight(shop.pk, hold_out, share, **facts)])
        assert not HoldOutSight.objects.exists()


class TestDrawing:
    def test_a_seed_is_drawn_at_first_need_and_never_again(self, shop: Shop) -> None:
        first = drawn.of(shop, SLUG)
        assert first is not None and first.percent == 5 and first == drawn.of(shop, SLUG)
        assert first.seed not in Release.objects.values_list("seed", flat=True)
        other = drawn.of(exposing.a_shop(), SLUG)
        assert other is not None and other.seed != first.seed and len(first.seed) == 16
        change(shop, 20)
        again = drawn.of(shop, SLUG)
        assert again is not None and (again.seed, again.percent) == (first.seed, 20)
        assert exposing.pointer(shop).draw == again

    def test_a_sweep_draws_for_every_installed_shop_once(self, shop: Shop) -> None:
        exposing.a_shop(uninstalled_at=NOON)
        begun = drawn.begin_where_missing()
        assert (shop.pk, SLUG) in begun and drawn.begin_where_missing() == []
        assert {each.shop_id for each in HoldOut.objects.all()} == {shop.pk}
        event = LifecycleEvent.objects.get(kind="hold_out.drawn", use_case=SLUG)
        assert (event.use_case, event.by, event.details["percent"]) == (SLUG, "system", 5)

    def test_a_use_case_that_holds_nobody_out_has_none(self, shop: Shop) -> None:
        with USE_CASES.also(exposing.SHOWN):
            assert drawn.of(shop, SLUG) is None and drawn.begin_where_missing() == []
            with pytest.raises(Refused):
                change(shop, 20)
        assert not HoldOut.objects.exists()


@pytest.mark.parametrize("case", USE_CASES.values(), ids=list(USE_CASES))
def test_who_may_be_held_out_is_split_at_random_and_few(case: UseCase) -> None:
    assert 0 <= case.hold_out <= 0.2
    assert not case.hold_out or isinstance(case.evidence, Randomised)


class TestChoosing:
    def test_a_share_holds_from_now_on_and_the_ledger_says_who_chose_it(self, shop: Shop) -> None:
        change(shop, 20)
        change(shop, 0)
        assert list(HoldOutShare.objects.order_by("since").values_list("percent", flat=True)) == [5, 20, 0]
        told = LifecycleEvent.objects.filter(kind="hold_out.changed").order_by("seq")
        assert [(each.by, each.details["was"], each.details["percent"]) for each in told] == [
            ("7", 5, 20),
            ("7", 20, 0),
        ]

    def test_two_choices_at_one_moment_hold_in_their_order(self, shop: Shop) -> None:
        with time_machine.travel(NOON, tick=False):
            change(shop, 20)
            change(shop, 10)
        assert list(HoldOutShare.objects.order_by("since").values_list("percent", flat=True)) == [5, 20, 10]

    def test_the_same_share_again_is_no_change(self, shop: Shop) -> None:
        change(shop, 5)
        assert HoldOutShare.objects.count() == 1
        assert not LifecycleEvent.objects.filter(kind="hold_out.changed").exists()

    @pytest.mark.parametrize(("use_case", "percent"), [(SLUG, 7), (SLUG, -5), (SLUG, 100), ("nothing", 5), ("toy", 5)])
    def test_what_cannot_be_is_refused(self, shop: Shop, use_case: str, percent: int) -> None:
        with pytest.raises(Refused):
            change(shop, percent, use_case)
        assert not HoldOutShare.objects.exclude(percent=5).exists()

    def test_a_form_that_is_behind_changes_nothing(self, shop: Shop) -> None:
        with pytest.raises(Refused):
            preferences.say(shop, drawn.Chosen(SLUG, 20), revision=99, by="7")
        assert not HoldOutShare.objects.filter(percent=20).exists()


def test_a_visitor_waits_for_no_model_library() -> None:
    code = "import django; django.setup(); import pipelines.lifecycle.hold_outs.drawn, sys; print(*sys.modules)"
    root = Path(__file__).parents[4]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert not {"numpy", "pandas", "scipy"} & set(done.stdout.split())
