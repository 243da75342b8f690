"""The page of recommendations: what a shopper sees beside a product, why, and what the merchant wants otherwise."""

from dashboard.brought import Brought
from dashboard.usecases.recommendations.queries.lists import is_listed

BROUGHT = Brought(
    urls="dashboard.usecases.recommendations.urls",
    page=("recommendations", "Recommendations"),
    speaks=is_listed,
)
