"""Repeat orders: which customers are about to order again, by their pseudonyms.

Reads   customer_orders: unique_id | ds | order_id | paid
Writes  customer | within_1 | within_7 | within_28 | orders | since | usual | worth | last_order
"""

from datetime import timedelta

from pipelines.usecases.contract import (
    Budget,
    Gates,
    Limit,
    Metric,
    Monitored,
    OfCustomers,
    Output,
    PairedWeeks,
    Remembered,
    Slice,
    UseCase,
)
from pipelines.usecases.repeat_orders.wording import FEATURES, WORDS

USE_CASE = UseCase(
    slug="repeat_orders",
    title="Repeat orders",
    needs=("customer_orders",),
    min_history=timedelta(days=56),
    unit="customer",
    serves="batch",
    reaches_shoppers=False,
    primary_metric=Metric("log_loss", lower_is_better=True),
    evidence=PairedWeeks(
        said="repeat_chances",
        reads=("customer", "origin", "within_1", "within_7", "within_28", "worth"),
        compare="judging.comparison:compare",
    ),
    fit="model:fit",
    predict="model:predict",
    evaluate="judging.evaluation:evaluate",
    answer="serving:answer",
    dump="model:dump",
    load="model:load",
    present="presentation:present",
    outputs=(
        Output(
            "repeat_chances",
            table="RepeatChance",
            judge="serving:judge",
            kept=Remembered(life=timedelta(weeks=30)),  # two versions are compared for 26
            customers=OfCustomers("customer"),
        ),
    ),
    monitored=Monitored(
        features=("gap", "paid"),
        prediction="within_7",
        outcome="ordered",
        matures_after=timedelta(days=7),
        accuracy="judging.comparison:accuracy",
        missed=("missed", "missed_by_rule"),
        rows="judging.watched:rows",
        names={key: words[0].lower() + words[1:] for key, words in FEATURES.items()},
        read_as={"paid": "money"},
    ),
    gates=Gates(
        limits=(
            Limit(
                name="As many orders as said",
                figure="gap",
                low=-0.15,
                high=0.15,
                words="It said {percent:.0f} % too many or too few orders in all, on the {side} side (limit: 15 %).",
                unknown="Too few past orders to tell whether as many came as were said.",
                spread="gap_range",
            ),
        ),
        slices=(
            Slice("once", "customers with one order"),
            Slice("few", "customers with two to four"),
            Slice("often", "customers with five and more"),
        ),
        worse_in_all=0.03,
        worse_in_a_slice=0.05,
        budget=Budget(seconds=30.0, seconds_per_thousand=5.0, bytes=10_000),
    ),
    words=WORDS,
    own_words=("repeat order",),
)
