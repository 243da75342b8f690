"""The page of visits and checkouts: who buys, where carts stop, whether chances came true, and what is missing."""

from dashboard.brought import Brought, Settings
from dashboard.usecases.conversion.forms import LostForm
from dashboard.usecases.conversion.queries.hours import is_counted
from dashboard.usecases.conversion.queries.lacks import wants

BROUGHT = Brought(
    urls="dashboard.usecases.conversion.urls",
    page=("checkouts", "Conversion & checkout"),
    wants=wants,
    speaks=is_counted,
    settings=Settings(form=LostForm, template="usecases/conversion/partials/_lost.html", decided=("lost_below",)),
)
