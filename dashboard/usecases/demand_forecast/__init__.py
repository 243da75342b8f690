"""The forecast's own pages: what will sell, what to order, and what the merchant knows better."""

from dashboard.brought import Brought

BROUGHT = Brought(urls="dashboard.usecases.demand_forecast.urls")
