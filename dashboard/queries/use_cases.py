"""A use case as every one can be shown: its state, and what its version's page says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.queries.data.state import data_state
from dashboard.queries.evidence import cards_of
from dashboard.queries.lived import Lived, lived
from dashboard.queries.models_state import ModelState, model_states
from dashboard.queries.running import Running, running_of
from dashboard.queries.versions import cost_of, figures, members, reasons
from dashboard.queries.words import Badge
from pipelines.models import ModelVersion, Shop

LEADS = ("headline", "parts")  # stand in the first card
DECIDING = ("if_wrong", "undo")  # say what a yes would mean


@dataclass(frozen=True)
class UseCasePage:
    """Everything on the page of a use case."""

    model: ModelState
    version: ModelVersion | None  # that is in use, else the newest
    lived: Lived | None  # what came of it
    running: Running

    @property
    def stored(self) -> dict[str, Any]:
        return self.version.page if self.version else {}

    @property
    def is_in_use(self) -> bool:
        return self.version is not None and self.version == self.model.active

    @property
    def heading(self) -> str:
        """Head what its test says."""
        assert self.version
        number = self.version.number
        return f"What version {number} is worth" if self.is_in_use else f"Version {number}, not in use"

    @property
    def badge(self) -> Badge | None:
        """Return what the version is worth in a word."""
        told = self.stored.get("badge")
        return Badge(told["words"], told["tone"]) if told else None

    @property
    def cards(self) -> dict[str, Any]:
        return cards_of(self.stored)

    @property
    def others(self) -> list[dict[str, Any]]:
        """Return the cards that stand by themselves, as they are; of a version that was tried, none for a decision."""
        aside = LEADS if self.is_in_use or self.lived is None else LEADS + DECIDING
        return [card for name, card in self.cards.items() if name not in aside]

    @property
    def figure(self) -> dict[str, Any] | None:
        return self.stored.get("figure")

    @property
    def figures(self) -> list[tuple[str, str, str]]:
        return figures(self.version) if self.version else []

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Return what the version is made of, and what it takes."""
        return [*members(self.version), *reasons(self.version), *cost_of(self.version)] if self.version else []


def use_case_page(shop: Shop, slug: str, now: datetime) -> UseCasePage:
    """Read how a use case does."""
    models = model_states(shop, shop.settings, now)
    model = next(each for each in models if each.slug == slug)
    told = model.active or model.newest
    version = ModelVersion.objects.for_shop(shop).get(pk=told.pk) if told else None
    return UseCasePage(model, version, lived(version) if version else None, running_of(data_state(shop, now), models))
