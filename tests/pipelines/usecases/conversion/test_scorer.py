"""The standard library's answer is LightGBM's own and the model's to 1e-9, whatever is asked."""

import doctest
import json
import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.stats.logistic import sigmoid
from pipelines.usecases.contract import PARAMETERS
from pipelines.usecases.conversion import model, scorer
from pipelines.usecases.conversion.learning import trees
from pipelines.usecases.conversion.learning.columns import Columns, Rows
from pipelines.usecases.conversion.moments import COLUMNS
from tests.conftest import ROOT
from tests.pipelines.usecases.conversion import shop

NUMBERS = st.one_of(
    st.none(),
    st.integers(-5, 10**6),
    st.integers(-(10**400), 10**400),
    st.floats(allow_nan=True, allow_infinity=True),
    st.booleans(),
    st.sampled_from([0.0, -0.0, 1e-36, 5e-324, "7", "", [], {}]),
)
NAMES = st.one_of(
    st.none(), st.sampled_from(["phone", "desktop", "search", "email", "a fridge", ""]), st.floats(), NUMBERS
)
ASKED = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys((*COLUMNS.amounts, *COLUMNS.clocks), NUMBERS),
        **dict.fromkeys(COLUMNS.names, NAMES),
        "of": st.sampled_from(["session", "checkout", "a visit", None]),
        "unheard of": NUMBERS,
    },
)


@pytest.fixture(scope="module")
def grown() -> model.Fitted:
    """A shop with enough orders for trees, some of whose columns are not always known."""
    told = shop.frames(35, 90)["moments"]
    random = np.random.default_rng(3)
    for key in ("minutes", "is_returning", "device"):
        told[key] = told[key].astype(object).mask(random.random(len(told)) < 0.2, None)
    fitted = model.fit(shop.of(told), seed=2)
    assert fitted.heads["session"].grown
    return fitted


@pytest.fixture(scope="module")
def parameters(grown: model.Fitted) -> dict:
    return json.loads(model.dump(grown)[PARAMETERS])


@given(asked=st.lists(ASKED, min_size=1, max_size=20))
@settings(max_examples=150, deadline=None)
def test_it_says_what_the_model_says_of_whatever_is_asked(grown: model.Fitted, parameters: dict, asked: list) -> None:
    for question in asked:
        told = scorer.score(parameters, question)
        row = pd.DataFrame({key: pd.Series([value], dtype=object) for key, value in question.items()}, index=[0])
        wanted = grown.heads[told["of"]].chances(row)[0]
        assert told["score"] == pytest.approx(wanted, rel=0, abs=1e-9)
        assert 0 < told["score"] < 1


def test_it_walks_past_no_more_splits_than_it_says(
    grown: model.Fitted, parameters: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed, goes_left = [], scorer.goes_left
    monkeypatch.setattr(scorer, "goes_left", lambda *split: passed.append(split) or goes_left(*split))
    for device in ("phone", "desktop", None):
        passed.clear()
        scorer.score(parameters, {"of": "session", "device": device, "events": 3})
        assert 100 < len(passed) < scorer.steps(parameters)
    still = {"heads": {of: head | {"grown": None} for of, head in parameters["heads"].items()}}
    assert scorer.steps(still) < 30


@given(seed=st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_trees_end_in_the_leaf_of_lightgbm_with_missing_values_and_unknown_names(seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = drawn(random, 600)
    grown = trees.grow(rows, SIMPLE, np.ones(len(rows)), seed=seed)
    exported = json.loads(json.dumps(grown.exported()))
    asked = drawn(random, 200, names=[*"abcdef", "unheard of", ""]).known
    said = [scorer.trees(exported, question) for question in asked.to_dict("records")]
    assert said == pytest.approx(grown.logits(asked).tolist(), rel=0, abs=1e-9)


SIMPLE = Columns(amounts=("x", "y"), names=("kind",), clocks=("hour",))


def drawn(random: np.random.Generator, rows: int, names: list[str] | None = None) -> Rows:
    """Draw moments: an amount that is often missing, one of few values, a name, an hour."""
    known = pd.DataFrame({"x": random.exponential(5, rows), "y": random.integers(0, 3, rows).astype(float)})
    known["kind"], known["hour"] = random.choice(names or [*"abcdef"], rows), random.integers(0, 24, rows)
    known["x"] = known["x"].mask(random.random(rows) < random.choice([0.0, 0.3]))
    level = np.nan_to_num(known["x"], nan=8.0) / 5 + known["kind"].isin([*"ace"]) - 2
    came = (random.random(rows) < sigmoid(level.to_numpy())).astype(np.float64)
    return Rows(known, np.arange(rows), came)


@pytest.mark.parametrize(
    ("missing", "value", "side"), [(0, math.nan, "left"), (1, 0.0, "right"), (2, math.nan, "right")]
)
def test_what_is_missing_goes_where_lightgbm_sends_it(missing: int, value: float, side: str) -> None:
    assert scorer.leaf([0, 0.5, missing, 0, 1.0, 2.0], [value]) == {"left": 1.0, "right": 2.0}[side]
    assert scorer.leaf([0, 0.5, missing, 1, 1.0, 2.0], [value]) == 1.0


def test_a_name_that_no_split_knows_goes_right() -> None:
    split = [0, [1, 3], 2, 0, "left", "right"]
    assert [scorer.goes_left(value, split[1], 2, 0) for value in (1.0, 2.0, math.nan)] == [True, False, False]


def test_parameters_are_small_and_answer_quickly(parameters: dict, grown: model.Fitted) -> None:
    files = model.dump(grown)
    assert len(files[PARAMETERS]) < 500_000
    assert len(parameters["heads"]["session"]["grown"]["trees"]) == trees.ROUNDS


def test_it_imports_nothing_but_the_standard_library() -> None:
    code = "import sys, pipelines.usecases.conversion.scorer\n"
    code += "print({name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names - {'__main__'})"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "{'pipelines'}"


def test_the_examples_are_right() -> None:
    assert doctest.testmod(scorer).failed == 0
