"""The rows of the models on Home, filled in by Python's own format: through templates they took a third of its drawing.

`home/_model.html` is their skeleton; here every word is escaped, and what goes into it as it is says so.
"""

from __future__ import annotations

from html import escape

from django import template
from django.template.backends.django import Template
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from dashboard.brought import OnHome
from dashboard.queries.evidence import Worth
from dashboard.queries.home import HomePage
from dashboard.queries.models_state import ModelState
from dashboard.queries.monitoring.glance import Glance
from dashboard.queries.words import Badge
from dashboard.templatetags.words import day, less, less_range, moment
from pipelines.models import Release
from pipelines.words import NBSP, UNKNOWN

register = template.Library()
SKELETON = "dashboard/partials/home/_model.html"
MOVING = {Release.Phase.SHADOW: "runs alongside", Release.Phase.SCHEDULED: "is approved"}


@register.simple_tag
def model_rows(page: HomePage, currency: str, answer: str) -> SafeString:
    """Write a row for each model."""
    found = get_template(SKELETON)
    assert isinstance(found, Template)
    of_all = {
        "answers": escape(f"{answer[:1].upper()}{answer[1:]} of"),
        "trains": moment(page.models[0].next_training_at),
    }
    rows = (found.template.source.format(**cells(*line, currency), **of_all) for line in page.lines)
    return mark_safe("".join(rows))  # noqa: S308 (escaped word by word)


def cells(model: ModelState, told: OnHome, now: Glance | None, currency: str) -> dict[str, str]:
    """Return what stands in each cell of a row, as HTML."""
    return {
        "address": escape(model.address),
        "title": escape(model.title),
        "runs": note(runs(model)),
        "release": note(moves(model, model.release)) if model.release else "",
        "badge": badge(model.badge),
        "worth": against_the_rule(model, currency),
        "answered": answered(model, told),
        "now": right_now(now) if now else UNKNOWN,
    }


def note(words: str, css: str = "note") -> str:
    return f'<span class="{css}">{escape(words)}</span>'


def badge(state: Badge) -> str:
    tone = f' tone="{escape(state.tone)}"' if state.tone else ""
    return f"<s-badge{tone}>{escape(state.words)}</s-badge>"


def runs(model: ModelState) -> str:
    """Say what is in use."""
    if model.active and model.deployment:
        return f"Version {model.active.number}, since {day(model.deployment.active_since)}"
    return "Simple rule in use" if model.is_in_use else "Nothing in use yet"


def moves(model: ModelState, release: Release) -> str:
    """Say where a version on its way stands."""
    what = MOVING.get(Release.Phase(release.phase), "is prepared")
    freeze = model.standing.freeze if model.standing else None
    if model.is_decision_waiting:
        what = "waits for you"
    elif release.phase == Release.Phase.SCHEDULED and freeze and freeze.effect == "waits":
        what = f"goes live {day(freeze.until)}"
    elif release.phase != Release.Phase.SCHEDULED and release.weight:
        what = f"shown to {release.weight}{NBSP}% of shoppers"
    return f"Version {release.version.number} {what}"


def against_the_rule(model: ModelState, currency: str) -> str:
    """Say what the version in use is worth against the simple rule, or where that is measured."""
    if not model.is_replayed:
        return UNKNOWN + note(model.words.page.measured)
    if model.worth and model.worth.profit is not None:
        return worth(model.worth, currency)
    if model.active:
        return "Not measured" + note((model.worth.reason if model.worth else "") or "too little history")
    return UNKNOWN + note("nothing live yet")


@register.filter
def worth(told: Worth, currency: str) -> SafeString:
    """Write money against the simple rule with its range; what is not proven says so first."""
    money = less(told.profit, currency)
    said = note(money, "nowrap") if told.is_proven else note("Not proven", "nowrap") + note(money, "note nowrap")
    return mark_safe(said + note(less_range(told.interval, currency), "note nowrap"))  # noqa: S308 (escaped)


def answered(model: ModelState, told: OnHome) -> str:
    """Say of which day the newest answers are."""
    if model.is_asked:
        return UNKNOWN + note("answers each visitor")
    return day(told.answered_at) if told.answered_at else UNKNOWN


def right_now(now: Glance) -> str:
    link = f'<s-link tone="neutral" href="{escape(now.address)}">{escape(now.figure)}</s-link>'
    return f"{link}{note(now.note)}{note(now.drift)}"
