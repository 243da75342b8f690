"""What we predict: one folder per use case, all behind the same contract."""

from pipelines.usecases import demand_forecast
from pipelines.usecases.contract import UseCase
from pipelines.usecases.wording import Words, shared_by

USE_CASES: dict[str, UseCase] = {use_case.slug: use_case for use_case in (demand_forecast.USE_CASE,)}


def use_case_choices() -> list[tuple[str, str]]:
    """List slug and title of every use case, for callable choices."""
    return [(use_case.slug, use_case.title) for use_case in USE_CASES.values()]


def shared_words() -> Words:
    """Return the words for sentences that speak of every use case."""
    return shared_by(use_case.words for use_case in USE_CASES.values())
