"""Recommendations: what fits a product, a cart or a shopper, as lists that are written each night.

Reads   purchases: basket | ds | unique_id | customer, products: unique_id | title | product_type | vendor | tags |
        price | first_day | published | sellable | twin, pick_rules: rule | unique_id | pick
Writes  kind | unit_id | picks | scores | reasons | details
"""

from datetime import timedelta

from pipelines.usecases.contract import Door, Metric, Monitored, Randomised, UseCase
from pipelines.usecases.recommendations.gates import GATES
from pipelines.usecases.recommendations.outputs import OUTPUTS, OWN_FRAMES
from pipelines.usecases.recommendations.wording import WORDS

USE_CASE = UseCase(
    slug="recommendations",
    title="Recommendations",
    needs=("purchases", "products", "pick_rules"),
    min_history=timedelta(days=14),
    unit="visitor",
    serves="batch",
    reaches_shoppers=True,
    primary_metric=Metric("misses", lower_is_better=True),
    evidence=Randomised(),
    fit="model:fit",
    predict="serving:predict",
    evaluate="judging.evaluation:evaluate",
    answer="serving:answer",
    dump="model:dump",
    load="model:load",
    present="presentation:present",
    outputs=OUTPUTS,
    own_frames=OWN_FRAMES,
    door=Door(
        "recommendations",
        columns=("kind", "unit_id", "picks", "scores", "reasons", "details"),
        hold="answering.door:hold",
        ask="answering.door:ask",
        rows={"kind__in": ("page", "cart", "again", "best")},
    ),
    hold_out=0.05,
    safe_default={"products": []},
    monitored=Monitored(
        features=("size", "price", "product_type"),
        prediction="picks",
        outcome="unique_id",
        matures_after=timedelta(days=1),
        accuracy="judging.monitoring:accuracy",
        rows="judging.watched:rows",
        reads=("kind", "unit_id", "picks"),
        names={"size": "products in a cart", "price": "prices of what is bought", "product_type": "product types"},
        read_as={"price": "money"},
        may_rest=("product_type",),
        told_once=("size",),
    ),
    gates=GATES,
    words=WORDS,
    own_words=("recommendation", "bought together", "pick rule"),
)
