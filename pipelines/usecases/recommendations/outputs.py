"""What recommendations say, what storefronts hold of it, and what the merchant tells them."""

from pipelines.usecases.contract import Held, Metafields, OfCustomers, Output, OwnFrame, Slots

LIVE = ("a", "b")  # the theme's block shows one of them, or the best sellers
BEST = "best"

OUTPUTS = (
    Output(
        "recommendations",
        table="RecommendationList",
        judge="sound:lists",
        kept=Held(),
        customers=OfCustomers("unit_id", rows={"kind": "again"}),
        metafields=Metafields(
            types=dict.fromkeys((*LIVE, BEST), "list.product_reference"),
            owner="Product",
            unit="unit_id",
            namespace="$app:recommendations",
            rows={"kind": "page"},
            slots=Slots(
                keys=LIVE,
                pointer=("recommendations", "rules"),
                fallback=BEST,
                fallback_rows={"kind": "best"},
                standard=("shopify--discovery--product_recommendation", "complementary_products"),
            ),
        ),
    ),
)
OWN_FRAMES = (
    OwnFrame(
        "pick_rules",
        table="PickRule",
        columns={"rule": "", "unique_id": "", "pick": ""},
        fields={"unique_id": "product_id", "pick": "pick_id"},
    ),
)
