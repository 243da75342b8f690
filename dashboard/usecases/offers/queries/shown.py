"""Each offer in a line, and what all of them add beside those who are shown nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, F, IntegerField, OuterRef, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce
from django.urls import reverse

from dashboard.brought import AtCheckout, Lack, Part
from dashboard.queries.monitoring.verdicts import Share
from dashboard.queries.words import Badge
from dashboard.usecases.offers.queries import given
from dashboard.usecases.offers.queries.added import LOSS, MARKS, SLUG, Added, of_each
from pipelines import words
from pipelines.lifecycle.evidence.hold_out import told
from pipelines.lifecycle.evidence.hold_out.told import Standing
from pipelines.lifecycle.monitor.watch import costing
from pipelines.models import Deployment, Release, Shop, Staff
from pipelines.models.usecases.offers import Offer, OfferTally
from pipelines.shopify.domains import admin_page
from pipelines.stats.inference import marks
from pipelines.usecases.tills import Paying

FIRST = 30  # orders of those who are shown nothing, for a first range
READS_CODES = "read_discounts"
COSTS = Badge(LOSS, "critical")
KNOWN_FOR = timedelta(days=3)  # nightly looks: what is older is not said any more
PLUS = "plus"  # in the name of the plan
CODES = {
    Offer.Code.LATER: Badge("Code not begun", "warning"),
    Offer.Code.ENDED: Badge("Code ended", "critical"),
    Offer.Code.DELETED: Badge("Code deleted", "critical"),
    Offer.Code.NOBODY: Badge("Code reaches nobody", "critical"),
    Offer.Code.SOME: Badge("Code for some", "warning"),
    Offer.Code.UNKNOWN: Badge("Code not checked", "warning"),
    Offer.Code.UNCHECKED: Badge("Code not checked", "warning"),
}
SAID_OF_CODES = {
    Offer.Code.LATER: "The code is not active yet, so nobody is shown it",
    Offer.Code.ENDED: "The code ended in Shopify, so nobody is shown it",
    Offer.Code.DELETED: "The code is not there any more in Shopify, so nobody is shown it",
    Offer.Code.NOBODY: "The code is active and reaches nobody, so nobody is shown it",
    Offer.Code.SOME: "Shopify gives the code to some customers or markets only; we cannot know to whom",
    Offer.Code.UNKNOWN: "We cannot know whether the code still works",
    Offer.Code.UNCHECKED: "We cannot know yet whether the code works",
}


@dataclass(frozen=True)
class Row:
    """One offer in words."""

    offer: Offer
    badge: Badge
    runs: bool  # nothing keeps it from shoppers but that no version chooses yet
    note: str
    shown: int
    accepted: Share
    added: Added
    left: str
    of_budget: str
    pays: str  # what it takes to be worth what it gave
    costs: bool  # it gave more than it can have brought

    @property
    def is_live(self) -> bool:
        return self.offer.state == Offer.State.LIVE


@dataclass(frozen=True)
class Offers:
    """The table, and what all of them add."""

    rows: list[Row]
    standing: Standing | None
    is_chosen: bool  # a version chooses
    waiting: int | None  # the release that waits for the merchant's decision
    shown: int
    accepted: Share
    spent: str
    added: str  # profit, in words, with how sure that is before it
    between: str
    mark: str
    margin: str
    currency: str

    @property
    def costly(self) -> list[Row]:
        return [row for row in self.rows if row.costs]

    @property
    def live(self) -> int:
        return sum(row.runs for row in self.rows)

    @property
    def is_sure(self) -> bool:
        """Tell whether the range of all together leaves zero out."""
        return self.mark in (MARKS[marks.PROVEN], LOSS)

    @property
    def heading(self) -> str:
        """State the message."""
        if not self.rows:
            return "You offer nothing yet"
        if self.is_sure:
            return f"Offers {'cost' if self.mark == LOSS else 'add'} profit: {self.added}"
        return "All offers together are not proven yet" if self.shown else "No offer was shown yet"

    @property
    def takes(self) -> str:
        """Say how long a first result takes."""
        if self.standing is None:
            return ""
        orders = self.standing.held_out.orders
        if orders < FIRST:
            so_far = (
                f"{words.number(orders)} of about {FIRST} orders of shoppers who are shown nothing for a first range."
            )
            return f"{so_far} {told.takes(self.standing.proof)}"
        return told.takes(self.standing.proof)

    @property
    def first_orders(self) -> str:
        """Count what is there of a first range."""
        orders = self.standing.held_out.orders if self.standing else 0
        return f"{words.number(orders)} of about {FIRST} orders of who sees none"


def is_any(shop: Shop) -> bool:
    """Tell whether the merchant defined any."""
    return Offer.objects.for_shop(shop).exists()


def at_checkout(shop: Shop, viewer: Staff, now: datetime) -> AtCheckout:
    """Say on the page of checkouts what is offered there."""
    found = offers(shop, now)
    return AtCheckout(
        state=state_of(found),
        figure=Part("usecases/offers/partials/_figure.html", found),
        lacks=tuple(lacks(shop, found)),
        sections=(Part("usecases/offers/partials/_offers.html", found),),
        link=(reverse("new-offer"), "New offer"),
    )


def offers(shop: Shop, now: datetime) -> Offers:
    """Read each offer, and what all of them brought."""
    known = list(read(shop))
    is_chosen = Deployment.objects.for_shop(shop).filter(use_case=SLUG, active__isnull=False).exists()
    alone = of_each(shop, now.astimezone(shop.zone).date())
    pays = costing.newest(shop, SLUG, now - KNOWN_FOR)
    rows = [row(each, shop.currency, now, is_chosen, alone.get(each.pk, Added()), pays.get(each.pk)) for each in known]
    standing, spent = told.standing(shop, SLUG), sum(each.spent for each in known)
    share = 1 - float(shop.settings.cost_share)
    sales = standing.sales if standing else None
    cost = given.beyond_sales(shop, standing) if standing and sales else 0
    profit = [round(share * each - cost) for each in (sales.value, sales.low, sales.high)] if sales else []
    sure = marks.mark(*profit[1:]) if profit else marks.NOT_MEASURED
    mark = LOSS if marks.is_loss(sure, profit[-1] if profit else None) else MARKS[sure]
    shown = sum(each.shown for each in rows)
    release = Release.objects.for_shop(shop).filter(use_case=SLUG, phase=Release.Phase.AWAITING_APPROVAL)
    return Offers(
        rows=rows,
        standing=standing,
        is_chosen=is_chosen,
        waiting=release.values_list("pk", flat=True).first(),
        shown=shown,
        accepted=Share(sum(each.accepted.hits for each in rows), shown),
        spent=words.money(spent, shop.currency),
        added=words.less(-profit[0], shop.currency) if profit else "",
        between=words.less_between(-profit[2], -profit[1], shop.currency) if profit else "",
        mark=mark,
        margin=words.percent(share),
        currency=shop.currency,
    )


def read(shop: Shop) -> QuerySet[Any]:
    """Read the offers with what was counted of each, those that run first."""
    tallied = OfferTally.objects.filter(offer=OuterRef("pk")).order_by().values("offer")
    counts = {name: Subquery(tallied.annotate(n=Sum(name)).values("n")) for name in ("shown", "accepted")}
    zero = {name: Coalesce(query, 0, output_field=IntegerField()) for name, query in counts.items()}
    spent = Coalesce(F("spend__spent_minor"), 0), Coalesce(F("spend__reserved_minor"), 0)
    mine = Offer.objects.for_shop(shop).annotate(**zero, spent=spent[0], reserved=spent[1])
    return mine.order_by(Case(When(state=Offer.State.LIVE, then=0), default=1), "state", "pk")


def row(offer: Any, currency: str, now: datetime, is_chosen: bool, added: Added, pays: Paying | None) -> Row:
    """Bring one offer into words."""
    budget = offer.budget_minor
    left = None if budget is None else budget - offer.spent - offer.reserved
    kept = kept_back(offer, left, now)
    costs = pays is not None and pays.costs and offer.state == Offer.State.LIVE
    return Row(
        offer=offer,
        badge=COSTS if costs else kept or badge(offer, is_chosen),
        runs=kept is None,
        note=note(offer, currency),
        shown=offer.shown,
        accepted=Share(min(offer.accepted, offer.shown), offer.shown),
        added=added,
        left=left_in_words(left, currency),
        of_budget="" if budget is None else f"of {words.money(budget, currency)}",
        pays=costing.told(pays, currency) if pays else "",
        costs=costs,
    )


def left_in_words(left: int | None, currency: str) -> str:
    """Say what is left of a budget, or by how much orders that grew, or came late, went over it."""
    if left is None:
        return "no limit"
    return words.money(left, currency) if left >= 0 else f"{words.money(-left, currency)} over"


def kept_back(offer: Offer, left: int | None, now: datetime) -> Badge | None:
    """Say in a word what keeps an offer from shoppers; nothing where nothing of its own does."""
    if offer.state != Offer.State.LIVE:
        return Badge("Draft" if offer.state == Offer.State.DRAFT else "Stopped")
    if offer.ends_at and offer.ends_at <= now:
        return Badge("Ended")
    if left is not None and left <= 0:
        return Badge("Budget used", "warning")
    if offer.starts_at and offer.starts_at > now:
        return Badge("Begins later")
    return CODES[Offer.Code(offer.code_state)] if offer.is_code_lost else None


def badge(offer: Offer, is_chosen: bool) -> Badge:
    """Say in a word how an offer stands that nothing keeps back."""
    if offer.kind == Offer.Kind.CODE and offer.code_state in CODES:
        return CODES[Offer.Code(offer.code_state)]
    return Badge("Runs", "success") if is_chosen else Badge("Waits")


def note(offer: Offer, currency: str) -> str:
    """Say for whom it is, and what is kept."""
    told = [carts(offer, currency)]
    if offer.kind == Offer.Kind.CODE:
        told.append(f"code {offer.code}")
        if offer.code_state in SAID_OF_CODES:
            told.append(
                SAID_OF_CODES[Offer.Code(offer.code_state)][0].lower() + SAID_OF_CODES[Offer.Code(offer.code_state)][1:]
            )
    if offer.margin_floor_minor:
        told.append(f"margin at least {words.money(offer.margin_floor_minor, currency)}")
    return " · ".join(told)


def carts(offer: Offer, currency: str) -> str:
    """Say whose carts see it."""
    whom = offer.whom
    low, high = (None if each is None else words.money(each, currency) for each in (whom.value_from, whom.value_to))
    carts = "All carts"
    if low and high:
        carts = f"Carts of {low} to {high}"
    elif low or high:
        carts = f"Carts from {low}" if low else f"Carts up to {high}"
    return f"{carts} of {whom.shoppers} shoppers" if whom.shoppers else carts


def state_of(found: Offers) -> str:
    """Say how offers stand, in a sentence."""
    if not found.rows:
        return ""
    if not found.live:
        return "No offer runs."
    if not found.is_chosen:
        return f"{words.counted(found.live, 'offer')} wait{'s' if found.live == 1 else ''} for a version that chooses."
    runs = f"{words.counted(found.live, 'offer')} run{'s' if found.live == 1 else ''}"
    if found.costly:
        many = len(found.costly)
        return f"{runs}; {words.counted(many, 'offer')} cost{'s' if many == 1 else ''} you more than you get."
    return f"{runs}; {f'together {found.added}' if found.is_sure else 'together not proven yet'}."


def lacks(shop: Shop, found: Offers) -> list[Lack]:
    """Say what is missing for offers: permission, plan, a version, a code."""
    told = unread_codes(shop)
    if PLUS not in shop.plan.lower():
        means = "Shopify allows this on Plus only. On your plan, offers show in the cart and on the thank-you page."
        told.append(Lack("Offers inside checkout", "plan", "Not on your plan", means))
    told += [code_lack(shop, each) for each in found.rows if each.is_live and each.offer.is_code_lost]
    if found.live and not found.is_chosen:
        means = "Nobody is shown an offer before a version that chooses among them is live."
        where = reverse("release", args=[found.waiting]) if found.waiting else reverse("model", args=[SLUG])
        action = "Review and decide" if found.waiting else "How far it is"
        told.append(Lack("Who sees which offer", "model", "No version is live", means, "", "", where, action))
    return told


def unread_codes(shop: Shop) -> list[Lack]:
    """Say that we may not see whether codes work, where that is so."""
    means = "We cannot see whether a discount code is still active. One that ended would be shown in vain."
    lack = Lack("Discount codes", f"permission {READS_CODES}", "Not allowed yet", means, "warning", READS_CODES)
    return [] if shop.has_scope(READS_CODES) else [lack]


def wants(shop: Shop) -> tuple[Lack, ...]:
    """Say what turns it on: an offer of the merchant's, and leave to see whether its code works."""
    means = "Nothing is shown at the checkout before you define an offer: for which carts, and what it may cost."
    where = reverse("new-offer")
    first = Lack("Your first offer", "offer", "None yet", means, "", "", where, "Define an offer")
    return (*(() if is_any(shop) else (first,)), *unread_codes(shop))


def code_lack(shop: Shop, row: Row) -> Lack:
    """Say which code gives nothing."""
    state = Offer.Code(row.offer.code_state)
    badge, where = CODES[state], admin_page(shop.domain, "discounts")
    means = f"{SAID_OF_CODES[state]}. Change it in Shopify, or stop “{row.offer.name}”."
    return Lack(f"Code {row.offer.code}", "offer", badge.words, means, badge.tone, "", where, "Open discounts")
