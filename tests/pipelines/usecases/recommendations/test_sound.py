"""Lists that show what cannot be bought, or a product beside itself, are kept back."""

from __future__ import annotations

import pandas as pd
import pytest

from pipelines.usecases.contract import Frames
from pipelines.usecases.recommendations import model, serving, sound
from tests.pipelines.usecases.recommendations import shop


@pytest.fixture(scope="module")
def frames() -> Frames:
    return shop.frames(600)


@pytest.fixture(scope="module")
def rows(frames: Frames) -> pd.DataFrame:
    return serving.answer(model.fit(frames), frames)["recommendations"]


def with_first(rows: pd.DataFrame, **cells: object) -> pd.DataFrame:
    """Change cells of the first list of a product page."""
    changed, at = rows.copy(), rows.index[rows["kind"] == "page"][0]
    for name, value in cells.items():
        changed.at[at, name] = value
    return changed


def test_what_a_version_and_the_simple_rule_say_may_be_shown(frames: Frames, rows: pd.DataFrame) -> None:
    for told in (rows, serving.answer(None, frames)["recommendations"]):
        judged = sound.lists(told, frames)
        assert (judged.broken, judged.errors) == ("", 0)
        assert judged.expected == judged.units == len(shop.products())


def test_what_cannot_be_bought_keeps_all_back(frames: Frames, rows: pd.DataFrame) -> None:
    gone = Frames(
        {**frames.tables, "products": shop.products(sellable=lambda known: known["unique_id"] != 203)}, frames.asof
    )
    judged = sound.lists(rows, gone)
    assert judged.errors > 0 and "cannot be bought" in judged.broken


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"picks": [100, 201, 202], "unit_id": 100}, "beside itself"),
        ({"picks": [201, 201, 202]}, "twice"),
        ({"picks": [201, 123_456]}, "cannot be bought"),
        ({"scores": [float("nan")] * 3}, "no number"),
    ],
)
def test_what_is_wrong_is_named(frames: Frames, rows: pd.DataFrame, cells: dict[str, object], words: str) -> None:
    judged = sound.lists(with_first(rows, **cells), frames)
    assert judged.errors == 1 and words in judged.broken


def test_two_lists_for_one_product_are_one_too_many(frames: Frames, rows: pd.DataFrame) -> None:
    judged = sound.lists(pd.concat([rows, rows.head(1)], ignore_index=True), frames)
    assert judged.errors == 1 and "somebody who has one" in judged.broken


def test_where_nothing_can_be_bought_nothing_is_expected(frames: Frames) -> None:
    empty = Frames({**frames.tables, "products": shop.products(sellable=False)}, frames.asof)
    judged = sound.lists(serving.answer(None, empty)["recommendations"], empty)
    assert (judged.expected, judged.units, judged.errors, judged.broken) == (0, 0, 0, "")
