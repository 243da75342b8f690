"""Whether a large drift takes a model's live version back: a choice for each model that is watched, off until taken."""

from __future__ import annotations

from typing import Any

from django import forms

from pipelines.models import ShopSettings
from pipelines.usecases import USE_CASES

SETTING, PREFIX = "drift_rollbacks", "drift_rollbacks_"
NEVER = ""
CHOICES = [
    (NEVER, "Never by itself"),
    ("0.25", "When it is large (index 0.25)"),
    ("0.5", "When it is very large (index 0.5)"),
    ("1.0", "When hardly anything is as before (index 1)"),
]


def watched() -> dict[str, str]:
    """Name the models of which something is watched, each by its field."""
    return {PREFIX + slug: case.title for slug, case in USE_CASES.items() if case.monitored}


def fields() -> dict[str, forms.Field]:
    """Return a choice for each model."""
    return {name: forms.ChoiceField(choices=CHOICES, required=False) for name in watched()}


def gathered(typed: dict[str, Any]) -> dict[str, Any]:
    """Put the choices into the one column that keeps them."""
    chosen = {name.removeprefix(PREFIX): float(typed[name]) for name in watched() if typed.get(name)}
    return {name: value for name, value in typed.items() if not name.startswith(PREFIX)} | {SETTING: chosen}


def shown(settings: ShopSettings) -> dict[str, str]:
    """Return the stored choices as the form shows them; one that is none any more is none."""
    known = {float(value): value for value, _ in CHOICES if value}
    stored = {PREFIX + slug: limit for slug, limit in settings.drift_rollbacks.items()}
    return {name: known.get(float(stored.get(name) or 0), NEVER) for name in watched()}
