"""What every use case promises, checked for every use case and for every kind of file that a version is made of."""

import copy
import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

import pandas as pd
import pytest

from pipelines.lifecycle import safe_files
from pipelines.lifecycle.data import dataset
from pipelines.lifecycle.evidence import kinds
from pipelines.lifecycle.sandbox import rehearse
from pipelines.lifecycle.versions import answers, artifacts
from pipelines.models import ModelVersion, ShopSettings, own
from pipelines.usecases import USE_CASES, exported, use_case_choices
from pipelines.usecases.contract import (
    PARAMETERS,
    Event,
    Frames,
    Held,
    NotEnoughHistory,
    Output,
    PairedWeeks,
    Remembered,
    Shown,
    UseCase,
)
from tests import toy_use_case
from tests.conftest import ROOT
from tests.families.visits.rows import visits
from tests.frames import LAST_DAY
from tests.pipelines.usecases.small_shops import FAMILIES, FORMATS, MATRIX, NEWCOMER, SMALL_SHOPS, Small

VERBS = ("fit", "predict", "evaluate", "dump", "load", "present")
DAILY, ON_REQUEST = ("answer",), ("score", "questions")
LINES_OF_A_STEP = 12
BORROWS = toy_use_case.SLUG  # its table is the demand forecast's, since a test brings none
# A process without anything that was installed.
ALONE = """
import importlib, json, sys
scorer = importlib.import_module(sys.argv[1])
asked = json.load(sys.stdin)
said = [getattr(scorer, sys.argv[2])(asked["parameters"], question)["score"] for question in asked["questions"]]
known = {name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names
json.dump({"said": said, "modules": sorted(known)}, sys.stdout)
"""


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the families of the tests be there beside ours."""
    monkeypatch.setattr(toy_use_case, "mood", toy_use_case.Mood())
    monkeypatch.setitem(dataset.BUILDERS, "visits", visits)
    with USE_CASES.also(*FAMILIES.values()):
        yield


@pytest.fixture(params=MATRIX)
def use_case(request: pytest.FixtureRequest) -> UseCase:
    return MATRIX[request.param]


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> UseCase:
    return FAMILIES[request.param]


@pytest.fixture(params=[name for name, case in MATRIX.items() if case.score])
def scoring(request: pytest.FixtureRequest) -> UseCase:
    return MATRIX[request.param]


@pytest.fixture(params=[name for name in FAMILIES if name != BORROWS])
def housed(request: pytest.FixtureRequest) -> UseCase:
    return FAMILIES[request.param]


def shop_of(use_case: UseCase) -> Small:
    return SMALL_SHOPS[use_case.slug]


def fitted(use_case: UseCase, frames: Frames) -> object:
    return use_case.resolve("fit")(frames, seed=1)


def lines(score: Callable[..., object], *asked: object) -> int:
    """Count the lines that an answer runs through."""
    counted = 0

    def trace(_: Any, event: str, __: Any) -> Any:
        nonlocal counted
        counted += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        score(*asked)
    finally:
        sys.settrace(before)
    return counted


def said(use_case: UseCase, frames: Frames) -> pd.DataFrame:
    return use_case.resolve("predict")(fitted(use_case, frames), frames)


def stored(use_case: UseCase, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Give files as they come back from where versions lie."""
    kept = artifacts.store(1, use_case.slug, 1, files)
    row = {"shop_id": 1, "use_case": use_case.slug, "number": 1, "artifact_path": kept.path}
    return artifacts.load(ModelVersion(**row, artifact_digest=kept.digest, signature=kept.signature))


class TestWhatItIs:
    def test_every_verb_names_a_function(self, family: UseCase) -> None:
        answering = ON_REQUEST if family.serves == "request" else DAILY
        assert {field.name for field in dataclasses.fields(family)} >= {*VERBS, *DAILY, *ON_REQUEST}
        assert all(callable(family.resolve(verb)) for verb in (*VERBS, *answering))

    def test_what_answers_on_request_has_a_safe_default_and_little_time(self, family: UseCase) -> None:
        is_asked = family.serves == "request"
        assert bool(family.score) == bool(family.questions) == is_asked
        assert bool(family.safe_default) == bool(family.score or family.door)
        assert family.has_door == (bool(family.safe_default) and not family.till and not family.asks)
        assert not is_asked or (json.dumps(dict(family.safe_default)) and 0 < family.score_seconds < 1)

    def test_what_is_split_by_visitors_reaches_them(self, family: UseCase) -> None:
        assert family.reaches_shoppers or family.unit != "visitor"

    def test_the_settings_that_it_learns_with_are_settings_of_a_shop(self, family: UseCase) -> None:
        columns = {field.name for field in ShopSettings._meta.concrete_fields}
        assert set(family.settings.values()) <= columns and set(family.tested_with) <= set(family.settings)

    def test_it_can_be_chosen_by_its_slug(self, family: UseCase) -> None:
        assert (family.slug, family.title) in use_case_choices()

    def test_its_kind_of_evidence_is_registered(self, family: UseCase) -> None:
        assert kinds.of(family.slug).name == family.evidence.kind

    def test_it_is_replayed_in_money_or_says_why_not(self, family: UseCase) -> None:
        assert callable(family.resolve("replay")) if family.replay else family.words.no_replay

    def test_what_is_watched_has_a_name_for_merchants(self, housed: UseCase) -> None:
        watched = housed.monitored
        assert watched is None or {*watched.names} == {*watched.features}


class TestWhatItLearns:
    def test_what_it_is_learned_for_can_be_stored_and_has_not_changed_on_the_same_day(self, use_case: UseCase) -> None:
        shop = shop_of(use_case)
        frames = (shop.whole or shop.make)()
        noted = json.loads(json.dumps(use_case.noted(frames)))
        named = use_case.monitored.circumstances if use_case.monitored else ()
        assert {*noted} == {each.name for each in named}
        for each in named:
            assert use_case.function(each.share)(noted[each.name], frames) == 0
            assert 0 < each.most < 1

    def test_it_leaves_its_input_alone(self, use_case: UseCase) -> None:
        frames = shop_of(use_case).make()
        before = copy.deepcopy(dict(frames.tables))
        said(use_case, frames)
        use_case.resolve("evaluate")(frames)
        for name, table in before.items():
            pd.testing.assert_frame_equal(frames[name], table)

    def test_it_is_repeatable_with_a_seed(self, use_case: UseCase) -> None:
        make, dump = shop_of(use_case).make, use_case.resolve("dump")
        assert dump(fitted(use_case, make())) == dump(fitted(use_case, make()))

    def test_it_copes_with_what_it_never_saw(self, use_case: UseCase) -> None:
        frames = shop_of(use_case).make()
        learned = fitted(use_case, frames)
        told = use_case.resolve("predict")(learned, shop_of(use_case).with_newcomer(frames))
        assert (told["unique_id"] == NEWCOMER).any()
        assert told["y_hat"].notna().all()

    def test_it_reports_a_plain_rule_beside_itself(self, family: UseCase) -> None:
        evaluation = family.resolve("evaluate")(shop_of(family).make()).as_dict()
        name = family.primary_metric.name
        assert evaluation["candidate"][name] is not None
        assert evaluation[family.gates.baseline][name] is not None
        assert isinstance(evaluation.get("simple_rule", ""), str)  # it names who is the bar, where that is chosen

    def test_it_never_looks_beyond_the_last_complete_day(self, use_case: UseCase) -> None:
        frames, dump = shop_of(use_case).make(), use_case.resolve("dump")
        with_future = shop_of(use_case).with_tomorrow(frames)
        assert dump(fitted(use_case, with_future)) == dump(fitted(use_case, frames))

    def test_it_says_what_is_missing_when_history_is_too_short(self, use_case: UseCase) -> None:
        days, make = use_case.min_history.days, shop_of(use_case).make
        with pytest.raises(NotEnoughHistory) as refusal:
            fitted(use_case, make(days=days - 1))
        assert refusal.value.retryable
        assert str(days) in refusal.value.sentence
        fitted(use_case, make(days=days))


class TestItsFiles:
    def test_it_survives_storage(self, use_case: UseCase) -> None:
        frames = shop_of(use_case).make()
        learned = fitted(use_case, frames)
        restored = use_case.resolve("load")(stored(use_case, use_case.resolve("dump")(learned)))
        assert restored == learned
        predict = use_case.resolve("predict")
        pd.testing.assert_frame_equal(predict(restored, frames), predict(learned, frames))

    def test_every_kind_of_file_that_may_be_read_is_tried(self) -> None:
        assert FORMATS.keys() == safe_files.CHECKS.keys()
        for kind, use_case in FORMATS.items():
            files = use_case.resolve("dump")(fitted(use_case, shop_of(use_case).make()))
            assert kind in {PurePosixPath(name).suffix for name in files}

    def test_it_answers_outside_of_this_app_as_it_does_here(self, family: UseCase) -> None:
        frames = shop_of(family).make()
        learned, predict = fitted(family, frames), family.resolve("predict")
        outside = exported.Exported(dataclasses.replace(family, needs=tuple(frames.tables)), learned)
        told = outside.predict(pd.DataFrame([exported.question(frames)]))
        pd.testing.assert_frame_equal(
            told.drop(columns="request"), predict(learned, frames).reset_index(drop=True), check_dtype=False
        )


class TestItsScorer:
    """What answers a visitor in the web process says what the model says, and needs nothing that is installed."""

    def alone(self, use_case: UseCase, parameters: object, questions: list[object]) -> dict[str, list[object]]:
        score = use_case.resolve("score")
        asked = json.dumps({"parameters": parameters, "questions": questions})
        command = [sys.executable, "-S", "-c", ALONE, score.__module__, score.__name__]
        done = subprocess.run(command, input=asked, capture_output=True, text=True, cwd=ROOT, check=False)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    def test_it_is_standard_library_alone_and_says_what_the_model_says(self, scoring: UseCase) -> None:
        frames = shop_of(scoring).make()
        learned = fitted(scoring, frames)
        parameters = json.loads(scoring.resolve("dump")(learned)[PARAMETERS])
        questions = scoring.resolve("questions")(frames)
        found = self.alone(scoring, parameters, questions)
        assert set(found["modules"]) <= {"__main__", "pipelines", "tests"}
        assert found["said"] == pytest.approx(said(scoring, frames)["y_hat"].tolist(), rel=0, abs=1e-9)
        assert len(set(found["said"])) > 1

    def test_it_takes_no_more_steps_than_it_says(self, scoring: UseCase) -> None:
        frames = shop_of(scoring).make()
        parameters = json.loads(scoring.resolve("dump")(fitted(scoring, frames))[PARAMETERS])
        for question in scoring.resolve("questions")(frames)[:20] if scoring.steps else ():
            most = scoring.resolve("steps")(parameters) * max(1, len(question.get("eligible", [])))
            assert lines(scoring.resolve("score"), parameters, question) < LINES_OF_A_STEP * most

    def test_it_is_tried_in_training_as_it_will_run(self, scoring: UseCase) -> None:
        frames = shop_of(scoring).make()
        files = scoring.resolve("dump")(fitted(scoring, frames))
        tried = answers.given(scoring, files, frames)["asked"]
        assert tried["score"].tolist() == pytest.approx(said(scoring, frames)["y_hat"].tolist()[-len(tried) :])


class TestItsPlaceInTheHouse:
    def test_what_two_versions_are_compared_by_is_remembered_and_priced(self, housed: UseCase) -> None:
        if isinstance(housed.evidence, PairedWeeks) and not housed.evidence.said:  # it stands in the log of answers
            assert housed.asks and callable(housed.function(housed.evidence.compare))
        elif isinstance(housed.evidence, PairedWeeks):
            told = housed.output(housed.evidence.said)
            columns = {field.name for field in own.table(told.table)._meta.concrete_fields}
            assert isinstance(told.kept, Remembered) and {"version", "origin"} < columns
            assert columns >= set(housed.evidence.reads)
            assert callable(housed.function(housed.evidence.compare))

    def test_whatever_it_shows_has_a_judge_and_a_table_of_its_own(self, housed: UseCase) -> None:
        brought = {table.__name__ for table in own.tables_of(housed.slug)}
        for output in housed.outputs:
            assert callable(housed.function(output.judge)) and output.table in brought
            assert not isinstance(output.kept, Shown) or not output.kept.sums or output.kept.sums in brought

    def test_whatever_it_shows_every_day_can_be_written_down(self, family: UseCase) -> None:
        from pipelines.lifecycle.serving import kept as keeping

        kept = {type(output.kept) for output in family.outputs}
        assert family.serves != "batch" or (kept and kept <= keeping.WRITERS.keys())

    def test_whatever_it_says_of_one_customer_goes_with_who_asks_to_be_forgotten(self, housed: UseCase) -> None:
        for output in housed.outputs:
            asked, columns = output.customers, own.table(output.table)._meta
            assert asked or housed.unit != "customer"
            assert not asked or {asked.column, *asked.rows} <= {field.name for field in columns.concrete_fields}

    def test_an_output_that_nobody_judges_cannot_be_made(self, family: UseCase) -> None:
        with pytest.raises(ValueError, match="nothing judges gossip"):
            Output("gossip", table="Gossip", judge="", kept=Shown())
        assert "gossip" in family.unjudged({"gossip": pd.DataFrame()})

    def test_every_frame_that_it_needs_can_be_built_and_its_own_are_of_its_own_tables(self, housed: UseCase) -> None:
        brought = {table.__name__ for table in own.tables_of(housed.slug)}
        names = {frame.name for frame in housed.own_frames}
        assert names.isdisjoint(dataset.BUILDERS) and set(housed.needs) <= names | dataset.BUILDERS.keys()
        assert all(frame.table in brought and frame.series in ("", *frame.columns) for frame in housed.own_frames)

    def test_what_it_publishes_has_a_type_for_every_key_and_says_nothing_of_what_is_not_known(
        self, housed: UseCase
    ) -> None:
        for output, asked in housed.published:
            columns = {field.name for field in own.table(output.table)._meta.concrete_fields}
            assert {asked.unit, *asked.columns, *asked.rows} <= columns
            assert asked.best in asked.types or not asked.best
            if slots := asked.slots:
                assert asked.owner == "Product" and {slots.picks, "version", *slots.fallback_rows} <= columns
                assert asked.types.keys() == {*slots.keys, slots.fallback} and isinstance(output.kept, Held)
                continue
            told = housed.function(asked.values)(dict.fromkeys(asked.columns, None) | {asked.best: 1})
            assert told.keys() == {asked.best}

    def test_what_the_test_store_looks_at_can_be_read_off_its_answer(self, family: UseCase) -> None:
        if family.rehearsal:
            reading = rehearse.Reading.of(family)
            asked = reading.asked
            for figure in (asked.expected, asked.differing, asked.jumps):
                assert reading.read(figure, {}).empty
            assert all(reading.read(figure, {}) == 0 for figure in asked.figures) and reading.names({}) == {}
            seen, out = reading.read(asked.happened, shop_of(family).make(), LAST_DAY)
            assert seen.sum() > 0 and isinstance(out, set)

    def test_its_door_answers_from_an_output_that_is_held(self, housed: UseCase) -> None:
        if door := housed.door:
            told = housed.output(door.output)
            columns = {field.name for field in own.table(told.table)._meta.concrete_fields}
            assert isinstance(told.kept, Held) and columns >= set(door.columns)
            lists = housed.function(door.hold)([])
            assert lists.size == 0 and housed.function(door.ask)(lists, {"anything": 1}, frozenset()) is None

    def test_what_is_watched_of_it_is_there(self, family: UseCase) -> None:
        if family.monitored:
            if family.monitored.says != "amounts":
                assert family.serves == "request" and not family.monitored.accuracy
                assert (family.monitored.taken is not None) == (family.monitored.says == "takes")
            elif isinstance(family.evidence, PairedWeeks) or family.monitored.reads:
                assert callable(family.function(family.monitored.accuracy))
            else:
                assert not family.monitored.accuracy  # nobody would ask
            if family.monitored.level:
                assert callable(family.function(family.monitored.level)) and isinstance(family.evidence, PairedWeeks)
            assert family.monitored.features and family.monitored.outcome
            assert family.monitored.matures_after > timedelta(0)


def test_no_two_outputs_fill_the_same_fields() -> None:
    asked = [fields for case in USE_CASES.values() for _, fields in case.published]
    filled = [(fields.owner, fields.namespace, key) for fields in asked for key in fields.types]
    assert len(filled) == len(set(filled))


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
