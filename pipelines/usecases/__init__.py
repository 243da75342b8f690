"""What we predict: one folder per use case, all behind the same contract."""

from collections.abc import Iterator, Mapping, ValuesView
from contextlib import contextmanager

from pipelines.usecases import conversion, demand_forecast, offers, recommendations, repeat_orders
from pipelines.usecases.contract import UseCase
from pipelines.usecases.wording import Words, shared_by


class Register(Mapping[str, UseCase]):
    """Every use case by its slug; more may be there for a while."""

    def __init__(self, *use_cases: UseCase) -> None:
        self._known = {use_case.slug: use_case for use_case in use_cases}

    def __getitem__(self, slug: str) -> UseCase:
        return self._known[slug]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def values(self) -> ValuesView[UseCase]:
        """List every use case; each answer asks, and what Mapping makes of the above takes ten times as long."""
        return self._known.values()

    def register(self, use_case: UseCase) -> None:
        """Know one more from now on: a process that is started for a measurement has another one."""
        self._known = {**self._known, use_case.slug: use_case}

    @contextmanager
    def only(self, *use_cases: UseCase) -> Iterator[None]:
        """Know these use cases alone for a while."""
        before, self._known = self._known, {use_case.slug: use_case for use_case in use_cases}
        try:
            yield
        finally:
            self._known = before

    @contextmanager
    def also(self, *use_cases: UseCase) -> Iterator[None]:
        """Know these use cases too for a while: a rehearsal's, a test's."""
        known = {**self._known, **{use_case.slug: use_case for use_case in use_cases}}
        with self.only(*known.values()):
            yield


USE_CASES = Register(
    demand_forecast.USE_CASE,
    recommendations.USE_CASE,
    conversion.USE_CASE,
    offers.USE_CASE,
    repeat_orders.USE_CASE,
)


def use_case_choices() -> list[tuple[str, str]]:
    """List slug and title of every use case, for callable choices."""
    return [(use_case.slug, use_case.title) for use_case in USE_CASES.values()]


def shared_words() -> Words:
    """Return the words for sentences that speak of every use case."""
    return shared_by(use_case.words for use_case in USE_CASES.values())
