"""The forecast's own pages: what will sell, what to order, and what the merchant knows better."""

from dashboard.brought import Brought, Settings
from dashboard.usecases.demand_forecast.forms import OrderingForm
from dashboard.usecases.demand_forecast.queries.home import is_advised, on_home
from dashboard.usecases.demand_forecast.queries.staged import staged

BROUGHT = Brought(
    urls="dashboard.usecases.demand_forecast.urls",
    page=("forecasts", "Forecasts"),
    on_home=on_home,
    speaks=is_advised,
    settings=Settings(
        form=OrderingForm,
        template="usecases/demand_forecast/partials/_ordering.html",
        links=(("rules", "Vendors and lead times"),),
        below="usecases/demand_forecast/partials/_publishing.html",
        may_differ="vendors and variants may differ",
    ),
    staged=staged,
)
