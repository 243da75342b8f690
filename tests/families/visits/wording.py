"""How visits are spoken of."""

from pipelines.usecases.wording import CardWords, Words

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
        figures={"log_loss": "How unsure it was of who orders (less is better)", "gap": "Said to order, beyond those"},
        rivals={"simple_rule": "Usual share of visits that order"},
        origins="Tested on the days after",
        knows="It knows how many pages a visitor saw and whether the visitor came before, and nothing else.",
    ),
)
