"""Settings: schedules, who approves, how versions are tried, and what use cases bring."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.forms import Form
from django.http import QueryDict
from django.utils import timezone

from dashboard.brought import Settings, all_brought
from dashboard.forms import drift_fields, own_event
from dashboard.forms.pages import FreezeForm, SettingsForm
from dashboard.forms.peak_hours import PeakHoursForm
from dashboard.queries.data.on_products import OnProducts, on_products
from dashboard.queries.settings.discounts import AtShopify, at_shopify
from dashboard.queries.words import STRATEGIES, Badge
from pipelines import strategies, words
from pipelines.lifecycle.evidence.hold_out import told
from pipelines.lifecycle.evidence.pace import WINDOW
from pipelines.lifecycle.operating import switches
from pipelines.lifecycle.releases import chart_marks, traffic
from pipelines.models import Deployment, FreezeWindow, OwnEvent, Product, Shop, ShopSettings, Staff
from pipelines.strategies import Traffic
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import UseCase

FREEZES_SHOWN = 12
PRODUCTS_NAMED = 3
FREEZES: dict[str, Badge] = {
    FreezeWindow.State.PROPOSED: Badge("Proposed, holds"),
    FreezeWindow.State.SET: Badge("Set"),
    FreezeWindow.State.DISMISSED: Badge("Dismissed"),
}


@dataclass(frozen=True)
class Freeze:
    """One time in which nothing new goes live, in days of the shop."""

    window: FreezeWindow
    days: str
    badge: Badge
    is_on: bool

    @property
    def is_dismissed(self) -> bool:
        return self.window.state == FreezeWindow.State.DISMISSED


@dataclass(frozen=True)
class Event:
    """One event of the merchant's own, in words; `sale` is what a sale takes off which products."""

    row: OwnEvent
    days: str
    sale: str


@dataclass(frozen=True)
class Person:
    """Somebody who may be named as approver; no name is stored, so role and first day tell people apart."""

    sub: str
    role: str
    first_seen_at: datetime | None


@dataclass(frozen=True)
class Fit:
    """Which ways of releasing suit a model, in the order in which they are chosen from, and why others do not."""

    title: str
    suits: list[bool]
    reasons: list[str]


@dataclass(frozen=True)
class HoldOut:
    """How many shoppers a model shows nothing to, and how long it takes to see what it adds."""

    slug: str
    label: str
    percent: int
    choices: list[tuple[int, str]]
    takes: str


@dataclass(frozen=True)
class SettingsPage:
    """Everything on the settings page; `values` is what the merchant typed where that was refused."""

    settings: ShopSettings
    values: dict[str, Any]
    errors: dict[str, list[str]]
    choices: dict[str, list[tuple[Any, str]]]  # by field
    brought: list[Settings]  # by use cases
    may_publish: bool
    kept_from_writing: list[str]  # use cases that the people who run the app keep from products
    on_products: list[OnProducts]
    may_annotate: bool
    annotation_problem: str  # why the newest mark was refused
    freezes: list[Freeze]
    freeze_values: dict[str, str]
    freeze_errors: dict[str, list[str]]
    events: list[Event]
    event_values: dict[str, str]
    event_errors: dict[str, list[str]]
    event_choices: list[tuple[str, str]]
    at_shopify: AtShopify
    peak_values: dict[str, str]
    peak_errors: dict[str, list[str]]
    approvers: list[Person]
    ways: list[tuple[str, str]]
    fits: list[Fit]
    usual_budget: str
    drifts: list[tuple[str, str, str]]  # field, model, choice of each model that is watched
    hold_outs: list[HoldOut]

    @property
    def has_reasons(self) -> bool:
        return any(fit.reasons for fit in self.fits)

    @property
    def drift_choices(self) -> list[tuple[str, str]]:
        """Return what can be chosen of a drift."""
        return drift_fields.CHOICES

    @property
    def found_peaks(self) -> dict[str, str] | None:
        """Return the hours that orders speak for, where the merchant chose others."""
        found = self.settings.peak_hours.get("found")
        return PeakHoursForm.typed(found) if found else None

    @property
    def may_differ(self) -> str:
        """Say what need not follow the shop."""
        return ", ".join(each.may_differ for each in self.brought if each.may_differ)


def settings_page(
    settings: ShopSettings,
    form: SettingsForm | None = None,
    freeze: FreezeForm | None = None,
    event: own_event.OwnEventForm | None = None,
    peaks: PeakHoursForm | None = None,
) -> SettingsPage:
    """Read the settings, or show again what was typed and what is wrong with it."""
    typed = {name: form.data.get(name, "") for name in form.fields} if form else {}
    if form:
        assert isinstance(form.data, QueryDict)
        typed["approvers"] = form.data.getlist("approvers")
    shop, traffics = settings.shop, traffics_of(settings.shop)
    values = SettingsForm.shown(settings) | typed
    usual = ShopSettings(margin=settings.margin).risk_budget(traffic.sold_lately(shop.pk) / WINDOW.days)
    return SettingsPage(
        settings=settings,
        values=values,
        errors=errors_of(form),
        choices={name: field.choices for name, field in SettingsForm().fields.items() if hasattr(field, "choices")},
        brought=[each.settings for each in all_brought()],
        may_publish=shop.has_scope("write_products"),
        kept_from_writing=[slug for slug in USE_CASES if not switches.lets_write(shop, slug)],
        on_products=on_products(shop),
        may_annotate=shop.has_scope(chart_marks.SCOPE),
        annotation_problem=chart_marks.newest_problem(shop),
        freezes=freezes_of(shop, timezone.now()),
        freeze_values=typed_in(freeze),
        freeze_errors=errors_of(freeze),
        events=events_of(shop, timezone.now()),
        event_values=typed_in(event),
        event_errors=errors_of(event),
        at_shopify=at_shopify(shop, timezone.now()),
        event_choices=own_event.choices(shop),
        peak_values=typed_in(peaks) or PeakHoursForm.typed(settings.peak_hours),
        peak_errors=errors_of(peaks),
        approvers=people_of(shop, settings),
        drifts=[(name, title, values[name]) for name, title in drift_fields.watched().items()],
        hold_outs=hold_outs_of(shop),
        ways=list(STRATEGIES.items()),
        fits=fits_of(traffics),
        usual_budget=f"{words.money(usual, shop.currency)}: a day’s sales" if usual else "A day’s sales",
    )


def hold_outs_of(shop: Shop) -> list[HoldOut]:
    """List the models that may show some shoppers nothing."""
    return [hold_out_of(case, standing) for case in USE_CASES.values() if (standing := told.standing(shop, case.slug))]


def hold_out_of(case: UseCase, standing: told.Standing) -> HoldOut:
    """Bring a hold-out into words."""
    choices = [(0, "Nobody"), *((each, f"{each} % of shoppers") for each in standing.proof)]
    return HoldOut(case.slug, f"{case.title}: shown nothing", standing.percent, choices, told.takes(standing.proof))


def typed_in(form: Form | None) -> dict[str, str]:
    """Return what was typed, field by field."""
    return {name: form.data.get(name, "") for name in form.fields} if form else {}


def errors_of(form: Form | None) -> dict[str, list[str]]:
    """Return what is wrong, field by field."""
    return {name: [str(error) for error in errors] for name, errors in form.errors.items()} if form else {}


def people_of(shop: Shop, settings: ShopSettings) -> list[Person]:
    """List who may approve besides the owner if they are named, and who is named already; the longest known first."""
    known = Staff.objects.for_shop(shop).filter(Q(is_owner=False) | Q(sub__in=settings.approvers))
    people = [Person(one.sub, role_of(one), one.first_seen_at) for one in known.order_by("pk")]
    unseen = set(settings.approvers) - {person.sub for person in people}
    return people + [Person(sub, "Somebody who has not opened the app", None) for sub in sorted(unseen)]


def role_of(staff: Staff) -> str:
    """Say what Shopify told us of a person."""
    if staff.is_owner:
        return "Account owner"
    return "Collaborator from outside" if staff.is_collaborator else "Staff member"


def traffics_of(shop: Shop) -> list[tuple[str, Traffic]]:
    """Return for every model by how much traffic its releases can be judged."""
    return [(use_case.title, traffic.traffic_of(Deployment.of(shop, slug))) for slug, use_case in USE_CASES.items()]


def fits_of(traffics: list[tuple[str, Traffic]]) -> list[Fit]:
    """Say of each model which ways of releasing suit it, and each reason why others do not once."""
    found = []
    for title, known in traffics:
        why = {name: strategies.strategy(name).fits(known) for name in STRATEGIES}
        reasons: dict[str, list[str]] = {}
        for name, reason in why.items():
            if reason:
                reasons.setdefault(reason, []).append(STRATEGIES[name])
        told = [f"{' and '.join(names)}: {reason}" for reason, names in reasons.items()]
        found.append(Fit(title, [not reason for reason in why.values()], told))
    return found


def events_of(shop: Shop, now: datetime) -> list[Event]:
    """List the merchant's own events, the latest first."""
    today = now.astimezone(shop.zone).date()
    rows = list(OwnEvent.objects.for_shop(shop).order_by("-first_day", "-pk"))
    named = {number for row in rows for number in row.product_ids or []}
    products = Product.objects.for_shop(shop).filter(shopify_id__in=named)
    titles = dict(products.values_list("shopify_id", "title"))
    return [Event(row, days_of(row, today), sale_of(row, titles)) for row in rows]


def sale_of(row: OwnEvent, titles: Mapping[int, str]) -> str:
    """Say what a sale takes off which products; nothing of an event that is none."""
    if row.percent_off is None:
        return ""
    named = [titles.get(number, f"product {number}") for number in row.product_ids or []]
    return f"{row.percent_off} % off {a_few(named) or row.product_type or row.vendor or 'all products'}"


def a_few(titles: Sequence[str]) -> str:
    """Name the first products of a sale, and say how many more there are."""
    more = len(titles) - PRODUCTS_NAMED
    return ", ".join(titles[:PRODUCTS_NAMED]) + (f" and {more} more" if more > 0 else "")


def days_of(row: OwnEvent, today: date) -> str:
    """Say the days of an event."""
    first, last = words.day(row.first_day, today), words.day(row.last_day, today)
    return first if row.first_day == row.last_day else f"{first} to {last}"


def freezes_of(shop: Shop, now: datetime) -> list[Freeze]:
    """List the freezes that are not over, the next one first."""
    windows = FreezeWindow.objects.for_shop(shop).filter(ends_at__gt=now).order_by("starts_at", "pk")
    return [freeze_of(window, shop, now) for window in windows[:FREEZES_SHOWN]]


def freeze_of(window: FreezeWindow, shop: Shop, now: datetime) -> Freeze:
    """Say one freeze in days of the shop; its end is the midnight after its last day."""
    first = window.starts_at.astimezone(shop.zone).date()
    last = (window.ends_at - timedelta(seconds=1)).astimezone(shop.zone).date()
    today = now.astimezone(shop.zone).date()
    is_on = window.starts_at <= now and window.state != FreezeWindow.State.DISMISSED
    days = f"{words.day(first, today)} to {words.day(last, today)}"
    return Freeze(window, days, Badge("Now", "info") if is_on else FREEZES[window.state], is_on)
