"""How these chances are spoken of."""

from __future__ import annotations

from pipelines.usecases.wording import CardWords, FigureName, PageWords, Words

UNSURE = "How unsure it was of who orders (less is better)"
APART = "Buyers ranked above others (of 1)"
FAR = "Distance of chances from what happened"

FEATURES = {
    "events": "Steps so far",
    "pages": "Pages seen",
    "products": "Products looked at",
    "collections": "Collections looked at",
    "searches": "Searches",
    "adds": "Put into the cart",
    "removes": "Taken out of the cart",
    "carts": "Looks at the cart",
    "minutes": "Minutes so far",
    "value": "Cart value",
    "lines": "Lines in the cart",
    "units": "Units in the cart",
    "has_discount": "Has a discount",
    "is_returning": "Came before",
    "has_address": "Address given",
    "has_shipping": "Delivery chosen",
    "device": "Device",
    "source": "Where from",
    "hour": "Hour",
    "weekday": "Weekday",
}

WORDS = Words(
    answer="chance of an order",
    answers="chances of an order",
    verb="estimate",
    unit="checkout",
    units="checkouts",
    simple_rule="the usual share that orders",
    errors="surprises",
    too_few="Too few visits and checkouts are known",
    acting="Acting on these chances",
    not_split="Chances are said of each checkout, and no shopper sees them.",
    no_replay="A chance alone brings nothing: what is done with it is measured where it is done.",
    card=CardWords(
        figures={
            "log_loss": UNSURE,
            "brier": "Squared distance from what happened",
            "auc": APART,
            "ece": FAR,
            "gap": "Said to order, beyond those that did",
        },
        rivals={"baseline": "Usual share that orders"},
        origins="Tested on the days after",
        knows="It knows steps of a visit, the cart, device and time, and nothing of who the shopper is.",
    ),
    page=PageWords(
        measured="held to who buys",
        learning="We learn from your visits, checkouts and orders who buys, and compare it with the usual share.",
        objection="it is far from what I see",
        rule_goes_on="Every visit and checkout gets the usual share that orders.",
        features=FEATURES,
        figures=(
            FigureName("log_loss", UNSURE, is_share=False),
            FigureName("auc", APART, is_share=False),
            FigureName("ece", FAR),
        ),
        watched=(
            FigureName("log_loss", UNSURE, is_share=False),
            FigureName("brier", "Squared distance from what happened", is_share=False),
            FigureName("auc", APART, is_share=False),
            FigureName("calibration_error", FAR),
            FigureName("ordered_share", "Share that ordered"),
        ),
    ),
)
