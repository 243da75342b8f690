"""Past weeks are told from what was known before them, and beat the simple rule where customers differ."""

from datetime import timedelta

import pytest

from pipelines.usecases.contract import Frames
from pipelines.usecases.repeat_orders import model
from pipelines.usecases.repeat_orders.judging.evaluation import WEEKS, evaluate
from tests.frames import LAST_DAY
from tests.pipelines.usecases.repeat_orders import shop


def test_it_is_surer_than_the_simple_rule_and_says_as_many_as_came() -> None:
    figures = evaluate(shop.of_days(days=180, customers=250)).as_dict()
    assert figures["candidate"]["log_loss"] < 0.95 * figures["baseline"]["log_loss"]
    assert abs(figures["candidate"]["gap"]) < 0.15
    assert len(figures["origins"]) == WEEKS == len(figures["weekly_loss"]["candidate"])
    assert sum(figures["weekly_loss"]["candidate"]) < sum(figures["weekly_loss"]["baseline"])


def test_what_happens_after_a_week_changes_nothing_of_what_was_said_of_it() -> None:
    frames = shop.of_days(days=100)
    earlier = LAST_DAY - timedelta(days=14)
    table = frames["customer_orders"]
    shorter = Frames({"customer_orders": table[table["ds"].dt.date <= earlier]}, earlier)
    ours, blind = evaluate(frames).as_dict(), evaluate(shorter).as_dict()
    shared = [cut for cut in blind["origins"] if cut in ours["origins"]]
    said = [ours["by_origin"]["all"]["candidate"][ours["origins"].index(cut)] for cut in shared]
    assert shared and said == blind["by_origin"]["all"]["candidate"][-len(shared) :]


def test_the_live_version_speaks_only_of_weeks_that_it_did_not_know() -> None:
    frames = shop.of_days(days=120)
    known = model.fit(Frames(frames.tables, LAST_DAY - timedelta(days=30)))
    figures = evaluate(frames, champion=known).as_dict()["by_origin"]["all"]
    same = [mine == theirs for mine, theirs in zip(figures["candidate"], figures["champion"], strict=True)]
    assert any(same) and not all(same)


@pytest.mark.parametrize("days", [10, 35, 56])
def test_a_young_shop_has_fewer_weeks_or_none(days: int) -> None:
    figures = evaluate(shop.of_days(days=days)).as_dict()
    assert len(figures["origins"]) == max(0, (days - 29) // 7)
