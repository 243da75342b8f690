"""How visits are spoken of."""

from pipelines.usecases.wording import CardWords, FigureName, PageWords, Words

UNSURE = "How unsure it was of who orders (less is better)"

WORDS = Words(
    answer="hint",
    answers="hints",
    unit="visitor",
    units="visitors",
    simple_rule="no hint for anybody",
    too_few="Too few visits are known",
    acting="Showing its hints",
    no_replay="what a hint brings is only seen with visitors who are shown it.",
    card=CardWords(
        figures={"log_loss": UNSURE, "gap": "Said to order, beyond those"},
        rivals={"baseline": "Usual share of visits that order"},
        origins="Tested on the days after",
        knows="It knows how many pages a visitor saw and whether the visitor came before, and nothing else.",
    ),
    page=PageWords(
        learning="We train it on what visitors did, and compare it with showing no hint.",
        objection="hints annoy our visitors",
        rule_goes_on="No visitor is shown a hint.",
        features={"pages": "Pages seen", "is_returning": "Came before"},
        figures=(FigureName("log_loss", UNSURE, is_share=False),),
    ),
)
