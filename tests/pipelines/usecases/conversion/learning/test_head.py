"""What the last weeks missed decides how much trees say and how fast the correction follows."""

import numpy as np
import pandas as pd
import pytest

from pipelines.stats.drift.accuracy.probabilities import log_loss
from pipelines.stats.logistic import sigmoid
from pipelines.usecases.conversion.learning import head as heads
from pipelines.usecases.conversion.learning.columns import Columns, Rows
from pipelines.usecases.conversion.learning.head import SHARES, Choice, Told, choose, foretold, learn
from pipelines.usecases.conversion.learning.logistic import Prior

COLUMNS = Columns(("x", "y"))


def rows(days: int = 90, a_day: int = 60, seed: int = 0, *, humped: bool = False, swing: float = 0.0) -> Rows:
    """Draw moments; `humped` ones order at amounts neither small nor large, which no weight can tell."""
    random = np.random.default_rng(seed)
    count = days * a_day
    known = pd.DataFrame(random.exponential(3, (count, 2)), columns=["x", "y"])
    x = known["x"].to_numpy()
    level = np.where((x > 1) & (x < 4), 1.0, -2.0) if humped else 0.8 * np.log1p(x) - 2
    day = np.repeat(np.arange(1, days + 1), a_day)
    level = level + swing * (day > days - 20)
    return Rows(known, day, (random.random(count) < sigmoid(level)).astype(np.float64))


def test_trees_say_most_where_only_they_can_tell_and_little_where_a_sum_does() -> None:
    humped, plain = (learn(rows(humped=each), COLUMNS, Prior(), seed=0) for each in (True, False))
    assert humped.share == max(SHARES) and plain.share < max(SHARES)


def test_a_rate_that_swings_is_followed() -> None:
    known = rows(swing=1.5)
    late = known.where(known.day > 85)
    learned = learn(known, COLUMNS, Prior(), seed=0)
    ours = log_loss(late.came, learned.chances(late.known))
    assert ours < log_loss(late.came, sigmoid(learned.raw(late.known)))
    assert learned.chances(late.known).mean() == pytest.approx(late.came.mean(), abs=0.05)


def test_the_last_weeks_are_told_by_models_that_did_not_know_them(monkeypatch: pytest.MonkeyPatch) -> None:
    known, seen = rows(), []
    told_by = heads.told_by

    def watched(before: Rows, after: Rows, *args: object, **named: object) -> Told:
        seen.append((int(before.day.max()), int(after.day.min())))
        return told_by(before, after, *args, **named)

    monkeypatch.setattr(heads, "told_by", watched)
    told = foretold(known, COLUMNS, Prior(), seed=0)
    assert len(seen) == heads.STRETCHES and all(before < after for before, after in seen)
    assert len(told.day) == 56 * 60 and np.isfinite(told.linear).all()


def test_a_short_history_tells_nothing_and_decides_nothing() -> None:
    told = foretold(rows(days=20), COLUMNS, Prior(), seed=0)
    assert len(told.day) == 0
    assert choose(told, 0.0, 1.0) == Choice()


def test_where_no_trees_grew_yet_the_weights_speak_alone() -> None:
    told = Told(np.arange(2), np.zeros(2), np.array([1.0, 1.0]), np.array([np.nan, 3.0]))
    assert told.mixed(0.5).tolist() == [1.0, 2.0]


def test_without_a_single_row_it_says_what_is_usual() -> None:
    nothing = rows().where(np.zeros(5400, dtype=bool))
    learned = learn(nothing, COLUMNS, Prior(share=0.3), seed=0)
    assert learned.chances(rows().known[:3]) == pytest.approx([0.3] * 3)


def test_late_days_count_more() -> None:
    weight = heads.late(rows(days=91))
    assert weight[-1] == 1.0 and weight[0] == pytest.approx(0.5)
