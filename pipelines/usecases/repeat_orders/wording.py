"""How chances of a next order are spoken of."""

from __future__ import annotations

from pipelines.usecases.wording import CardWords, FigureName, PageWords, Words

UNSURE = "How unsure it was of who orders (less is better)"
APART = "Who orders ranked above who does not (of 1)"
SQUARED = "Squared distance from what happened"
FEATURES = {"gap": "Days between two orders", "paid": "Worth of an order"}

WORDS = Words(
    answer="chance of a next order",
    answers="chances of a next order",
    verb="estimate",
    unit="customer",
    units="customers",
    simple_rule="the time since the last order alone",
    errors="surprises",
    too_few="Too few customers who ordered again are known",
    acting="Acting on these chances",
    not_split="Chances are said of each customer, and no shopper sees them.",
    no_replay="A chance alone brings nothing: what it earns is up to what you do with the list.",
    card=CardWords(
        figures={
            "log_loss": UNSURE,
            "brier": SQUARED,
            "auc": APART,
            "gap": "Said to order, beyond those that did",
        },
        rivals={"baseline": "Time since the last order alone"},
        origins="Tested on the weeks after",
        knows="It knows the days and sums of a customer's orders under a pseudonym, and nothing of who that is.",
    ),
    page=PageWords(
        measured="held to who orders",
        learning="We learn from your orders who comes again, and when, beside the time since the last order alone.",
        objection="it is far from what I see",
        rule_goes_on="Each customer gets the share of those who were away as long.",
        comparing="Chances of a next order are compared by squared errors, each of what the customer usually pays.",
        errors_weigh="A chance that is off weighs by what the customer usually pays.",
        missed="Squared errors of the chances of a day",
        features=FEATURES,
        figures=(
            FigureName("log_loss", UNSURE, is_share=False),
            FigureName("brier", SQUARED, is_share=False),
            FigureName("auc", APART, is_share=False),
        ),
        watched=(
            FigureName("log_loss", UNSURE, is_share=False),
            FigureName("log_loss_by_rule", "The same of the simple rule", is_share=False),
            FigureName("auc", APART, is_share=False),
            FigureName("said", "Said to order"),
            FigureName("ordered", "Share that ordered"),
        ),
    ),
)
