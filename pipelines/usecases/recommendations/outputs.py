"""What recommendations say, and what the merchant tells them."""

from pipelines.usecases.contract import Held, Output, OwnFrame

OUTPUTS = (Output("recommendations", table="RecommendationList", judge="sound:lists", kept=Held()),)
OWN_FRAMES = (
    OwnFrame(
        "pick_rules",
        table="PickRule",
        columns={"rule": "", "unique_id": "", "pick": ""},
        fields={"unique_id": "product_id", "pick": "pick_id"},
    ),
)
