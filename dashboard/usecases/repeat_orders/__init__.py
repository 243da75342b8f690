"""The page of customers who are due to order again."""

from dashboard.brought import Brought
from dashboard.usecases.repeat_orders.due import is_told

BROUGHT = Brought(
    urls="dashboard.usecases.repeat_orders.urls",
    page=("customers-due", "Customers due"),
    speaks=is_told,
)
