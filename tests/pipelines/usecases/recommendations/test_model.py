"""What is learned is a few numbers, survives storage, repeats itself, and refuses what is too short in words."""

from datetime import date, timedelta

import pandas as pd
import pytest

from pipelines.usecases.contract import Frames, NotEnoughHistory
from pipelines.usecases.recommendations import model
from tests.pipelines.usecases.recommendations import shop


@pytest.fixture(scope="module")
def frames() -> Frames:
    return shop.frames(1200)


def test_it_repeats_itself_and_survives_storage(frames: Frames) -> None:
    fitted = model.fit(frames, seed=4)
    files = model.dump(fitted)
    assert model.load(files) == fitted == model.fit(frames, seed=4)
    assert files == model.dump(model.load(files)) and len(files["parameters.json"]) < 5_000


def test_files_of_another_format_are_refused(frames: Frames) -> None:
    files = {
        "parameters.json": model.dump(model.fit(frames))["parameters.json"].replace(b'"format": 1', b'"format": 9')
    }
    with pytest.raises(ValueError, match="format"):
        model.load(files)


def test_it_leaves_its_input_alone_and_reads_nothing_of_tomorrow(frames: Frames) -> None:
    before = {name: table.copy() for name, table in frames.tables.items()}
    fitted = model.fit(frames)
    for name, table in frames.tables.items():
        pd.testing.assert_frame_equal(table, before[name])
    tomorrow = shop.lines((100, 209), day=str(shop.LAST_DAY + timedelta(days=1))).assign(basket=10**6)
    later = {**frames.tables, "purchases": pd.concat([frames["purchases"], tomorrow])}
    assert model.fit(Frames(later, frames.asof)) == fitted


def test_too_few_days_are_refused_with_a_sentence(frames: Frames) -> None:
    first = frames["purchases"]["ds"].min().date()
    with pytest.raises(NotEnoughHistory, match="Orders of 5 of the 14 days"):
        model.fit(Frames(frames.tables, first + timedelta(days=4)))
    with pytest.raises(NotEnoughHistory):
        model.fit(Frames(frames.tables, date(2020, 1, 1)))


def test_the_road_is_what_the_past_found() -> None:
    assert model.road_of(shop.frames(0), model.baskets_of(shop.frames(0)), seed=0) == "same_type"


def test_progress_only_grows(frames: Frames) -> None:
    shares: list[float] = []
    model.fit(frames, progress=lambda share, words: shares.append(share))
    assert shares == sorted(shares) and shares[0] >= 0 and shares[-1] <= 1
