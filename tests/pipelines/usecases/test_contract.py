"""What every use case promises, checked for every use case."""

import copy
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import timedelta

import pandas as pd
import pytest

from pipelines.usecases import USE_CASES, use_case_choices
from pipelines.usecases.contract import Event, Frames, NotEnoughHistory, UseCase
from tests.frames import LAST_DAY, shop_frames

SMALL_SHOP: dict[str, Callable[..., Frames]] = {"demand_forecast": shop_frames}
VERBS = ("fit", "predict", "evaluate", "replay", "answer", "dump", "load", "present")


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
    assert evaluation["seasonal_naive"][name] is not None


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


def test_it_can_price_two_versions_where_that_is_its_evidence(use_case: UseCase) -> None:
    assert use_case.evidence.kind != "paired" or callable(use_case.resolve("compare"))


def test_whatever_it_shows_has_a_judge(use_case: UseCase) -> None:
    assert all(callable(use_case.judge(name)) for name in use_case.outputs)


def test_whatever_it_shows_every_day_can_be_written_down(use_case: UseCase) -> None:
    from pipelines.lifecycle.serving import refresh

    assert use_case.serves != "batch" or (use_case.outputs and use_case.outputs.keys() <= refresh.WRITERS.keys())


def test_a_use_case_with_an_output_that_nobody_judges_cannot_be_made(use_case: UseCase) -> None:
    with pytest.raises(ValueError, match="nothing judges gossip"):
        replace(use_case, outputs={**use_case.outputs, "gossip": ""})
    assert "gossip" in use_case.unjudged({"gossip": pd.DataFrame()})


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
