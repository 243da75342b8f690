"""The frames that offers bring: the merchant's offers, and what was decided about whom."""

from pipelines.usecases.outputs import OwnFrame

COUNTS = ("events", "pages", "products", "collections", "searches", "adds", "removes", "carts")
NUMBERS = (*COUNTS, "minutes", "value", "lines", "units", "has_discount", "is_returning", "hour", "weekday")
TEXTS = ("device", "source")

# What was shown, by how likely it was said to be accepted, and whether it was within a day.
TAKEN = OwnFrame(
    "taken",
    table="OfferDecision",
    columns={"version": "float64", "ds": "", "hour": "float64", "score": "float64", "came": "float64"},
    fields={"version": "version_id", "hour": "context__hour", "came": "accepted"},
)
OWN_FRAMES = (
    OwnFrame(
        "offers",
        table="Offer",
        columns={
            "offer_id": "int64",
            "kind": "",
            "margin": "float64",
            "is_live": "int64",
            "since": "datetime64[s]",  # the day on which its terms changed: what was before says nothing of it
        },
        fields={"offer_id": "pk"},
    ),
    OwnFrame(
        "decisions",
        table="OfferDecision",
        columns={
            "unique_id": "int64",
            "ds": "datetime64[s]",
            "at": "datetime64[s]",
            "visitor": "int64",
            "offer": "int64",
            "propensity": "float64",
            "eligible": "",
            "margins": "",
            "is_held_out": "int64",
            "accepted": "float64",
            "ordered": "float64",
            "profit": "float64",
            "given": "float64",
            "chance": "float64",
            **dict.fromkeys(NUMBERS, "float64"),
            **dict.fromkeys(TEXTS, ""),
        },
        fields={
            "unique_id": "pk",
            "at": "local",
            "offer": "offer_id",
            "eligible": "eligible_text",
            "margins": "margins_text",
            **{name: f"context__{name}" for name in (*NUMBERS, *TEXTS)},
        },
    ),
)
