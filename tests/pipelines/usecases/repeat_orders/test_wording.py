"""Every figure that is spoken of is measured, and every feature has a name."""

from pipelines.usecases.repeat_orders import USE_CASE
from pipelines.usecases.repeat_orders.judging.comparison import accuracy
from pipelines.usecases.repeat_orders.judging.evaluation import evaluate
from pipelines.usecases.repeat_orders.wording import WORDS
from tests.pipelines.usecases.repeat_orders import shop
from tests.pipelines.usecases.repeat_orders.judging.test_comparison import told


def test_the_figures_that_are_named_are_measured() -> None:
    frames = shop.of_days()
    figures = evaluate(frames).as_dict()["candidate"]
    assert {each.key for each in WORDS.page.figures} | {*WORDS.card.figures} <= figures.keys()
    assert {each.key for each in WORDS.page.watched} <= accuracy(frames, told(frames), days=7).keys()
    assert USE_CASE.monitored is not None and {*WORDS.page.features} == {*USE_CASE.monitored.features}
