"""What every use case promises, checked for every use case."""

import copy
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta

import pandas as pd
import pytest

from pipelines.lifecycle.data import dataset
from pipelines.lifecycle.evidence import kinds
from pipelines.lifecycle.sandbox import rehearse
from pipelines.models import ShopSettings, own
from pipelines.usecases import USE_CASES, use_case_choices
from pipelines.usecases.contract import (
    Event,
    Frames,
    NotEnoughHistory,
    Output,
    PairedWeeks,
    Remembered,
    Shown,
    UseCase,
)
from tests.frames import LAST_DAY, shop_frames

SMALL_SHOP: dict[str, Callable[..., Frames]] = {"demand_forecast": shop_frames}
VERBS = ("fit", "predict", "evaluate", "answer", "dump", "load", "present")


@pytest.fixture(params=sorted(USE_CASES))
def use_case(request: pytest.FixtureRequest) -> UseCase:
    return USE_CASES[request.param]


@pytest.fixture
def frames(use_case: UseCase) -> Frames:
    return SMALL_SHOP[use_case.slug]()


def fitted(use_case: UseCase, frames: Frames) -> object:
    return use_case.resolve("fit")(frames, seed=1)


def forecast(use_case: UseCase, frames: Frames) -> pd.DataFrame:
    return use_case.resolve("predict")(fitted(use_case, frames), frames)


def test_every_verb_names_a_function(use_case: UseCase) -> None:
    assert {field.name for field in fields(use_case)} >= set(VERBS)
    assert all(callable(use_case.resolve(verb)) for verb in VERBS)


def test_what_is_split_by_shoppers_reaches_them(use_case: UseCase) -> None:
    assert use_case.reaches_shoppers or use_case.unit not in ("visitor", "checkout")


def test_the_settings_that_it_learns_with_are_settings_of_a_shop(use_case: UseCase) -> None:
    known = {field.name for field in ShopSettings._meta.concrete_fields}
    assert set(use_case.settings.values()) <= known and set(use_case.tested_with) <= set(use_case.settings)


def test_it_can_be_chosen_by_its_slug(use_case: UseCase) -> None:
    assert (use_case.slug, use_case.title) in use_case_choices()


def test_it_leaves_its_input_alone(use_case: UseCase, frames: Frames) -> None:
    before = copy.deepcopy(dict(frames.tables))
    forecast(use_case, frames)
    use_case.resolve("evaluate")(frames)
    for name, table in before.items():
        pd.testing.assert_frame_equal(frames[name], table)


def test_it_survives_storage(use_case: UseCase, frames: Frames) -> None:
    learned = fitted(use_case, frames)
    files = use_case.resolve("dump")(learned)
    assert all(content.decode() for content in files.values())
    restored = use_case.resolve("load")(files)
    assert restored == learned
    predict = use_case.resolve("predict")
    pd.testing.assert_frame_equal(predict(restored, frames), predict(learned, frames))


def test_it_is_repeatable_with_a_seed(use_case: UseCase) -> None:
    make = SMALL_SHOP[use_case.slug]
    dump = use_case.resolve("dump")
    assert dump(fitted(use_case, make())) == dump(fitted(use_case, make()))


def test_it_copes_with_a_new_product(use_case: UseCase, frames: Frames) -> None:
    learned = fitted(use_case, frames)
    new = frames["series"].tail(1).assign(unique_id=999, first_day=pd.Timestamp(LAST_DAY))
    later = Frames({**frames.tables, "series": pd.concat([frames["series"], new])}, frames.asof, frames.country)
    said = use_case.resolve("predict")(learned, later)
    assert (said["unique_id"] == 999).any()
    assert said["y_hat"].notna().all()


def test_it_reports_a_plain_rule_beside_itself(use_case: UseCase, frames: Frames) -> None:
    evaluation = use_case.resolve("evaluate")(frames).as_dict()
    name = use_case.primary_metric.name
    assert evaluation["candidate"][name] is not None
    assert evaluation[use_case.gates.baseline][name] is not None


def test_it_never_looks_beyond_the_last_complete_day(use_case: UseCase, frames: Frames) -> None:
    sales = frames["daily_sales"]
    later = sales.tail(5).assign(ds=pd.Timestamp(LAST_DAY) + timedelta(days=1), y=1e6)
    with_future = Frames({**frames.tables, "daily_sales": pd.concat([sales, later])}, frames.asof, frames.country)
    dump = use_case.resolve("dump")
    assert dump(fitted(use_case, with_future)) == dump(fitted(use_case, frames))


def test_it_says_what_is_missing_when_history_is_too_short(use_case: UseCase) -> None:
    days = use_case.min_history.days
    with pytest.raises(NotEnoughHistory) as refusal:
        fitted(use_case, SMALL_SHOP[use_case.slug](days=days - 1))
    assert refusal.value.retryable
    assert str(days) in refusal.value.sentence
    fitted(use_case, SMALL_SHOP[use_case.slug](days=days))


def test_what_two_versions_are_compared_by_is_remembered_and_priced(use_case: UseCase) -> None:
    if isinstance(use_case.evidence, PairedWeeks):
        said = use_case.output(use_case.evidence.said)
        columns = {field.name for field in own.table(said.table)._meta.concrete_fields}
        assert isinstance(said.kept, Remembered) and {"version", "origin"} < columns
        assert columns >= set(use_case.evidence.reads)
        assert callable(use_case.function(use_case.evidence.compare))


def test_its_kind_of_evidence_is_registered(use_case: UseCase) -> None:
    assert kinds.of(use_case.slug).name == use_case.evidence.kind


def test_whatever_it_shows_has_a_judge_and_a_table_of_its_own(use_case: UseCase) -> None:
    brought = {table.__name__ for table in own.tables_of(use_case.slug)}
    for output in use_case.outputs:
        assert callable(use_case.function(output.judge)) and output.table in brought
        assert not isinstance(output.kept, Shown) or not output.kept.sums or output.kept.sums in brought


def test_whatever_it_shows_every_day_can_be_written_down(use_case: UseCase) -> None:
    from pipelines.lifecycle.serving import refresh

    kept = {type(output.kept) for output in use_case.outputs}
    assert use_case.serves != "batch" or (kept and kept <= refresh.WRITERS.keys())


def test_an_output_that_nobody_judges_cannot_be_made(use_case: UseCase) -> None:
    with pytest.raises(ValueError, match="nothing judges gossip"):
        Output("gossip", table="Gossip", judge="", kept=Shown())
    assert "gossip" in use_case.unjudged({"gossip": pd.DataFrame()})


def test_every_frame_that_it_needs_can_be_built_and_its_own_are_of_its_own_tables(use_case: UseCase) -> None:
    brought = {table.__name__ for table in own.tables_of(use_case.slug)}
    names = {frame.name for frame in use_case.own_frames}
    assert names.isdisjoint(dataset.BUILDERS) and set(use_case.needs) <= names | dataset.BUILDERS.keys()
    assert all(frame.table in brought and frame.series in frame.columns for frame in use_case.own_frames)


def test_what_it_publishes_has_a_type_for_every_key_and_says_nothing_of_what_is_not_known(use_case: UseCase) -> None:
    for output, asked in use_case.published:
        columns = {field.name for field in own.table(output.table)._meta.concrete_fields}
        assert {asked.unit, *asked.columns, *asked.rows} <= columns
        assert asked.best in asked.types or not asked.best
        told = use_case.function(asked.values)(dict.fromkeys(asked.columns, None) | {asked.best: 1})
        assert told.keys() == {asked.best}


def test_no_two_use_cases_publish_on_the_same_things() -> None:
    """What Shopify holds is remembered by variant alone, without the use case that said it."""
    owners = [asked.owner for case in USE_CASES.values() for _, asked in case.published]
    assert len(owners) == len(set(owners)) and set(owners) <= {"ProductVariant"}


def test_what_the_test_store_looks_at_can_be_read_off_its_answer(use_case: UseCase, frames: Frames) -> None:
    if use_case.rehearsal:
        reading = rehearse.Reading.of(use_case)
        asked = reading.asked
        for figure in (asked.expected, asked.differing, asked.jumps):
            assert reading.read(figure, {}).empty
        assert all(reading.read(figure, {}) == 0 for figure in asked.figures) and reading.names({}) == {}
        seen, out = reading.read(asked.happened, frames, LAST_DAY)
        assert seen.sum() > 0 and isinstance(out, set)


def test_without_a_replay_it_says_why_there_is_none(use_case: UseCase) -> None:
    assert callable(use_case.resolve("replay")) if use_case.replay else use_case.words.no_replay


def test_what_is_watched_of_it_is_there(use_case: UseCase, frames: Frames) -> None:
    if use_case.monitored:
        assert callable(use_case.function(use_case.monitored.accuracy))
        assert use_case.monitored.outcome in use_case.monitored.features
        assert use_case.monitored.matures_after > timedelta(0)


def test_naming_the_use_cases_imports_none_of_the_heavy_libraries() -> None:
    heavy = "numpy pandas scipy prophet lightgbm plotly"
    code = f"import sys, pipelines.usecases; print([m for m in '{heavy}'.split() if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_event_lists_its_days() -> None:
    sale = Event("Autumn sale", LAST_DAY, LAST_DAY + timedelta(days=2))
    assert [day.day for day in sale.days()] == [22, 23, 24]


def test_frames_make_a_shared_result_once() -> None:
    frames, made = Frames({}, LAST_DAY), []
    for _ in range(2):
        frames.once("key", lambda: made.append(1))
    assert made == [1]
