"""What showing it adds: shoppers who are shown something beside those who are shown nothing, drawn at random."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboard.queries.words import Badge
from dashboard.usecases.recommendations.queries import margin
from dashboard.usecases.recommendations.queries.lists import SLUG
from pipelines import words
from pipelines.lifecycle.evidence.hold_out import told
from pipelines.lifecycle.evidence.hold_out.told import Arm, Standing
from pipelines.models import Shop
from pipelines.stats.inference import marks

FIRST = 30  # orders of a group, for a first range
MARKS = {
    marks.PROVEN: "Proven",
    marks.SUGGESTIVE: "Suggestive",
    marks.NOT_PROVEN: "Not proven",
    marks.NOT_MEASURED: "Not measured yet",
}
LOSS = "Costs you"


@dataclass(frozen=True)
class Group:
    """One of the two groups, in words."""

    name: str
    badge: Badge
    shoppers: int
    orders: int
    rate: str
    range: str


@dataclass(frozen=True)
class Added:
    """What is said of both groups."""

    standing: Standing
    shown: Group
    held_out: Group
    more: str  # the difference in money
    between: str
    margin: str
    takes: str

    @property
    def mark(self) -> str:
        return LOSS if self.is_loss else MARKS[self.standing.mark]

    @property
    def is_loss(self) -> bool:
        """Tell whether showing it costs sales for certain."""
        return self.standing.sales is not None and marks.is_loss(self.standing.mark, self.standing.sales.high)

    @property
    def heading(self) -> str:
        """State the message."""
        if self.standing.mark == marks.PROVEN:
            return f"It costs sales: {self.more}" if self.is_loss else f"It adds sales: {self.more}"
        return f"Added sales: {self.mark.lower()}"


def added(shop: Shop, now: datetime) -> Added | None:
    """Read what is known of both groups; nothing where nobody may be shown nothing."""
    standing = told.standing(shop, SLUG)
    if standing is None:
        return None
    sales = standing.sales
    return Added(
        standing=standing,
        shown=group("Recommendations", Badge("Shown", "success"), standing.shown),
        held_out=group("No recommendations", Badge("Comparison"), standing.held_out),
        more=words.less(-round(sales.value), shop.currency) if sales else "",
        between=words.less_between(-round(sales.high), -round(sales.low), shop.currency) if sales else "",
        margin=margin.sentence(shop, standing, now),
        takes=told.takes(standing.proof),
    )


def group(name: str, badge: Badge, arm: Arm) -> Group:
    """Bring a group into words; no range before it has orders enough."""
    rate = arm.per_thousand
    few = f"{words.number(arm.orders)} of about {FIRST} orders for a first range"
    return Group(
        name,
        badge,
        arm.units,
        arm.orders,
        f"{rate.value:.1f}" if rate else words.UNKNOWN,
        f"{rate.low:.1f} to {rate.high:.1f}" if rate else few,
    )
