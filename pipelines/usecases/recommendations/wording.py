"""How recommendations are spoken of: the sentence of each reason, and the nouns that shared pages use."""

from __future__ import annotations

from pipelines.usecases.wording import CardWords, FigureName, PageWords, Words

TOGETHER, SIMILAR, SAME_TYPE, BEST_SELLER = "together", "similar", "same_type", "best_seller"
PINNED, NEW, AGAIN = "pinned", "new", "again"
REASONS = (TOGETHER, SIMILAR, SAME_TYPE, BEST_SELLER, NEW, PINNED, AGAIN)  # stored lists hold their places here

WORDS = Words(
    answer="recommendation",
    answers="recommendations",
    verb="recommend",
    unit="visitor",
    units="visitors",
    simple_rule="best sellers",
    errors="misses",
    too_few="Too few carts with several products are known",
    acting="Showing them",
    no_replay="What they bring is only seen with shoppers who are shown them.",
    card=CardWords(
        figures={
            "hit_rate": "Lists of ten with something that was bought",
            "ndcg": "How high it stood (NDCG)",
            "recall": "Share of what was bought that stood on the list",
            "coverage": "Share of products that are ever shown",
        },
        rivals={"baseline": "Best sellers"},
        origins="Tested on the orders after",
        knows="It knows this shop's orders and products, and nothing else.",
    ),
    page=PageWords(
        learning="We learn from your orders what belongs together, and compare it with showing best sellers.",
        objection="these products do not belong together",
        rule_goes_on="Shoppers see your best sellers.",
        figures=(
            FigureName("hit_rate", "Lists with something that was bought"),
            FigureName("ndcg", "How high it stood"),
        ),
        watched=(FigureName("hit_rate", "Product pages whose list held something else of the cart"),),
        features={"size": "Products in a cart", "price": "Price of what is bought", "product_type": "Product type"},
    ),
)


def sentence(reason: str, detail: int = 0) -> str:
    """Say in plain words why a product is recommended.

    >>> sentence("together", 41), sentence("together", 1), sentence("best_seller", 0)
    ('Bought together 41 times', 'Bought together once', 'One of your best sellers')
    """
    times = "once" if detail == 1 else "twice" if detail == 2 else f"{detail:,} times"
    return {
        TOGETHER: f"Bought together {times}",
        SIMILAR: "A similar product",
        SAME_TYPE: "Sells well among products of the same type",
        BEST_SELLER: "One of your best sellers",
        PINNED: "Pinned by you",
        NEW: "New in your shop",
        AGAIN: f"Bought before {times}" if detail else "Bought by shoppers with the same habits",
    }[reason]
