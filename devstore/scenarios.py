"""What can happen to a shop within a month, as data: on which day what begins, how large it is, and until when.

Days count from the midnight at which a scenario began. The store says afterwards what it did and when, so that
whoever watches for it can be told how long that took.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class What(StrEnum):
    """What is injected."""

    DEMAND = "demand"  # size: the factor on orders a day
    MIX = "mix"  # size: the factor on what sells slowly; what sells best loses as much
    OCCASION = "occasion"  # size: the share of what is bought beside a first thing that goes with it from then on
    SOLD_OUT = "sold_out"  # size: the share of variants, best sellers first, that nobody restocks
    OUTAGE = "outage"  # size: the share of webhooks that are lost; the others come when it is over
    PRICES = "prices"  # size: what is left of the prices of a share of the products
    DISCOUNT = "discount"  # size: what is left at the checkout of what everything costs
    MODEL = "model"  # size: how badly it is spoilt; whoever runs the app makes it


CAMPAIGNS = (What.PRICES, What.DISCOUNT)


@dataclass(frozen=True)
class Event:
    """One thing that happens from a day on, and until when."""

    what: What
    first: float
    size: float
    sentence: str
    last: float = math.inf
    of: str = ""  # whose model
    share: float = 1.0  # of the products, which it is about
    name: str = ""  # of a campaign, as the merchant calls it

    def is_on(self, day: float) -> bool:
        """Tell whether it lasts on a day."""
        return self.first <= day < self.last


@dataclass(frozen=True)
class Appeal:
    """What an offer does to shoppers who see it, in shares that differ by mood; it is known by its code or message.

    Of those who would leave some buy because of it; of those who would buy anyway some take it, and some leave.
    """

    code: str = ""
    percent: int = 0  # that the code takes off
    message: str = ""
    wins: float = 0.0
    accepts: float = 0.0
    drives_away: float = 0.0

    @property
    def name(self) -> str:
        return self.code or self.message


USUAL_APPEAL = Appeal(wins=0.05, accepts=0.3)  # of an offer that a scenario does not know


@dataclass(frozen=True)
class Act:
    """Something that the merchant does in the app on a day: each form on a page whose address fits is filled and sent.

    A form fits where what it carries already is not said otherwise in `fields`.
    """

    day: float
    page: str
    form: str  # a regular expression
    fields: Mapping[str, str]


BUYS, FILLS, CHECKS_OUT = 0.02, 0.07, 0.29


@dataclass(frozen=True)
class Scenario:
    """A named month: what happens in it, how long it lasts, who visits, and when it plays unless that is said."""

    name: str
    title: str
    events: tuple[Event, ...] = ()
    days: int = 28
    at: str = "2027-05-03T01:00"  # a Monday in spring, far from every season
    visitors: int = 0  # a usual day; each costs about a millisecond
    buys: float = BUYS  # of visitors, where nothing is shown to them
    fills: float = FILLS  # of those who buy nothing, a cart
    checks_out: float = CHECKS_OUT  # of these, begin a checkout
    appeals: tuple[Appeal, ...] = ()
    acts: tuple[Act, ...] = ()
    store: Mapping[str, Any] = field(default_factory=dict)  # what a store that is made up for it is like

    def on(self, what: What, day: float) -> list[Event]:
        """List what lasts on a day."""
        return [event for event in self.events if event.what is what and event.is_on(day)]

    def factor(self, what: What, day: float) -> float:
        """Give how large something is on a day; 1 where nothing of it lasts."""
        return math.prod(event.size for event in self.on(what, day))


CALM = Scenario("calm", "A calm month: it goes on as the last eight weeks went", visitors=400)
DRIFT = Scenario(
    "drift",
    "Drift: twice as many orders from day 7 on, and other best sellers from day 14 on",
    (
        Event(What.DEMAND, 7, 2.0, "Twice as many orders a day, for good"),
        Event(What.MIX, 14, 4.0, "What sold slowly sells four times as well, and best sellers that much worse"),
    ),
    visitors=400,
)
BAD_MODEL = Scenario(
    "bad-model",
    "A bad model: a version that says too much goes live, and a busy week shows it",
    (
        Event(What.MODEL, 3, 3.7, "A version that learned a growth which is not there", of="demand_forecast"),
        Event(What.DEMAND, 4, 2.5, "A busy week", last=10),  # on day 10 the next version takes over
    ),
)
STOCK_OUTS = Scenario(
    "stock-outs",
    "Stock-outs: a third of the best sellers is gone for two weeks",
    (Event(What.SOLD_OUT, 5, 0.3, "A third of the best sellers is sold out, and nothing arrives", last=19),),
    visitors=400,
)
OUTAGE = Scenario(
    "outage",
    "An outage: for two and a half days Shopify does not answer, and webhooks come late or not at all",
    (Event(What.OUTAGE, 6, 0.3, "The API answers 503; webhooks are held back, three of ten are lost", last=8.5),),
)
BLACK_FRIDAY = Scenario(
    "black-friday",
    "Black Friday: a busy week, four days of four times as much, and the lull after it",
    (
        Event(What.DEMAND, 15, 1.6, "The week of Black Friday", last=18),
        Event(What.DEMAND, 18, 4.0, "Black Friday to Cyber Monday", last=22),
        Event(What.DEMAND, 22, 0.8, "The lull after it", last=33),
    ),
    days=35,
    at="2027-11-08T01:00",  # Black Friday is the 26th
    visitors=400,
)
CAMPAIGN = Scenario(
    "campaign",
    "Two campaigns: a third off some products for five days, and a fifth off everything at the checkout for four",
    (
        Event(What.PRICES, 9, 0.67, "A third off four of ten products", last=14, share=0.4, name="Spring sale"),
        Event(What.DISCOUNT, 20, 0.8, "A fifth off everything, at the checkout", last=24, name="Members' days"),
    ),
    visitors=400,
)
RECOMMENDATIONS = Scenario(
    "recommendations",
    "Recommendations: from day 1 on shoppers buy for an occasion, and lists that learned it beat best sellers; "
    "from day 14 on come some that do not",
    (
        Event(What.OCCASION, 1, 1.0, "What is bought beside a first thing belongs to the same occasion, for good"),
        Event(What.MODEL, 14, 1000.0, "A version whose lists name what hardly anybody buys", of="recommendations"),
    ),
    visitors=6000,
    acts=(
        Act(0, "/settings", r"/settings/hold-out", {"use_case": "recommendations", "percent": "10"}),
        Act(1, "/settings", r"/settings", {"strategy": "ab"}),  # half of the shoppers beside the other half
    ),
    store={"orders_per_day": 160, "days": 21},  # in which nothing goes together
)
GOOD = Appeal(code="WELCOME5", percent=5, wins=0.4, accepts=0.4)
HARMFUL = Appeal(code="TAKE20", percent=20, wins=0.02, accepts=0.9)
PUSHY = Appeal(message="Only today: decide now", wins=0.01, accepts=0.02, drives_away=0.12)
START = Act(0, "/conversion", r"/offers/\d+/switch", {"is_live": "1"})
OFFERS = Scenario(
    "offers",
    "Offers: one makes shoppers finish, one is taken by those who would buy anyway, one drives them away",
    visitors=800,
    buys=0.25,
    fills=0.45,
    checks_out=0.75,
    appeals=(GOOD, HARMFUL, PUSHY),
    acts=(
        Act(0, "/settings", r"/settings/hold-out", {"use_case": "offers", "percent": "20"}),
        Act(0, "/offers/new", r"/offers/new", {
            "name": "5 % for finishing", "kind": "code", "code": GOOD.code, "percent": "5", "budget": "60000",
        }),
        Act(0, "/offers/new", r"/offers/new", {
            "name": "20 % off", "kind": "code", "code": HARMFUL.code, "percent": "20", "budget": "1500",
        }),
        Act(0, "/offers/new", r"/offers/new", {
            "name": "A push", "kind": "message", "message": PUSHY.message,
        }),
        START,
    ),
    store={"orders_per_day": 250, "days": 60},
)  # fmt: skip
SCENARIOS = {
    each.name: each
    for each in (CALM, DRIFT, BAD_MODEL, STOCK_OUTS, OUTAGE, BLACK_FRIDAY, CAMPAIGN, RECOMMENDATIONS, OFFERS)
}
