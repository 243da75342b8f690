"""What a merchant offers: defined, started and stopped, and what came of it; shown on the page of checkouts."""

from dashboard.brought import Brought
from dashboard.usecases.offers.queries.shown import at_checkout, is_any, wants

BROUGHT = Brought(
    urls="dashboard.usecases.offers.urls",
    page=("checkouts", "Checkout"),
    at_checkout=at_checkout,
    wants=wants,
    ends=("checkouts", "Stop an offer"),
    speaks=is_any,
)
