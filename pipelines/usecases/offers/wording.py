"""How offers are spoken of."""

from __future__ import annotations

from pipelines.usecases.wording import CardWords, FigureName, PageWords, Words

NEEDED = "Shoppers it takes for the same profit (fewer is better)"
VALUE = "Profit for one shopper, in the smallest unit of your currency"
SHOWN = "Shoppers who see an offer"
WATCHED = {
    "value": "cart values",
    "units": "units in carts",
    "has_discount": "carts with a discount",
    "is_returning": "returning shoppers",
    "device": "devices",
    "source": "where shoppers come from",
    "hour": "hours of the day",
    "weekday": "weekdays",
    "chance": "chances to order",
}
KINDS = {"code": "discount code", "free_shipping": "free shipping", "product": "add-on product", "message": "message"}

WORDS = Words(
    answer="offer",
    answers="offers",
    verb="offer",
    unit="visitor",
    units="visitors",
    simple_rule="no offer",
    errors="numbers of shoppers needed for the same profit",
    too_few="Too few decisions are known, with the chance by which each was taken",
    acting="Offering by it",
    no_replay="What it brings cannot be told before offers were shown by known chances.",
    card=CardWords(
        figures={
            "needed": NEEDED,
            "value": VALUE,
            "snips": f"{VALUE} (by weights alone)",
            "shown": SHOWN,
            "miscalibration": "Said to be accepted, beyond what was",
        },
        rivals={"no_offer": "No offer", "best_offer": "Best single offer"},
        origins="Tested on the days after",
        knows="It knows how often each offer was shown and accepted, what orders with and without one earned, and what "
        "the checkout tells; it does not know who the shopper is.",
        proof_days=28,
    ),
    page=PageWords(
        learning="We learn which offer is accepted and what that earns, and compare it with no offer for anybody.",
        objection="this offer gives away more than it brings",
        rule_goes_on="No shopper is shown an offer.",
        worth="Profit of the orders of shoppers who could see an offer, after its cost, beside no offer for anybody.",
        figures=(
            FigureName("needed", NEEDED, is_share=False),
            FigureName("shown", SHOWN),
        ),
        features={name: words[0].upper() + words[1:] for name, words in WATCHED.items()},
        watched=(
            FigureName("brier", "Squared distance of chances from what was accepted (less is better)", is_share=False),
            FigureName("log_loss", "How unsure it was of who accepts (less is better)", is_share=False),
            FigureName("auc", "Who accepts ranked above others (of 1)", is_share=False),
            FigureName("calibration_error", "Distance of chances from what was accepted"),
            FigureName("came_share", "Share that accepted"),
        ),
    ),
)
