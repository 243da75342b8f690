"""The start guide: four steps, each ticks itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboard.brought import Lack, all_brought
from dashboard.queries.data.state import DataState, data_state
from dashboard.queries.models_state import ModelState, model_states
from dashboard.queries.results import News, news
from dashboard.queries.running import Running, running_of
from pipelines.models import Location, Order, Shop, Variant
from pipelines.usecases import shared_words

TITLES = ("Connect your data", "Build the first {answer}", "Look at the evidence and decide", "Go live and watch")


@dataclass(frozen=True)
class Step:
    """One step of the guide."""

    title: str
    is_done: bool
    is_next: bool


@dataclass(frozen=True)
class StartPage:
    """Everything on the start guide."""

    data: DataState
    running: Running
    models: list[ModelState]
    orders: int
    variants: int
    locations: int
    costs_missing: int
    news: News
    wants: list[Lack]

    @property
    def is_one(self) -> bool:
        """Tell whether there is one model, so that nothing has to say which."""
        return len(self.models) == 1

    @property
    def done(self) -> list[bool]:
        """Tell which of the four steps are done."""
        live = any(model.active for model in self.models)
        is_trained = any(model.newest for model in self.models)
        return [self.data.last_pull_at is not None, is_trained, live, live]

    @property
    def steps(self) -> list[Step]:
        here = self.done.index(False) if False in self.done else len(TITLES)
        return [
            Step(f"{number + 1}. {title.format(answer=shared_words().answer)}", done, number == here)
            for number, (title, done) in enumerate(zip(TITLES, self.done, strict=True))
        ]

    @property
    def count_done(self) -> int:
        return sum(self.done)

    @property
    def percent(self) -> int:
        return 100 * self.count_done // len(self.done)


def start_page(shop: Shop, now: datetime) -> StartPage:
    """Read how far the shop has come."""
    data = data_state(shop, now)
    models = model_states(shop, shop.settings, now)
    variants = Variant.objects.for_shop(shop).filter(deleted_at=None)
    return StartPage(
        data=data,
        running=running_of(data, models),
        models=models,
        orders=Order.objects.for_shop(shop).filter(deleted_at=None).count(),
        variants=variants.count(),
        locations=Location.objects.for_shop(shop).filter(deleted_at=None, is_active=True).count(),
        costs_missing=variants.filter(unit_cost_minor=None).count(),
        news=news(shop, now),
        wants=[lack for brought in all_brought() for lack in brought.wants(shop)],
    )
