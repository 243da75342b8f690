"""A version outside of this app: frames go through text as they are, and changed files are refused."""

import hashlib
import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases import USE_CASES, exported
from pipelines.usecases.contract import Event, Frames
from tests import toy_use_case

TABLE = pd.DataFrame(
    {
        "unique_id": np.array([1, 2], dtype="int64"),
        "y": np.array([0.1, np.nan], dtype="float32"),
        "title": ['ß "quoted"', ""],
        "ds": pd.to_datetime(["2026-11-19", "2026-11-20"]).astype("datetime64[s]"),
        "out_since": pd.to_datetime(["2026-11-19", None]).astype("datetime64[s]"),
        "first_day": [date(2026, 1, 31), None],
        "is_tracked": np.array([True, False]),
    }
)


def test_a_frame_goes_through_text_with_values_and_kinds():
    again = exported.from_text(exported.as_text(TABLE))
    pd.testing.assert_frame_equal(again, TABLE)
    assert type(again["first_day"].iloc[0]) is date and again["first_day"].iloc[1] is None


def test_so_does_one_without_rows():
    empty = TABLE.iloc[:0]
    again = exported.from_text(exported.as_text(empty))
    assert list(again.columns) == list(empty.columns) and again.empty
    assert again["ds"].dtype == TABLE["ds"].dtype and again["unique_id"].dtype == "int64"


def test_a_question_is_asked_back_as_the_frames_that_it_was():
    case = replace(toy_use_case.TOY, needs=("daily_sales",))
    events = (Event("drop", date(2026, 4, 1), date(2026, 4, 3)),)
    asked = exported.question(Frames({"daily_sales": TABLE}, asof=date(2026, 11, 20), country="GB", events=events))
    told = exported.frames_of(case, asked)
    assert (told.asof, told.country, told.events) == (date(2026, 11, 20), "GB", events)
    pd.testing.assert_frame_equal(told["daily_sales"], TABLE)


class Echo:
    """A use case that says what it was asked."""

    needs = ("daily_sales",)

    def resolve(self, verb):
        assert verb == "predict"
        return lambda fitted, frames: frames["daily_sales"][["unique_id"]].assign(y_hat=fitted)


def test_every_row_is_a_question_of_its_own():
    shops = [Frames({"daily_sales": TABLE.iloc[:rows]}, asof=date(2026, 11, 20)) for rows in (2, 1)]
    told = exported.Exported(Echo(), 7.0).predict(pd.DataFrame(map(exported.question, shops)))
    assert list(told.columns) == ["request", "unique_id", "y_hat"]
    assert told["request"].tolist() == [0, 0, 1] and told["unique_id"].tolist() == [1, 2, 1]


@pytest.mark.parametrize("is_changed", [False, True])
def test_files_are_loaded_as_they_were_trained_or_not_at_all(tmp_path, is_changed):
    with USE_CASES.also(toy_use_case.TOY):
        file = tmp_path / "number.json"
        file.write_bytes(b"2.0")
        manifest = {"use_case": toy_use_case.SLUG, "files": {file.name: hashlib.sha256(b"2.0").hexdigest()}}
        (tmp_path / exported.MANIFEST).write_text(json.dumps(manifest))
        if is_changed:
            file.write_bytes(b"3.0")
            with pytest.raises(ValueError, match="was changed after the version"):
                exported._load_pyfunc(str(tmp_path))
        else:
            assert exported._load_pyfunc(str(tmp_path)).use_case is toy_use_case.TOY
