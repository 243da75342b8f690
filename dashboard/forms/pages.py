"""What merchants type."""

from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import QueryDict

from dashboard.brought import all_brought
from dashboard.forms import drift_fields
from dashboard.forms.day import DayField
from pipelines import strategies
from pipelines.lifecycle.preferences import NOT_KNOWN
from pipelines.models import ShopSettings
from pipelines.shopify.reading.texts import clean
from pipelines.strategies import Traffic
from pipelines.strategies.stages import LARGEST_WEIGHT, LONGEST_ALONGSIDE
from pipelines.words import to_major, to_minor

FARTHEST_AHEAD, LONGEST_SPAN = timedelta(days=731), timedelta(days=92)
PEOPLE = [(1, "One person"), (2, "Two people")]
BEFORE_ALL = [(0, "Show it to everybody"), (1, "Ask me again")]
NOT_A_SHARE = f"Each share of shoppers must be a whole number from 1 to {LARGEST_WEIGHT} %."
DELIVERIES = {"all": "All", "applied": "Applied", "late": "Late", "doubled": "Doubled", "failed": "Failed"}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class NoteField(forms.CharField):
    """A few words of a person; an e-mail address among them is taken out before they are kept."""

    def clean(self, value: Any) -> str:
        return clean(super().clean(value))[: self.max_length]


class ShareField(forms.DecimalField):
    """A share, typed in percent."""

    def __init__(self, **bounds: Any) -> None:
        super().__init__(decimal_places=1, **bounds)

    def clean(self, value: Any) -> Any:
        percent = super().clean(value)
        return None if percent is None else percent / 100

    @staticmethod
    def shown(share: Any) -> str:
        """Return a stored share as it is typed."""
        return f"{100 * share:.1f}".removesuffix(".0")


class RevisionForm(forms.Form):
    """Carries the revision that the page showed."""

    revision = forms.IntegerField(min_value=0)

    @classmethod
    def read(cls, fields: QueryDict) -> int:
        """Return the revision that a form carried; one that none has where it carried none."""
        form = cls(fields)
        return form.cleaned_data["revision"] if form.is_valid() else -1


class ApproveForm(RevisionForm):
    """A yes to exactly this artifact and this evidence."""

    artifact_digest = forms.RegexField(r"^[0-9a-f]{64}$")
    evidence_digest = forms.RegexField(r"^[0-9a-f]{64}$")


class CodeForm(forms.Form):
    """A one-time code, however it was typed; what is no text at all is a wrong code."""

    code = forms.CharField(max_length=200)

    @classmethod
    def read(cls, fields: QueryDict) -> str:
        """Return what was typed."""
        form = cls(fields)
        return form.cleaned_data["code"] if form.is_valid() else ""


class LinkedShopForm(forms.Form):
    """Which store's name the page showed."""

    test_shop = forms.IntegerField(min_value=1)

    @classmethod
    def read(cls, fields: QueryDict) -> int:
        """Return the store; one that there is none of where the form carried none."""
        form = cls(fields)
        return form.cleaned_data["test_shop"] if form.is_valid() else 0


class RejectForm(RevisionForm):
    """A no, with its reason."""

    reason = NoteField(max_length=300)


class RollBackForm(RevisionForm):
    """A way back; the word where much money depends on it."""

    word = forms.CharField(max_length=40, required=False)


class SpanForm(forms.Form):
    """Some days with a name; the last day is part of them."""

    name = NoteField(max_length=80)
    first_day = DayField()
    last_day = DayField()

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today

    def clean(self) -> dict[str, Any]:
        """Refuse days that end before they begin, that are a season, or that lie where nobody looks."""
        super().clean()
        found = self.cleaned_data
        if {"first_day", "last_day"} <= found.keys() and (wrong := self.wrong(found["first_day"], found["last_day"])):
            self.add_error(*wrong)
        return found

    def wrong(self, first: date, last: date) -> tuple[str, str] | None:
        """Return a field and what is wrong with it, or nothing."""
        if last < first:
            return "last_day", "The last day lies before the first."
        if last - first > LONGEST_SPAN:
            return "last_day", "Three months at most."
        if first - self.today > FARTHEST_AHEAD:
            return "first_day", "Two years ahead at most."
        return None


class FreezeForm(SpanForm):
    """A time in which nothing new goes live."""

    def wrong(self, first: date, last: date) -> tuple[str, str] | None:
        """Refuse also a freeze that is over."""
        if first <= last < self.today:
            return "last_day", "This day is over. A freeze holds what is still to come."
        return super().wrong(first, last)


class SettleForm(forms.Form):
    """Keep a freeze, or dismiss it."""

    keeps = forms.TypedChoiceField(choices=[("1", "Keep"), ("0", "Dismiss")], coerce=lambda text: text == "1")


class CompareForm(forms.Form):
    """Two versions to lay side by side."""

    a = forms.IntegerField(min_value=1)
    b = forms.IntegerField(min_value=1)


class AnnotateForm(forms.Form):
    """A version's tags, with commas between them, and its note."""

    tags = NoteField(max_length=500, required=False)
    note = NoteField(max_length=1000, required=False)

    def clean_tags(self) -> list[str]:
        """Read the tags one by one."""
        return [tag for tag in self.cleaned_data["tags"].split(",") if tag.strip()]


class DayForm(forms.Form):
    """A day of the past, or today."""

    day = DayField(error_messages={"required": "Choose a day.", "invalid": "Write the day like 2026-11-27."})

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today

    def clean_day(self) -> date:
        """Refuse days to come."""
        day: date = self.cleaned_data["day"]
        if day > self.today:
            raise forms.ValidationError("That day is still to come.")
        return day


class MonthForm(forms.Form):
    """A month, written 2026-10; anything odd is none."""

    month = DayField(input_formats=["%Y-%m"], required=False)

    @classmethod
    def read(cls, query: Mapping[str, Any]) -> date | None:
        """Return the first day of the month that an address carries."""
        form = cls(query)
        return form.cleaned_data["month"] if form.is_valid() else None


class DeliveriesForm(forms.Form):
    """Which deliveries to list; anything odd falls back to all, first page."""

    state = forms.ChoiceField(choices=list(DELIVERIES.items()), required=False)
    page = forms.IntegerField(min_value=1, max_value=100_000, required=False)

    @classmethod
    def read(cls, query: QueryDict) -> tuple[str, int]:
        """Return filter and page that an address carries."""
        form = cls(query)
        form.is_valid()
        return form.cleaned_data.get("state") or "all", form.cleaned_data.get("page") or 1


class SettingsForm(RevisionForm):
    """What a merchant may change about the whole shop, with the fields that use cases bring."""

    pull_at = forms.TimeField(required=False)
    train_weekday = forms.TypedChoiceField(choices=list(enumerate(WEEKDAYS)), coerce=int)
    train_at = forms.TimeField()
    approvers = forms.MultipleChoiceField(required=False, error_messages={"invalid_choice": NOT_KNOWN})
    approvals_needed = forms.TypedChoiceField(choices=PEOPLE, coerce=int)
    asks_before_all = forms.TypedChoiceField(choices=BEFORE_ALL, coerce=lambda text: text == "1")
    strategy = forms.ChoiceField(required=False)
    canary_weights = forms.CharField(required=False, max_length=100)
    alongside_days = forms.IntegerField(min_value=0, max_value=LONGEST_ALONGSIDE)
    margin = ShareField(min_value=1, max_value=50)
    risk_budget_minor = forms.DecimalField(min_value=0, max_value=10_000_000, required=False)

    DECIDED = (  # by those who may approve, since these say what a yes is worth
        "approvers",
        "approvals_needed",
        "asks_before_all",
        "strategy",
        "canary_weights",
        "alongside_days",
        "margin",
        "risk_budget_minor",
        drift_fields.SETTING,
    )

    def __init__(
        self,
        *args: Any,
        currency: str = "",
        traffics: Sequence[Traffic] = (),
        people: Collection[str] = (),
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        self.fields |= {name: deepcopy(field) for name, field in brought_fields().items()} | drift_fields.fields()
        self.currency, self.traffics = currency, traffics
        approvers, strategy = self.fields["approvers"], self.fields["strategy"]
        assert isinstance(approvers, forms.ChoiceField) and isinstance(strategy, forms.ChoiceField)
        approvers.choices = [(sub, sub) for sub in people]
        strategy.choices = [("", "By traffic"), *((name, name) for name in strategies.STRATEGIES)]

    def clean_canary_weights(self) -> list[int]:
        """Read the shares of shoppers: numbers that rise within their bounds."""
        words = self.cleaned_data["canary_weights"].replace("%", " ").replace(",", " ").split()
        try:
            weights = [int(word) if word.isascii() and word.isdigit() else 0 for word in words]
            shares = [strategies.Step(str(weight), weight=weight) for weight in weights]
            asks, everything = strategies.Step("approval", asks=True), strategies.Step("all", weight=100)
            if 0 in weights:
                raise ValueError(NOT_A_SHARE)
            strategies.check_steps((asks, *shares, everything))
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None
        return weights

    def clean_risk_budget_minor(self) -> int | None:
        """Read an amount of the shop's money; empty is a day's sales times the margin."""
        amount = self.cleaned_data["risk_budget_minor"]
        return None if amount is None else to_minor(amount, self.currency)

    def clean(self) -> dict[str, Any]:
        """Refuse a way of releasing that suits none of the shop's models, with the reason at its field."""
        super().clean()
        found = self.cleaned_data
        if {"strategy", "canary_weights", "alongside_days"} <= found.keys() and found["strategy"]:
            reasons = [self.why_not(traffic) for traffic in self.traffics]
            if reasons and reasons[0] and all(reasons):
                self.add_error(*reasons[0])
        return found

    def why_not(self, traffic: Traffic) -> tuple[str, str] | None:
        """Say which field keeps the chosen way from one model, and why."""
        found = self.cleaned_data
        unfit = strategies.strategy(found["strategy"]).fits(traffic)
        if unfit:
            return "strategy", unfit
        weights, days = tuple(found["canary_weights"]), found["alongside_days"]
        try:
            strategies.plan(traffic, wanted=found["strategy"], weights=weights, alongside_days=days)
        except ValueError as error:
            return "canary_weights" if weights else "strategy", str(error)
        return None

    def changes(self) -> dict[str, Any]:
        """Return the columns to write."""
        return drift_fields.gathered({name: value for name, value in self.cleaned_data.items() if name != "revision"})

    @classmethod
    def shown(cls, settings: ShopSettings) -> dict[str, Any]:
        """Return the stored settings as the form shows them."""
        fields = cls.base_fields | brought_fields()
        stored = {name: getattr(settings, name) for name in fields if name != "revision"}
        shares = {
            name: ShareField.shown(stored[name]) for name, field in fields.items() if isinstance(field, ShareField)
        }
        times = {name: f"{stored[name]:%H:%M}" if stored[name] else "" for name in ("pull_at", "train_at")}
        weights = {"canary_weights": ", ".join(map(str, stored["canary_weights"]))}
        budget, currency = stored["risk_budget_minor"], settings.shop.currency
        money = {"risk_budget_minor": "" if budget is None else str(to_major(budget, currency))}
        choices = {name: int(value) for name, value in stored.items() if isinstance(value, bool)}
        empty = {name: "" for name, value in stored.items() if value is None}
        return stored | empty | shares | times | weights | money | choices | drift_fields.shown(settings)


def decided() -> tuple[str, ...]:
    """Name the settings that only those change who may decide."""
    return (*SettingsForm.DECIDED, *(name for each in all_brought() for name in each.settings.decided))


def brought_fields() -> dict[str, forms.Field]:
    """Return the fields that use cases bring."""
    return {name: field for each in all_brought() for name, field in each.settings.form.base_fields.items()}
