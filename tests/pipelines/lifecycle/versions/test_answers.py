"""What a version says as it will run; and how far two differ: to the eye, not to the last bit."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.lifecycle.errors import Unjudged
from pipelines.lifecycle.versions import answers
from pipelines.lifecycle.versions.answers import differences
from pipelines.usecases.contract import PARAMETERS
from tests.families import visits
from tests.families.visits import model
from tests.families.visits.frames import shop_frames


def said(**changes: object) -> dict[str, pd.DataFrame]:
    columns = {"id": [1, 2], "mean": [4.0, np.nan], "quantiles": [[1.0, 2.0], [3.0, 4.0]], "status": ["ok", None]}
    return {"rows": pd.DataFrame(columns | changes)}


def test_the_same_answers_differ_in_nothing() -> None:
    assert differences(said(), said()) == {"rows": 2, "changed": 0}


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        ({"mean": [4.03, np.nan]}, 0),
        ({"mean": [4.05, np.nan]}, 1),
        ({"mean": [4.0, 0.0]}, 1),
        ({"quantiles": [[1.0, 2.001], [3.0, 4.0]]}, 0),
        ({"quantiles": [[1.0, 2.1], [3.0, 4.1]]}, 2),
        ({"quantiles": [[1.0], [3.0, 4.0]]}, 1),
        ({"status": ["order_today", None]}, 1),
        ({"status": ["ok", "ok"]}, 1),
        ({"more": [1, 2]}, 2),
    ],
)
def test_a_row_differs_where_anybody_would_see_it(change: dict, changed: int) -> None:
    assert differences(said(**change), said())["changed"] == changed


def test_answers_of_other_tables_differ_in_all() -> None:
    assert differences(said(), {}) == {"rows": 2, "changed": 2}
    assert differences({}, said())["changed"] == 1
    assert differences({}, {}) == {"rows": 0, "changed": 0}


class TestWhatAnswersOnRequest:
    """A version is tried by the scorer and the file that the door will use, on what visitors asked of late."""

    FRAMES = shop_frames()

    def files(self, **changes: Any) -> dict[str, bytes]:
        learned = json.loads(model.dump(model.fit(self.FRAMES))[PARAMETERS])
        return {PARAMETERS: json.dumps(learned | changes).encode()}

    def given(self, files: dict[str, bytes]) -> dict[str, pd.DataFrame]:
        return dict(answers.given(visits.USE_CASE, files, self.FRAMES))

    def test_it_answers_what_was_asked_last(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(answers, "MOST_ASKED", 7)
        newest = model.predict(model.fit(self.FRAMES), self.FRAMES)["y_hat"].tail(7)
        assert self.given(self.files())["asked"]["score"].tolist() == pytest.approx(newest.tolist())

    def test_another_version_differs_in_what_it_says(self) -> None:
        same, other = self.given(self.files()), self.given(self.files(intercept=4.0))
        assert differences(same, self.given(self.files()))["changed"] == 0
        assert differences(same, other)["changed"] > 100

    def test_a_version_without_what_the_scorer_reads_is_refused(self) -> None:
        with pytest.raises(Unjudged, match="could answer nobody"):
            self.given({"weights.json": b"{}"})

    def test_an_answer_that_is_no_json_is_refused(self) -> None:
        with pytest.raises(Unjudged, match="cannot be shown"):
            self.given(self.files(intercept=float("nan")))
