"""What merchants type."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict

from dashboard.queries.deliveries import FILTERS as DELIVERY_FILTERS
from dashboard.queries.forecasts import FILTERS, SORTS, Wish
from pipelines.models import ShopSettings, StockRule
from pipelines.shopify.texts import clean
from pipelines.stats.words import to_major, to_minor

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class NoteField(forms.CharField):
    """A few words of a person; an e-mail address among them is taken out before they are kept."""

    def clean(self, value: Any) -> str:
        return clean(super().clean(value))[: self.max_length]


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


class RejectForm(RevisionForm):
    """A no, with its reason."""

    reason = NoteField(max_length=300)


class WishForm(forms.Form):
    """What the forecasts list is asked for; anything odd falls back to the default."""

    show = forms.ChoiceField(choices=[(slug, slug) for slug in FILTERS], required=False)
    q = forms.CharField(max_length=100, required=False)
    sort = forms.ChoiceField(choices=[(slug, slug) for slug in SORTS], required=False)
    location = forms.IntegerField(min_value=0, required=False)
    page = forms.IntegerField(min_value=1, max_value=100_000, required=False)

    @classmethod
    def read(cls, query: QueryDict) -> Wish:
        """Return the wish that an address carries."""
        form = cls(query)
        form.is_valid()
        return Wish(**{name: value for name, value in form.cleaned_data.items() if value})


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


class DeliveriesForm(forms.Form):
    """Which deliveries to list; anything odd falls back to all, first page."""

    state = forms.ChoiceField(choices=[(slug, slug) for slug in DELIVERY_FILTERS], required=False)
    page = forms.IntegerField(min_value=1, max_value=100_000, required=False)

    @classmethod
    def read(cls, query: QueryDict) -> tuple[str, int]:
        """Return filter and page that an address carries."""
        form = cls(query)
        form.is_valid()
        return form.cleaned_data.get("state") or "all", form.cleaned_data.get("page") or 1


class SettingsForm(RevisionForm):
    """What a merchant may change about the whole shop; shares are typed in percent."""

    pull_at = forms.TimeField(required=False)
    train_weekday = forms.TypedChoiceField(choices=list(enumerate(WEEKDAYS)), coerce=int)
    train_at = forms.TimeField()
    lead_time_days = forms.IntegerField(min_value=0, max_value=365)
    review_days = forms.IntegerField(min_value=1, max_value=90)
    service_level = forms.DecimalField(min_value=50, max_value=Decimal("99.9"), decimal_places=1)
    cost_share = forms.DecimalField(min_value=1, max_value=100, decimal_places=1)
    holding_rate = forms.DecimalField(min_value=0, max_value=100, decimal_places=1)
    markdown_rate = forms.DecimalField(min_value=0, max_value=100, decimal_places=1)
    approvers = forms.CharField(required=False, max_length=1000)

    SHARES = ("service_level", "cost_share", "holding_rate", "markdown_rate")

    def clean_approvers(self) -> list[str]:
        """Read the user numbers, one per line or comma."""
        numbers = self.cleaned_data["approvers"].replace(",", " ").split()
        if not all(number.isascii() and number.isdigit() for number in numbers):
            raise forms.ValidationError("Write the Shopify user numbers only, for example 902541635.")
        return list(dict.fromkeys(numbers))

    def changes(self) -> dict[str, Any]:
        """Return the columns to write, with percentages as shares."""
        found = {name: value for name, value in self.cleaned_data.items() if name != "revision"}
        return found | {name: found[name] / 100 for name in self.SHARES}

    @classmethod
    def shown(cls, settings: ShopSettings) -> dict[str, Any]:
        """Return the stored settings as the form shows them."""
        names = [name for name in cls.base_fields if name != "revision"]
        stored = {name: getattr(settings, name) for name in names}
        shares = {name: f"{100 * stored[name]:.1f}".removesuffix(".0") for name in cls.SHARES}
        times = {name: f"{stored[name]:%H:%M}" if stored[name] else "" for name in ("pull_at", "train_at")}
        return stored | shares | times | {"approvers": ", ".join(settings.approvers)}


class RuleForm(forms.Form):
    """What a merchant knows of one vendor or variant; an empty field is inherited."""

    lead_time_days = forms.IntegerField(min_value=0, max_value=365, required=False)
    review_days = forms.IntegerField(min_value=1, max_value=90, required=False)
    cover_days = forms.IntegerField(min_value=1, max_value=365, required=False)
    pack_size = forms.IntegerField(min_value=1, max_value=100_000, required=False)
    minimum_order = forms.IntegerField(min_value=1, max_value=1_000_000, required=False)
    service_level = forms.DecimalField(min_value=50, max_value=Decimal("99.9"), decimal_places=1, required=False)
    unit_cost = forms.DecimalField(min_value=0, max_value=10_000_000, required=False)

    LABELS = {
        "lead_time_days": "Lead time, days",
        "review_days": "Days between orders",
        "cover_days": "Days to cover",
        "pack_size": "Pack size",
        "minimum_order": "Minimum order",
        "service_level": "In stock, % of cycles",
        "unit_cost": "Unit cost",
    }

    def values(self, currency: str) -> dict[str, Any]:
        """Return the columns of a rule."""
        found = dict(self.cleaned_data)
        cost, level = found.pop("unit_cost"), found["service_level"]
        found["unit_cost_minor"] = None if cost is None else to_minor(cost, currency)
        found["service_level"] = None if level is None else level / 100
        return found

    def sentence(self) -> str:
        """Say what is wrong, field by field."""
        return " ".join(f"{self.LABELS[name]}: {' '.join(errors)}" for name, errors in self.errors.items())

    @classmethod
    def shown(cls, rule: StockRule | None, currency: str) -> dict[str, str]:
        """Return a stored rule as the form shows it."""
        if rule is None:
            return dict.fromkeys(cls.base_fields, "")
        stored = {name: getattr(rule, name) for name in cls.base_fields if name != "unit_cost"}
        level = stored["service_level"]
        stored["service_level"] = None if level is None else f"{100 * level:.1f}".removesuffix(".0")
        stored["unit_cost"] = None if rule.unit_cost_minor is None else to_major(rule.unit_cost_minor, currency)
        return {name: "" if value is None else str(value) for name, value in stored.items()}


class OverrideForm(forms.Form):
    """A merchant's own number for a variant and a period."""

    units = forms.IntegerField(min_value=0, max_value=1_000_000)
    first_day = forms.DateField()
    last_day = forms.DateField()
    note = NoteField(max_length=300)

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins, or that is too long to mean anything."""
        found = super().clean()
        if {"first_day", "last_day"} <= found.keys():
            days = (found["last_day"] - found["first_day"]).days
            if days < 0:
                self.add_error("last_day", "The last day lies before the first.")
            if days > 365:
                self.add_error("last_day", "A year at most.")
        return found


class UploadForm(forms.Form):
    """A file of stock rules."""

    rules = forms.FileField(max_length=200)

    def clean_rules(self) -> Any:
        """Refuse a file that no list of rules needs."""
        if self.cleaned_data["rules"].size > 10_000_000:
            raise forms.ValidationError("The file is larger than 10 MB.")
        return self.cleaned_data["rules"]
