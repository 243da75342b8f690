"""Trees grow the same from the same rows, and are written whole."""

import numpy as np
import pandas as pd

from pipelines.usecases.conversion.learning.columns import Columns, Rows
from pipelines.usecases.conversion.learning.trees import MOST_NAMES, ROUNDS, codes_of, grow, matrix

COLUMNS = Columns(("pages",), ("source",), ("hour",))


def rows(count: int = 1_000) -> Rows:
    random = np.random.default_rng(0)
    known = pd.DataFrame({"pages": random.integers(1, 20, count), "hour": random.integers(0, 24, count)})
    known["source"] = random.choice(["search", "email"], count)
    return Rows(known, np.arange(count), (random.random(count) < known["pages"] / 25).to_numpy(dtype=np.float64))


def test_they_are_repeatable_and_exported_whole() -> None:
    first, again = (grow(rows(), COLUMNS, np.ones(1_000), seed=4) for _ in range(2))
    assert first == again and len(first.exported()["trees"]) == ROUNDS
    assert first.logits(rows().known.iloc[:0]).tolist() == []


def test_names_have_codes_by_how_common_they_are_and_the_empty_one_has_none() -> None:
    told = pd.DataFrame({"source": ["b", "a", "b", None, "", "c", "c", "c"]})
    assert codes_of(told, "source") == {"c": 0, "b": 2, "a": 3}
    many = pd.DataFrame({"source": [f"n{number}" for number in range(500)]})
    assert len(codes_of(many, "source")) == MOST_NAMES


def test_names_that_are_not_known_and_columns_that_are_not_there_are_missing() -> None:
    values = matrix(pd.DataFrame({"source": ["email", "fax"]}), ("source", "pages"), {"source": {"email": 1}})
    assert values[0, 0] == 1 and np.isnan(values[1, 0]) and np.isnan(values[:, 1]).all()
