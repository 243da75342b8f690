"""How far two versions' answers differ: to the eye, not to the last bit."""

import numpy as np
import pandas as pd
import pytest

from pipelines.lifecycle.versions.answers import differences


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
