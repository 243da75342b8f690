"""The page of recommendations: what a shopper sees beside a product, why, and what the merchant wants otherwise."""

from dashboard.brought import Brought, Lack
from dashboard.usecases.recommendations.queries.lists import is_listed
from pipelines.models import Shop

WRITES = "write_products"


def wants(shop: Shop) -> tuple[Lack, ...]:
    """Say what turns it on: leave to write lists to products, and the block in the theme, which the page leads to."""
    part, kind = "Lists on your product pages", f"permission {WRITES}"
    means = "Product pages then show the lists without asking us. Add the block to them on the page of recommendations."
    return () if shop.has_scope(WRITES) else (Lack(part, kind, "Not allowed yet", means, "warning", WRITES),)


BROUGHT = Brought(
    urls="dashboard.usecases.recommendations.urls",
    page=("recommendations", "Recommendations"),
    wants=wants,
    speaks=is_listed,
)
