"""Conversion: how likely an order comes within a day, of a session so far and of a checkout at each step.

Reads   moments: unique_id | ds | at | of | events … weekday | waited
Writes  unique_id | ds | y_hat
"""

from datetime import timedelta

from pipelines.usecases.contract import Metric, Monitored, PairedWeeks, Till, UseCase
from pipelines.usecases.conversion.gates import GATES
from pipelines.usecases.conversion.wording import FEATURES, WORDS

USE_CASE = UseCase(
    slug="conversion",
    title="Conversion",
    needs=("moments",),
    min_history=timedelta(days=14),
    unit="checkout",
    serves="request",
    reaches_shoppers=False,
    primary_metric=Metric("log_loss", lower_is_better=True),
    evidence=PairedWeeks("judging.comparison:compare"),
    fit="model:fit",
    predict="model:predict",
    evaluate="judging.evaluation:evaluate",
    dump="model:dump",
    load="model:load",
    present="presentation:present",
    score="scorer:score",
    steps="scorer:steps",
    till=Till("score"),
    questions="moments:questions",
    asks="moments",
    corrects="running:corrects",
    corrected="scorer:corrected",
    safe_default={"score": None},
    monitored=Monitored(
        features=tuple(FEATURES),
        prediction="y_hat",
        outcome="waited",
        matures_after=timedelta(days=1),
        says="chances",
        names={key: words[0].lower() + words[1:] for key, words in FEATURES.items()},
        read_as={"value": "money", "hour": "hour", "weekday": "weekday"},
        may_rest=("searches", "removes", "has_discount", "has_address", "has_shipping"),
    ),
    gates=GATES,
    words=WORDS,
    own_words=("checkouts that are finished", "about to buy"),
)
