"""Offers: what a shopper at the checkout is offered, if anything.

Reads   offers: offer_id | kind | margin | is_live, decisions: unique_id | ds | visitor | offer | propensity |
        eligible | margins | is_held_out | accepted | profit | the context features
Writes  unique_id | ds | y_hat
"""

from datetime import timedelta

from pipelines.usecases.contract import Metric, Monitored, Randomised, Till, UseCase
from pipelines.usecases.offers.frames import OWN_FRAMES, TAKEN
from pipelines.usecases.offers.gates import GATES
from pipelines.usecases.offers.wording import WATCHED, WORDS

USE_CASE = UseCase(
    slug="offers",
    title="Offers",
    needs=("offers", "decisions"),
    min_history=timedelta(days=1),
    unit="visitor",
    serves="request",
    reaches_shoppers=True,
    primary_metric=Metric("needed", lower_is_better=True),
    evidence=Randomised(),
    fit="model:fit",
    predict="model:predict",
    evaluate="judging.evaluation:evaluate",
    replay="judging.replay:replay",
    dump="model:dump",
    load="model:load",
    present="presentation:present",
    score="answering.scorer:score",
    steps="answering.scorer:steps",
    questions="model:questions",
    own_frames=OWN_FRAMES,
    till=Till("offers", choose="eligible.choosing:choose", picked="offer", paying="judging.paying:paying"),
    hold_out=0.1,
    safe_default={"offer": 0, "propensity": 1.0},
    monitored=Monitored(
        features=tuple(WATCHED),
        prediction="y_hat",
        outcome="accepted",
        matures_after=timedelta(days=1),
        says="takes",
        taken=TAKEN,
        names=WATCHED,
        read_as={"value": "money", "chance": "share", "hour": "hour", "weekday": "weekday"},
        may_rest=("has_discount", "weekday"),
    ),
    gates=GATES,
    words=WORDS,
    own_words=("Thompson", "no offer"),
)
