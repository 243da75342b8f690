"""What the merchant may ask the list of variants for."""

from dataclasses import dataclass
from urllib.parse import urlencode

PAGE_SIZE = 50
TOTAL = 0  # the row of all locations together
FILTERS = ("out_of_stock", "order_today", "order_this_week", "on_its_way", "lies_elsewhere", "too_much", "few_sales")
RARE = ("lies_elsewhere",)  # a filter only where there is something to see
SORTS = {
    "risk": ("Sales at risk, highest first", ("-at_risk_minor", "variant_id")),
    "runs_out": ("Runs out, soonest first", ("runs_out", "variant_id")),
    "forecast": ("Forecast, highest first", ("-forecast_28", "variant_id")),
}


@dataclass(frozen=True)
class Wish:
    """What the merchant asked the list for."""

    show: str = ""
    q: str = ""
    sort: str = "risk"
    location: int = TOTAL
    page: int = 1

    @property
    def first(self) -> int:
        """Return the place of the page's first line in the whole list, from 1."""
        return (self.page - 1) * PAGE_SIZE + 1

    @property
    def span(self) -> tuple[int, int]:
        """Return where the page begins and ends in the whole list, from 0."""
        return self.first - 1, self.first - 1 + PAGE_SIZE

    def query(self, **changes: object) -> str:
        """Return this wish as a query string, with changes; the defaults stay out of the address."""
        wish = {name: changes.get(name, getattr(self, name)) for name in self.__dataclass_fields__}
        if "page" not in changes:
            wish["page"] = 1
        defaults = Wish()
        return urlencode({name: value for name, value in wish.items() if value != getattr(defaults, name)})
